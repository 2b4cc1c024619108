"""Thousands of small files in one drop: the page stays quick, all arrive, and one question is asked for all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import func, select

from portal.files.models import File, FileVersion, Upload
from portal.kit.db import db
from tests.browser.conftest import Site, free_port, running_site
from tests.figures import record_figure

MANY = 2000
# The longest that the page may work without a break, in milliseconds of its processor's time, and what a machine is
# allowed that runs other tests beside. The time of the clock depends on those more than on the page: it is only told.
LONGEST, ALLOWED = 200, 400

# Made in the page: thousands of files of different contents.
MAKE = """
([count, prefix, bytes]) => {
    window.transfer = new DataTransfer();
    for (let n = 0; n < count; n += 1) {
        const name = `${prefix} ${String(n).padStart(4, "0")}.txt`;
        const content = `${name} `.padEnd(bytes, "x");
        window.transfer.items.add(new File([content], name, { type: "text/plain", lastModified: 1000 + n }));
    }
}
"""
# Dropped as from a folder on the desk.
LET_GO = """
() => {
    const zone = document.querySelector("[data-controller~=upload]");
    zone.dispatchEvent(new DragEvent("drop", { dataTransfer: window.transfer, bubbles: true, cancelable: true }));
}
"""


@pytest.fixture(scope="module")
def site(fresh_environment: Callable[[], dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site without a worker."""
    port, folder = free_port(), tmp_path_factory.mktemp("site")
    with running_site(
        fresh_environment(), folder, port=port, url=f"http://localhost:{port}", has_worker=False
    ) as running:
        yield running


def drop(page: Page, count: int, prefix: str, size: int) -> None:
    """Let go of so many files over the page, of ``size`` bytes each."""
    page.evaluate(MAKE, [count, prefix, size])
    page.evaluate(LET_GO)


def counts(site: Any, prefix: str) -> tuple[int, int, int]:
    """(files, versions, different checksums) of the files whose names begin so."""
    with site.app.app_context():
        chosen = select(File.id).where(File.name.startswith(prefix))
        versions = select(func.count(), func.count(FileVersion.sha256.distinct()))
        found = db.session.execute(versions.where(FileVersion.file_id.in_(chosen))).one()
        files = db.session.scalar(select(func.count()).select_from(chosen.subquery()))
        db.session.remove()
        return int(files or 0), int(found[0]), int(found[1])


def tasks_of(browser: Browser, page: Page, act: Callable[[], None]) -> list[tuple[float, float]]:
    """What the page's main thread did in one go while ``act`` ran: (time of the processor, of the clock) in ms."""
    browser.start_tracing(page=page, categories=["disabled-by-default-devtools.timeline"])
    try:
        act()
    finally:
        events = json.loads(browser.stop_tracing())["traceEvents"]
    main = {
        (e["pid"], e["tid"]) for e in events if e["name"] == "thread_name" and e["args"]["name"] == "CrRendererMain"
    }
    tasks = [e for e in events if e["name"] == "RunTask" and (e["pid"], e["tid"]) in main]
    return [(task.get("tdur", 0) / 1000, task.get("dur", 0) / 1000) for task in tasks]


def wait_for_all(page: Page, seconds: int = 240) -> None:
    expect(page.locator("[data-upload-target=said]")).not_to_be_empty(timeout=seconds * 1000)
    expect(page.locator(".upload-row")).to_have_count(0)


def test_two_thousand_files_arrive_while_the_page_stays_quick(site: Any, chromium: Browser, documents: Page) -> None:
    """Only the lines in sight are in the page; every content is stored once."""
    puts: list[str] = []
    documents.on("request", lambda request: puts.append(request.url) if request.method == "PUT" else None)
    documents.evaluate(MAKE, [MANY, "Beleg", 600])

    def arrive() -> None:
        documents.evaluate(LET_GO)
        expect(documents.locator(".uploads-summary")).to_contain_text("2")
        expect(documents.locator(".upload-row").first).to_be_visible()
        assert documents.locator(".upload-row").count() < 60
        documents.wait_for_timeout(8000)

    # The drop, and what comes of it at first: to follow all of it would slow down eight times what it looks at.
    tasks = tasks_of(chromium, documents, arrive)
    wait_for_all(documents, seconds=400)
    assert counts(site, "Beleg") == (MANY, MANY, MANY)
    assert len(puts) == MANY
    longest, slow = max(cpu for cpu, _ in tasks), sum(clock > LONGEST for _, clock in tasks)
    told = f"{slow} of {len(tasks)}"
    record_figure("2,000 files dropped: longest task (ms of CPU)", round(longest), f"< {LONGEST}", ok=longest < LONGEST)
    record_figure(f"2,000 files dropped: tasks over {LONGEST} ms of the clock", told, "0 when quiet")
    assert len(tasks) > 100
    assert longest < ALLOWED


def test_all_are_paused_and_go_on_and_one_is_taken_out(site: Any, documents: Page) -> None:
    """What was under way stops, the rest does not begin; then all but one arrive, each once."""
    drop(documents, 600, "Pause", 20_000)
    pause, go_on = (documents.locator(f"[data-upload-target={name}]") for name in ("pauseAll", "resumeAll"))
    pause.click()
    # Those that were only being taken up are paused as well: nothing is left that could be.
    expect(pause).to_be_hidden(timeout=60_000)
    documents.wait_for_timeout(1500)
    before = counts(site, "Pause")[0]
    documents.wait_for_timeout(1000)
    assert counts(site, "Pause")[0] == before < 600
    waiting = documents.locator(".upload-row[data-state=paused]")
    waiting.last.locator("[data-part=cancel]").click()
    go_on.click()
    wait_for_all(documents)
    assert counts(site, "Pause") == (599, 599, 599)


def test_what_goes_on_while_its_beginning_is_still_answered_goes_once(site: Any, documents: Page) -> None:
    """Paused and resumed at once while a slow portal still begins them: each arrives, none is asked about."""
    held: list[Route] = []
    documents.route("**/upload-batches", lambda route: held.append(route) if len(held) < 2 else route.continue_())
    drop(documents, 300, "Langsam", 200)
    head = documents.locator("[data-upload-target=head]")
    expect(head).to_be_visible()
    for _ in range(100):
        if len(held) == 2:
            break
        documents.wait_for_timeout(100)
    assert len(held) == 2
    for button in ("pauseAll", "resumeAll"):
        head.locator(f"[data-upload-target={button}]").click()
    documents.wait_for_timeout(300)
    for route in held:
        route.continue_()
    wait_for_all(documents)
    assert documents.locator("#upload-conflict").is_hidden()
    assert counts(site, "Langsam") == (300, 300, 300)
    with site.app.app_context():
        folder = db.session.scalar(select(File.folder_id).where(File.name.startswith("Langsam")).limit(1))
        begun = select(func.count()).select_from(Upload).where(Upload.folder_id == folder, Upload.state == "pending")
        left = db.session.scalar(begun)
        db.session.remove()
    assert left == 0


def test_taken_names_of_a_hundred_files_are_asked_about_once(site: Any, documents: Page) -> None:
    """Half of them are there already: one answer makes new versions, the others do not wait for it."""
    drop(documents, 60, "Zweimal", 300)
    wait_for_all(documents)
    documents.reload()
    drop(documents, 120, "Zweimal", 400)
    expect(documents.locator("#upload-conflict")).to_be_visible(timeout=30_000)
    documents.locator("#upload-conflict button[value=version]").click()
    wait_for_all(documents)
    assert documents.locator("#upload-conflict").is_hidden()
    assert counts(site, "Zweimal") == (120, 180, 180)
    documents.reload()
    drop(documents, 121, "Zweimal", 500)
    expect(documents.locator("#upload-conflict")).to_be_visible(timeout=30_000)
    documents.locator("#upload-conflict button[value='']").click()
    wait_for_all(documents)
    assert counts(site, "Zweimal") == (121, 181, 181)


def test_programs_and_giants_are_refused_before_a_byte_is_sent(documents: Page) -> None:
    """The sentence stands beside the file; neither the portal nor the store is asked."""
    asked: list[str] = []
    documents.on("request", lambda request: asked.append(request.url) if request.method in ("POST", "PUT") else None)
    documents.evaluate(MAKE.replace(".txt`", ".exe`"), [2, "Setup", 10])
    documents.evaluate(LET_GO)
    failed = documents.locator(".upload-row[data-state=failed] .note")
    expect(failed).to_have_count(2)
    expect(failed.first).to_contain_text(".exe")
    assert asked == []


def test_a_picture_is_pasted_under_a_name_of_its_own(site: Any, documents: Page) -> None:
    """Ctrl+V: browsers call every picture image.png. Text in a field is left to the field."""
    paste = """(selector) => {
        const clipboardData = new DataTransfer();
        clipboardData.items.add(new File(["png"], "image.png", { type: "image/png" }));
        const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
        document.querySelector(selector).dispatchEvent(event);
    }"""
    documents.evaluate(paste, "input[type=search]")
    documents.evaluate(paste, "h1")
    wait_for_all(documents, seconds=30)
    with site.app.app_context():
        names = db.session.scalars(select(File.name).where(File.ext == "png")).all()
        db.session.remove()
    assert len(names) == 1
    assert names[0] != "image.png"
