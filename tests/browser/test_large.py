"""A large folder in the browser: seen at once, scrolled far down piece by piece, found again after going back."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import text

from portal.files.commands import folders
from portal.kit.db import db, new_id
from tests.browser.scene import come_in, commit, make_french_cast
from tests.figures import record_figure

FILES, SCROLLED, ALLOWED = 10_000, 1_000, 6.0
ROWS = "[data-row]"
FAR = 500
# How long the page takes to move and to be laid out again, in ms, at ten places of the list.
MOVES = """
async () => {
    const taken = [];
    for (let part = 0; part < 10; part += 1) {
        const begun = performance.now();
        scrollTo({ top: (document.body.scrollHeight * part) / 10, behavior: "instant" });
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        taken.push(performance.now() - begun);
    }
    return taken;
}
"""


@pytest.fixture(scope="module")
def people(site: Any) -> Any:
    """The cast; Clara's folder of exchanges holds 10,000 files and a sub-folder."""

    def fill() -> Any:
        cast = make_french_cast()
        folders.create_folder(cast.exchange, name="Dossier clos", actor=cast.alice)
        fill_with_files(cast.exchange)
        return cast

    return commit(site, fill)


def fill_with_files(folder: Any) -> None:
    """Rows without content: these pages show names."""

    def rows() -> Iterator[tuple[Any, ...]]:
        for number in range(FILES):
            name = f"Pièce {number:05}.txt"
            key = name.casefold()
            yield new_id(), folder.client_id, folder.id, name, key, key, "txt", uuid.uuid4(), number, "text/plain"

    columns = "id, client_id, folder_id, name, name_key, search_key, ext, version_id, size, content_type"
    driver: Any = db.session.connection().connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY file ({columns}) FROM STDIN") as out:
        for row in rows():
            out.write_row(row)
    db.session.execute(text("ANALYZE file"))


@pytest.fixture
def documents(site: Any, context: BrowserContext, page: Page, people: Any) -> Page:
    """Clara's page of the folder."""
    context.set_default_timeout(60_000)
    come_in(context, site, people.clara.id)
    begun = time.perf_counter()
    page.goto(f"/folders/{people.exchange.id}", wait_until="commit")
    page.locator(ROWS).nth(20).wait_for()
    taken = time.perf_counter() - begun
    record_figure("folder of 10,000 files: first rows seen (s)", round(taken, 2), "< 1", ok=taken < 1)
    return page


def scroll_until(page: Page, count: int) -> None:
    """Scroll down, again and again, until so many rows are in the page."""
    until = time.monotonic() + 180
    while page.locator(ROWS).count() < count:
        assert time.monotonic() < until, page.locator(ROWS).count()
        page.evaluate("scrollTo({ top: document.body.scrollHeight, behavior: 'instant' })")
        page.wait_for_timeout(50)


def top_row(page: Page) -> tuple[str, int]:
    """The name of the first row in sight and its distance from the top, in pixels."""
    name, top = page.evaluate(
        """() => {
            const row = [...document.querySelectorAll("[data-row]")].find((one) => one.getBoundingClientRect().top > 0);
            return [row.querySelector(".name").textContent, row.getBoundingClientRect().top];
        }"""
    )
    return name, round(top)


def go_far_down(page: Page) -> tuple[str, int]:
    """To somewhere behind the first pieces."""
    scroll_until(page, 600)
    page.locator(ROWS).nth(FAR).evaluate("row => row.scrollIntoView({ block: 'center', behavior: 'instant' })")
    page.wait_for_timeout(300)
    return top_row(page)


def is_there_again(page: Page, place: tuple[str, int]) -> None:
    """The same row at the same height, give or take a pixel."""
    expect(page.locator(ROWS).nth(FAR)).to_be_attached(timeout=60_000)
    until = time.monotonic() + 20
    while (found := top_row(page))[0] != place[0] or abs(found[1] - place[1]) > 2:
        assert time.monotonic() < until, (found, place)
        page.wait_for_timeout(100)


def test_rows_come_piece_by_piece_and_each_once(documents: Page) -> None:
    begun = time.perf_counter()
    scroll_until(documents, SCROLLED)
    taken = round(time.perf_counter() - begun, 1)
    record_figure(f"folder of 10,000 files: {SCROLLED} rows scrolled (s)", taken, "")
    names = documents.locator(ROWS).evaluate_all("rows => rows.map((row) => row.dataset.row)")
    assert len(names) == len(set(names)) >= SCROLLED
    moves = documents.evaluate(MOVES)
    record_figure(f"folder of 10,000 files: slowest move among {SCROLLED} rows (ms)", round(max(moves)), "< 200")
    assert max(moves) < ALLOWED * 1000


@pytest.mark.parametrize("way", ["preview", "sub-folder", "reload"])
def test_who_goes_back_finds_the_place_again(documents: Page, people: Any, way: str) -> None:
    place = go_far_down(documents)
    if way == "preview":
        documents.locator(ROWS).nth(FAR).locator("a.name").click()
        documents.wait_for_url("**/preview")
        documents.go_back()
    elif way == "sub-folder":
        documents.evaluate("address => location.assign(address)", f"/folders/{people.books.id}")
        documents.wait_for_url("**/folders/*")
        expect(documents.locator("h1")).to_be_visible()
        documents.wait_for_function("id => location.pathname.endsWith(id)", arg=str(people.books.id))
        documents.go_back()
    else:
        documents.reload()
    is_there_again(documents, place)


def test_the_folder_opened_anew_begins_at_its_top(documents: Page, people: Any) -> None:
    go_far_down(documents)
    # Rows that are fetched again are fetched at once; only then is it seen whether the page moves.
    documents.goto(f"/folders/{people.exchange.id}", wait_until="networkidle")
    documents.wait_for_timeout(300)
    expect(documents.locator(ROWS).first).to_be_in_viewport()
    assert documents.evaluate("scrollY") == 0
    assert documents.locator(ROWS).count() <= 401


def test_a_row_is_as_wide_as_the_phone(documents: Page) -> None:
    """The row that fetches further ones makes no column of its own."""
    documents.set_viewport_size({"width": 360, "height": 740})
    expect(documents.locator(".load-more")).to_be_attached()
    row, actions = (documents.locator(f"{ROWS}{inside}").first.bounding_box() for inside in ("", " .row-actions"))
    assert row is not None
    assert actions is not None
    assert abs(row["x"] + row["width"] - actions["x"] - actions["width"]) <= 1
