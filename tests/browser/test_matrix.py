"""The matrix of rights in a real browser: by keyboard, by mouse, on a phone, without script, and through axe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from portal.files.commands.folders import create_folder
from portal.files.models import RightsChange
from portal.files.queries import folder_level
from portal.kit.db import db
from tests.browser.scene import come_in, commit, make_french_cast, profile, window_of
from tests.browser.test_pages import AT_REST, AXE, RUN

Ids = dict[str, Any]


@dataclass
class Place:
    """The site with the cast in it; ids by name."""

    site: Any
    ids: Ids

    @property
    def address(self) -> str:
        """The matrix of Acme."""
        return f"/folders/{self.ids['root']}/rights"

    def level(self, person: str, folder: str) -> str:
        """The level that a person has on a folder now."""
        from portal.accounts.models import Person
        from portal.files.models import Folder

        def read() -> str:
            viewer = db.session.get_one(Person, self.ids[person]).viewer
            return folder_level(viewer, db.session.get_one(Folder, self.ids[folder])).key

        return commit(self.site, read)


def _make() -> Ids:
    cast = make_french_cast()
    deep = create_folder(cast.exchange, name="2025", actor=cast.alice)
    for number in range(3):
        create_folder(deep, name=f"Mois {number}", actor=cast.alice)
    people = {name: person.id for name, person in cast.everybody.items()}
    folders = {"root": cast.root.id, "exchange": cast.exchange.id, "books": cast.books.id, "payroll": cast.payroll.id}
    return {**people, **folders, "deep": deep.id, "acme": cast.acme.id}


@pytest.fixture(scope="module")
def place(site: Any) -> Place:
    """The cast, committed."""
    return Place(site, commit(site, _make))


@pytest.fixture
def window(chromium: Browser, place: Place) -> Iterator[Page]:
    """Alice's window."""
    with window_of(chromium, place.site, place.ids["alice"]) as page:
        yield page


def cell(page: Page, place: Place, folder: str, person: str) -> Any:
    """The link of a cell."""
    return page.locator(f'tr[data-id="{place.ids[folder]}"] a[data-p="{place.ids[person]}"]')


def name(page: Page, place: Place, folder: str) -> Any:
    """The name of a row."""
    return page.locator(f'tr[data-id="{place.ids[folder]}"] .matrix-name')


def undo(page: Page) -> None:
    """Take the last change back by the toast."""
    with page.expect_response(re.compile("/undoing$")) as answer:
        page.locator(".toast-action button").last.click()
    assert answer.value.ok


def apply(page: Page) -> None:
    """Press the button of the dialog once what will change is shown."""
    expect(page.locator(".rights-outcome")).to_be_visible()
    with page.expect_response(re.compile("/rights-changes$")) as answer:
        page.locator("#rights-preview button[hx-post]").click()
    assert answer.value.status == 204
    expect(page.locator("#rights-dialog")).to_be_hidden()


def test_the_matrix_is_used_by_keyboard(place: Place, window: Page) -> None:
    """One tab stop; arrows move, right opens a folder, a letter opens the dialog with the level; undo by the toast."""
    window.goto(place.address)
    assert window.locator('.matrix-table [tabindex="0"]').count() == 1
    name(window, place, "root").focus()
    for key in ("ArrowDown", "ArrowDown"):
        window.keyboard.press(key)
    expect(name(window, place, "exchange")).to_be_focused()
    window.keyboard.press("ArrowRight")
    expect(name(window, place, "deep")).to_be_visible()
    window.keyboard.press("ArrowDown")
    expect(name(window, place, "deep")).to_be_focused()
    window.keyboard.press("ArrowLeft")
    expect(name(window, place, "exchange")).to_be_focused()
    window.keyboard.press("ArrowLeft")
    expect(name(window, place, "deep")).to_be_hidden()
    window.keyboard.press("ArrowRight")
    expect(name(window, place, "deep")).to_be_visible()
    window.keyboard.press("End")
    expect(cell(window, place, "exchange", "diego")).to_be_focused()
    window.keyboard.press("Home")
    for key in ("ArrowRight", "ArrowDown"):
        window.keyboard.press(key)
    expect(cell(window, place, "deep", "clara")).to_be_focused()
    assert window.locator('.matrix-table [tabindex="0"]').count() == 1
    window.keyboard.press("r")
    expect(window.locator('#rights-dialog input[value="read"]')).to_be_checked()
    expect(window.locator('#rights-dialog input[value="read"]')).to_be_focused()
    apply(window)
    expect(cell(window, place, "deep", "clara").locator("xpath=..")).to_have_class(re.compile("k-read"))
    expect(cell(window, place, "deep", "clara")).to_be_focused()
    assert place.level("clara", "deep") == "read"
    undo(window)
    expect(cell(window, place, "deep", "clara").locator("xpath=..")).to_have_class(re.compile("k-full"))
    assert place.level("clara", "deep") == "full"


def test_a_selection_by_keyboard_is_changed_in_one_go(place: Place, window: Page) -> None:
    """Shift with arrows extends, the bar counts, Enter asks for all of them, Escape lets go."""
    window.goto(place.address)
    cell(window, place, "books", "clara").focus()
    for key in ("Shift+ArrowRight", "Shift+ArrowDown"):
        window.keyboard.press(key)
    chosen = window.locator('td[aria-selected="true"]')
    expect(chosen).to_have_count(4)
    expect(window.locator(".matrix-chosen")).to_be_visible()
    window.keyboard.press("Enter")
    expect(window.locator('#rights-dialog input[name="cell"]')).to_have_count(4)
    window.locator('#rights-dialog input[value="deposit"]').check()
    apply(window)
    for person in ("clara", "diego"):
        for folder in ("books", "exchange"):
            assert place.level(person, folder) == "deposit"
    expect(chosen).to_have_count(0)
    undo(window)
    expect(cell(window, place, "books", "clara").locator("xpath=..")).to_have_class(re.compile("k-read"))
    cell(window, place, "books", "clara").focus()
    window.keyboard.press("Space")
    expect(chosen).to_have_count(1)
    window.keyboard.press("Escape")
    expect(chosen).to_have_count(0)


def test_a_selection_by_mouse(place: Place, window: Page) -> None:
    """A head chooses a column, a row's head the row, Shift the rectangle; a plain click asks for one cell."""
    window.goto(place.address)
    chosen = window.locator('td[aria-selected="true"]')
    window.locator(f'th[data-p="{place.ids["clara"]}"] .matrix-pick').click()
    expect(chosen).to_have_count(3)
    window.locator(".matrix-chosen .icon-button").click()
    expect(chosen).to_have_count(0)
    window.locator(f'tr[data-id="{place.ids["books"]}"] th').click(position={"x": 240, "y": 22})
    expect(chosen).to_have_count(2)
    window.keyboard.press("Escape")
    cell(window, place, "books", "clara").click(modifiers=["Control"])
    cell(window, place, "exchange", "diego").click(modifiers=["Shift"])
    expect(chosen).to_have_count(4)
    window.locator('.matrix-chosen [data-field="cascade"]').click()
    expect(window.locator('#rights-dialog input[value="below"]')).to_be_checked()
    window.keyboard.press("Escape")
    cell(window, place, "root", "clara").click()
    expect(window.locator('#rights-dialog input[name="cell"]')).to_have_count(1)
    expect(window.locator("#rights-dialog .rights-why")).to_be_visible()


def test_a_cascade_says_what_is_lost_and_the_cells_show_it(place: Place, window: Page) -> None:
    """All below follows; the rows that are open are drawn anew."""
    window.goto(place.address)
    window.locator(f'tr[data-id="{place.ids["books"]}"] .matrix-toggle').click()
    cell(window, place, "books", "clara").click()
    window.locator('#rights-dialog input[value="full"]').check()
    window.locator('#rights-dialog input[value="below"]').check()
    expect(window.locator(".rights-details").first).to_contain_text("Payroll")
    apply(window)
    expect(cell(window, place, "payroll", "clara").locator("xpath=..")).to_have_class("k k-full")
    change = commit(
        place.site, lambda: db.session.scalars(select(RightsChange.kind).order_by(RightsChange.id.desc())).first()
    )
    assert change == "cascade"
    undo(window)
    expect(cell(window, place, "payroll", "clara").locator("xpath=..")).to_have_class(re.compile("k-none k-own"))


def test_the_menu_of_a_person_copies_rights(place: Place, window: Page) -> None:
    """By keyboard from the head: Enter opens the menu, the dialog asks for the source."""
    window.goto(place.address)
    cell(window, place, "root", "diego").focus()
    window.keyboard.press("ArrowUp")
    window.keyboard.press("Enter")
    expect(window.locator("#matrix-menu button").first).to_be_focused()
    window.keyboard.press("ArrowDown")
    window.keyboard.press("Enter")
    expect(window.locator("#rights-source")).to_be_visible()
    # Nobody chooses in the moment in which the dialog is seen and does not listen yet.
    expect(window.locator(".htmx-added")).to_have_count(0)
    window.locator("#rights-source").select_option(str(place.ids["clara"]))
    apply(window)
    assert place.level("diego", "books") == "read"
    undo(window)
    expect(cell(window, place, "books", "diego").locator("xpath=..")).to_have_class(re.compile("k-none"))


def test_a_phone_shows_one_person_at_a_time(place: Place, window: Page) -> None:
    """A choice of the person on top, levels on the right, the dialog as a sheet; nothing runs off sideways."""
    window.set_viewport_size({"width": 360, "height": 740})
    window.goto(place.address)
    expect(window.locator("thead .matrix-person:visible")).to_have_count(1)
    window.locator("#matrix-one").select_option(str(place.ids["diego"]))
    expect(cell(window, place, "exchange", "diego")).to_be_visible()
    assert f"only={place.ids['diego']}" in window.url
    assert window.evaluate("document.scrollingElement.scrollWidth") <= 360
    cell(window, place, "exchange", "diego").click()
    window.locator('#rights-dialog input[value="full"]').check()
    expect(window.locator(".rights-gist")).to_be_visible()
    box = window.locator("#rights-dialog").bounding_box()
    assert box
    assert round(box["y"] + box["height"]) == 740
    apply(window)
    assert place.level("diego", "exchange") == "full"
    undo(window)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(place: Place, window: Page, scheme: Any) -> None:
    """The page, a selection, the dialog with its preview, the menu; on a desk and on a phone."""
    for width in (1360, 360):
        window.set_viewport_size({"width": width, "height": 800})
        window.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        window.goto(place.address)
        window.evaluate(AXE)
        window.locator(f'tr[data-id="{place.ids["exchange"]}"] .matrix-toggle').click()
        expect(name(window, place, "deep")).to_be_visible()
        cell(window, place, "exchange", "clara").focus()
        window.keyboard.press("Space")
        window.evaluate(AT_REST)
        assert window.evaluate(RUN) == []
        window.keyboard.press("d")
        expect(window.locator(".rights-outcome")).to_be_visible()
        window.evaluate(AT_REST)
        assert window.evaluate(RUN) == []
        for address in (
            f"{place.address}?tab=collaborators",
            f"/folders/{place.ids['books']}/rights/{place.ids['bob']}",
        ):
            window.goto(address)
            window.evaluate(AXE)
            window.evaluate(AT_REST)
            assert window.evaluate(RUN) == [], address
            assert window.evaluate("document.scrollingElement.scrollWidth") <= width


def test_without_script_a_cell_is_a_link(chromium: Browser, place: Place) -> None:
    """The matrix is there, a cell leads to a page that first says what will change, and applies it."""
    context = profile(chromium, place.site, java_script_enabled=False)
    come_in(context, place.site, place.ids["alice"])
    page = context.new_page()
    page.goto(place.address)
    cell(page, place, "exchange", "diego").click()
    page.locator('input[value="read"]').check()
    page.locator(".no-js-only").click()
    expect(page.locator(".rights-outcome")).to_be_visible()
    page.locator(".dialog-actions .button-primary").click()
    expect(page.locator(".matrix-table")).to_be_visible()
    assert place.level("diego", "exchange") == "read"
    context.close()
