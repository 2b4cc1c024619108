"""Uploads in a real browser: a large file goes on after a broken line and after the tab was closed."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import BrowserContext, Page, Route, expect
from sqlalchemy import select

from portal.files.models import File, FileVersion
from portal.kit.db import db, transactional

MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def people(site: Any) -> dict[str, Any]:
    """The cast in the site's database, with a sign-in cookie for Clara and Diego."""
    from portal.accounts.sessions import open_session
    from tests.cast import make_cast

    @transactional
    def prepare() -> dict[str, Any]:
        cast = make_cast()
        tokens = {
            name: open_session(getattr(cast, name), ip="127.0.0.1", user_agent="t") for name in ("clara", "diego")
        }
        return {"folder": cast.exchange.id, "tokens": tokens}

    with site.app.app_context():
        found = prepare()
        serializer: Any = SecureCookieSessionInterface().get_signing_serializer(site.app)
        db.session.remove()
    return {
        "folder": found["folder"],
        **{name: serializer.dumps({"sign_in": token}) for name, token in found["tokens"].items()},
    }


def signed_in(context: BrowserContext, site: Any, cookie: str) -> None:
    """Put a session's cookie into the browser."""
    context.add_cookies([{"name": "atrium", "value": cookie, "url": site.url}])


def count_puts(page: Page) -> list[str]:
    """Addresses to which this page sends bytes, as they happen."""
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "PUT" else None)
    return sent


def stored(site: Any, name: str) -> tuple[int, int]:
    """(size, number of versions) of the file of this name."""
    with site.app.app_context():
        file = db.session.scalars(select(File).where(File.name == name)).one()
        numbers = db.session.scalars(select(FileVersion.number).where(FileVersion.file_id == file.id)).all()
        db.session.remove()
        return file.size, len(numbers)


def test_a_closed_tab_goes_on_and_sends_only_what_is_missing(
    site: Any, context: BrowserContext, people: dict[str, Any], tmp_path: Path
) -> None:
    """30 MiB in four parts: two are sent, the tab is closed, the next visit sends the rest by itself."""
    large = tmp_path / "grand livre.bin"
    large.write_bytes(os.urandom(30 * MEBIBYTE))
    signed_in(context, site, people["clara"])
    first = context.new_page()
    first.goto(f"/folders/{people['folder']}")

    def only_two(route: Route) -> None:
        # The first two parts arrive, however often they have to be sent.
        if any(f"partNumber={number}&" in f"{route.request.url}&" for number in (1, 2)):
            route.continue_()
        else:
            route.abort("connectionreset")

    first.route(lambda url: "partNumber" in url, only_two)
    first.set_input_files("#upload-files", str(large))
    expect(first.locator(".upload-row .name")).to_contain_text("grand livre.bin")
    # Two of four parts of 8 MiB are 53 %; the others are refused, so it stays there.
    expect(first.locator(".upload-row .progress-figure")).to_have_text("53 %", timeout=60_000)
    # Offline first: a request that is held back while its tab closes may be let go by the browser.
    context.set_offline(True)
    first.wait_for_timeout(500)
    first.close()
    context.set_offline(False)
    second = context.new_page()
    sent = count_puts(second)
    second.goto(f"/folders/{people['folder']}")
    expect(second.locator("#contents")).to_contain_text("grand livre.bin", timeout=60_000)
    assert len(sent) == 2
    assert stored(site, "grand livre.bin") == (30 * MEBIBYTE, 1)


def test_a_broken_line_is_waited_out(
    site: Any, page: Page, context: BrowserContext, people: dict[str, Any], tmp_path: Path
) -> None:
    """The first two tries fail in the net; the third arrives without anybody doing anything."""
    small = tmp_path / "relevé.pdf"
    small.write_bytes(os.urandom(20_000))
    signed_in(context, site, people["clara"])
    page.goto(f"/folders/{people['folder']}")
    failures = 2

    def broken(route: Route) -> None:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            route.abort("connectionfailed")
        else:
            route.continue_()

    page.route(lambda url: "X-Amz-Signature" in url, broken)
    page.set_input_files("#upload-files", str(small))
    expect(page.locator("#contents")).to_contain_text("relevé.pdf", timeout=30_000)
    assert stored(site, "relevé.pdf") == (20_000, 1)


def test_a_line_that_breaks_before_the_sums_of_parts_are_counted_is_waited_out(
    site: Any, page: Page, context: BrowserContext, people: dict[str, Any], tmp_path: Path
) -> None:
    """The script that counts them away from the page does not come at first; the upload goes on when it does."""
    large = tmp_path / "plans.bin"
    large.write_bytes(os.urandom(17 * MEBIBYTE))
    signed_in(context, site, people["clara"])
    asked: list[str] = []

    def broken(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) == 1:
            route.abort("connectionfailed")
        else:
            route.continue_()

    context.route("**/crc-*.js", broken)
    page.goto(f"/folders/{people['folder']}")
    sent = count_puts(page)
    page.set_input_files("#upload-files", str(large))
    expect(page.locator("#contents")).to_contain_text("plans.bin", timeout=60_000)
    assert (len(asked), len(sent)) == (2, 3)
    assert stored(site, "plans.bin") == (17 * MEBIBYTE, 1)


def test_a_whole_folder_makes_sub_folders_and_a_taken_name_is_asked_about_once(
    site: Any, page: Page, context: BrowserContext, people: dict[str, Any], tmp_path: Path
) -> None:
    """Two files that are there already: one question, one answer for both."""
    folder = tmp_path / "Pièces"
    (folder / "2025").mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    (folder / "2025" / "b.txt").write_text("b")
    signed_in(context, site, people["clara"])
    page.goto(f"/folders/{people['folder']}")
    page.set_input_files("#upload-files-folder", str(folder))
    expect(page.locator("#contents")).to_contain_text("Pièces", timeout=30_000)
    page.locator("#contents a.name", has_text="Pièces").click()
    expect(page.locator("#contents")).to_contain_text("a.txt", timeout=30_000)
    expect(page.locator("#contents")).to_contain_text("2025")
    twins = [str(folder / "a.txt"), str(tmp_path / "c.txt")]
    Path(twins[1]).write_text("c")
    # What is chosen before the page's script has run is heard by nobody.
    page.wait_for_load_state("domcontentloaded")
    page.set_input_files("#upload-files", twins)
    expect(page.locator("#upload-conflict")).to_be_visible(timeout=30_000)
    page.locator("#upload-conflict button[value=version]").click()
    expect(page.locator("#contents")).to_contain_text("c.txt", timeout=30_000)
    # A new version goes its own way and may be published after what came with it.
    until = time.monotonic() + 30
    while stored(site, "a.txt") != (1, 2) and time.monotonic() < until:
        page.wait_for_timeout(200)
    assert stored(site, "a.txt") == (1, 2)


def test_what_is_refused_is_said_beside_the_file(
    site: Any, page: Page, context: BrowserContext, people: dict[str, Any], tmp_path: Path
) -> None:
    """A program is not accepted; the line says why and nothing was stored."""
    program = tmp_path / "setup.exe"
    program.write_bytes(b"MZ")
    signed_in(context, site, people["diego"])
    page.goto(f"/folders/{people['folder']}")
    page.set_input_files("#upload-files", str(program))
    expect(page.locator(".upload-row[data-state=failed] .note")).to_contain_text(".exe", timeout=30_000)


def test_a_browser_that_never_opens_its_store_uploads_all_the_same(
    site: Any, page: Page, context: BrowserContext, people: dict[str, Any], tmp_path: Path
) -> None:
    """Nothing can be kept for another visit then, and nothing waits for that."""
    page.add_init_script(
        "indexedDB.open = () => new EventTarget(); navigator.locks.query = () => new Promise(() => 0);"
    )
    paths = [tmp_path / "verschlossen 1.txt", tmp_path / "verschlossen 2.txt"]
    for path in paths:
        path.write_text(path.name)
    signed_in(context, site, people["clara"])
    page.goto(f"/folders/{people['folder']}")
    page.set_input_files("#upload-files", [str(path) for path in paths])
    for path in paths:
        expect(page.locator("#contents")).to_contain_text(path.name, timeout=60_000)
        assert stored(site, path.name) == (len(path.name), 1)
