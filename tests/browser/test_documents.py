"""The documents page in a real browser: by keyboard alone, by mouse, by drag and drop, on a phone, and through axe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from portal.accounts.models import Person
from portal.files.commands.completion import store_bytes
from portal.files.commands.folders import create_folder
from portal.files.models import File, Folder
from portal.kit.db import db
from tests.browser.scene import come_in, commit, make_french_cast, profile, window_of
from tests.browser.test_pages import AT_REST, AXE, RUN

FILES = ("a.txt", "b.txt", "c.txt", "d.txt", "e.txt")


def make_scene() -> dict[str, Any]:
    """The cast."""
    cast = make_french_cast()
    people = {name: person.id for name, person in cast.everybody.items()}
    return {**people, "client": cast.acme.id, "exchange": cast.exchange.id, "books": cast.books.id}


@pytest.fixture(scope="module")
def scene(site: Any) -> dict[str, Any]:
    """Their ids."""
    return commit(site, make_scene)


@pytest.fixture
def desk(site: Any, scene: dict[str, Any], request: pytest.FixtureRequest) -> dict[str, Any]:
    """A folder of Clara's for this test alone: two sub-folders and five files."""

    def make() -> dict[str, Any]:
        alice = db.session.get_one(Person, scene["alice"])
        clara = db.session.get_one(Person, scene["clara"])
        clara.documents_sort, clara.documents_layout = "", "list"
        above = db.session.get_one(Folder, scene["exchange"])
        top = create_folder(above, name=request.node.name[:80], actor=alice)
        one, two = (create_folder(top, name=name, actor=alice) for name in ("Eins", "Zwei"))
        files = {name: store_bytes(top, name, b"x", actor=clara).id for name in FILES}
        return {**scene, "top": top.id, "one": one.id, "two": two.id, "files": files}

    return commit(site, make)


@pytest.fixture
def clara(chromium: Browser, site: Any, desk: dict[str, Any]) -> Iterator[Page]:
    """Clara's window with her folder before it."""
    with window_of(chromium, site, desk["clara"]) as page:
        page.goto(f"/folders/{desk['top']}")
        yield page


def row(page: Page, name: str) -> Any:
    """The row of this name."""
    return page.locator(f'tr[data-name="{name}"]')


def names(page: Page) -> list[str]:
    """The rows from the top down."""
    return page.locator("tr[data-row]").evaluate_all("rows => rows.map((row) => row.dataset.name)")


def chosen(page: Page) -> list[str]:
    """The rows that are chosen."""
    return page.locator('tr[aria-selected="true"]').evaluate_all("rows => rows.map((row) => row.dataset.name)")


def inside(site: Any, folder_id: Any) -> list[str]:
    """What lives in a folder, as the database has it."""
    with site.app.app_context():
        found = [
            *db.session.scalars(select(Folder.name).where(Folder.parent_id == folder_id, Folder.bin_id.is_(None))),
            *db.session.scalars(select(File.name).where(File.folder_id == folder_id, File.bin_id.is_(None))),
        ]
        db.session.remove()
        return sorted(found)


def findings(page: Page, where: str) -> list[str]:
    """What axe finds on the page as it stands."""
    page.evaluate(AXE)
    page.evaluate(AT_REST)
    return [f"{where}: {finding}" for finding in page.evaluate(RUN)]


def test_the_whole_path_by_keyboard_alone(site: Any, clara: Page, desk: dict[str, Any]) -> None:
    """Walk, choose, rename, make a folder, move by the tree, delete and go up: no pointer is needed."""
    keys = clara.keyboard
    keys.press("ArrowDown")
    expect(row(clara, "Eins")).to_be_focused()
    keys.press("End")
    keys.press("Shift+ArrowUp")
    assert chosen(clara) == ["d.txt", "e.txt"]
    keys.press("Escape")
    assert chosen(clara) == []
    keys.press("F2")
    keys.type("Neuer Name")
    keys.press("Enter")
    expect(row(clara, "Neuer Name.txt")).to_be_focused()
    keys.press("F2")
    keys.press("Control+A")
    keys.type("a.txt")
    keys.press("Enter")
    expect(clara.locator("tr .field-error")).not_to_be_empty()
    keys.press("Escape")
    expect(row(clara, "Neuer Name.txt")).to_be_visible()
    keys.press("n")
    keys.type("Frisch")
    keys.press("Enter")
    expect(row(clara, "Frisch")).to_be_focused()
    row(clara, "b.txt").focus()
    keys.press("Space")
    keys.press("ArrowDown")
    keys.press("Space")
    assert chosen(clara) == ["b.txt", "c.txt"]
    clara.locator(".selection-bar [data-documents-do=move]").focus()
    keys.press("Enter")
    expect(clara.locator("#move-dialog input[type=search]")).to_be_focused()
    keys.type("frisch")
    expect(clara.locator(".place-found input")).to_have_count(1)
    keys.press("ArrowDown")
    keys.press("Space")
    keys.press("Enter")
    expect(row(clara, "b.txt")).to_have_count(0)
    assert inside(site, desk["top"]) == ["Eins", "Frisch", "Neuer Name.txt", "Zwei", "a.txt", "e.txt"]
    row(clara, "e.txt").focus()
    keys.press("Delete")
    expect(row(clara, "e.txt")).to_have_count(0)
    row(clara, "Frisch").focus()
    keys.press("Enter")
    expect(row(clara, "b.txt")).to_be_visible()
    clara.wait_for_load_state("networkidle")  # keys are heard once the new page's scripts are there
    keys.press("Backspace")
    expect(row(clara, "Frisch")).to_be_visible()
    clara.wait_for_load_state("networkidle")
    keys.press("?")
    expect(clara.locator("#keyboard-map")).to_be_visible()
    keys.press("Escape")
    expect(clara.locator("#keyboard-map")).to_be_hidden()


def test_ranges_by_shift_single_rows_by_control_and_all(site: Any, clara: Page, desk: dict[str, Any]) -> None:
    """And what is chosen beyond the rows: all but one go to the bin, and come back by one press."""
    row(clara, "a.txt").locator("td").nth(1).click()
    row(clara, "d.txt").locator("td").nth(1).click(modifiers=["Shift"])
    assert chosen(clara) == ["a.txt", "b.txt", "c.txt", "d.txt"]
    row(clara, "b.txt").locator("td").nth(1).click(modifiers=["Control"])
    row(clara, "Eins").locator(".row-choice input").click()
    assert chosen(clara) == ["Eins", "a.txt", "c.txt", "d.txt"]
    clara.keyboard.press("Control+a")
    assert len(chosen(clara)) == 7
    row(clara, "c.txt").locator(".row-choice input").click()
    clara.locator(".selection-bar [data-documents-do=delete]").click()
    expect(clara.locator("tr[data-row]")).to_have_count(1)
    assert inside(site, desk["top"]) == ["c.txt"]
    clara.locator(".toast .toast-action button").click()
    expect(clara.locator("tr[data-row]")).to_have_count(7)
    assert inside(site, desk["top"]) == ["Eins", "Zwei", *FILES]


def test_rows_are_dragged_onto_folders_and_the_way_above(site: Any, clara: Page, desk: dict[str, Any]) -> None:
    row(clara, "a.txt").locator("td").nth(1).click()
    row(clara, "b.txt").locator("td").nth(1).click(modifiers=["Control"])
    row(clara, "a.txt").drag_to(row(clara, "Zwei"))
    expect(row(clara, "a.txt")).to_have_count(0)
    assert inside(site, desk["two"]) == ["a.txt", "b.txt"]
    row(clara, "c.txt").drag_to(clara.locator(".documents-top .breadcrumb a").nth(1))
    expect(row(clara, "c.txt")).to_have_count(0)
    assert inside(site, desk["top"]) == ["Eins", "Zwei", "d.txt", "e.txt"]


def test_rows_are_dragged_and_moved_by_keys_into_the_firms_order(site: Any, clara: Page, desk: dict[str, Any]) -> None:
    height = row(clara, "a.txt").bounding_box()["height"]
    row(clara, "e.txt").drag_to(row(clara, "a.txt"), target_position={"x": 200, "y": 4})
    expect(clara.locator("tr[data-kind=file]").first).to_have_attribute("data-name", "e.txt")
    row(clara, "a.txt").drag_to(row(clara, "c.txt"), target_position={"x": 200, "y": height - 4})
    expect(clara.locator("tr[data-kind=file]").nth(2)).to_have_attribute("data-name", "c.txt")
    assert names(clara) == ["Eins", "Zwei", "e.txt", "b.txt", "c.txt", "a.txt", "d.txt"]
    row(clara, "Zwei").focus()
    clara.keyboard.press("Alt+Shift+ArrowUp")
    expect(clara.locator("tr[data-row]").first).to_have_attribute("data-name", "Zwei")
    expect(row(clara, "Zwei")).to_be_focused()


def test_cut_and_copied_rows_are_pasted_into_another_folder(site: Any, clara: Page, desk: dict[str, Any]) -> None:
    row(clara, "a.txt").focus()
    clara.keyboard.press("Space")
    clara.keyboard.press("Control+x")
    expect(row(clara, "a.txt")).to_have_class("row-cut")
    clara.goto(f"/folders/{desk['one']}")
    clara.keyboard.press("Control+v")
    expect(row(clara, "a.txt")).to_be_visible()
    clara.keyboard.press("ArrowDown")
    clara.keyboard.press("Space")
    clara.keyboard.press("Control+c")
    clara.goto(f"/folders/{desk['two']}")
    clara.locator("[data-documents-target=paste]").click()
    expect(row(clara, "a.txt")).to_be_visible()
    assert inside(site, desk["one"]) == inside(site, desk["two"]) == ["a.txt"]
    assert inside(site, desk["top"]) == ["Eins", "Zwei", *FILES[1:]]


@pytest.fixture
def bob(chromium: Browser, site: Any, desk: dict[str, Any]) -> Iterator[Page]:
    """Bob's window with the same folder before it."""
    with window_of(chromium, site, desk["bob"]) as page:
        page.goto(f"/folders/{desk['top']}", wait_until="networkidle")
        yield page


def test_one_menu_serves_every_row(site: Any, bob: Page, desk: dict[str, Any]) -> None:
    """By its button, the right button of the mouse or the keyboard; a second press closes it."""
    files, folder = bob.locator("#file-menu"), bob.locator("#folder-menu")
    dots = row(bob, "a.txt").locator("[data-row-menu]")
    dots.click()
    expect(files).to_be_visible()
    expect(dots).to_have_attribute("aria-expanded", "true")
    assert str(desk["files"]["a.txt"]) in str(files.locator("a").first.get_attribute("href"))
    dots.click()
    expect(files).to_be_hidden()
    expect(dots).to_have_attribute("aria-expanded", "false")
    row(bob, "b.txt").locator("td").nth(1).click(button="right")
    expect(files.locator(f"a[href='/files/{desk['files']['b.txt']}/versions']")).to_be_visible()
    row(bob, "Zwei").locator("[data-row-menu]").click()
    expect(files).to_be_hidden()
    expect(folder.locator(f"a[href='/folders/{desk['two']}/rights']")).to_be_visible()
    folder.locator("[data-documents-do=rename]").click()
    bob.keyboard.type("Drei")
    bob.keyboard.press("Enter")
    expect(row(bob, "Drei")).to_be_visible()
    row(bob, "c.txt").locator("[data-row-menu]").focus()
    bob.keyboard.press("Enter")
    bob.keyboard.press("End")
    bob.keyboard.press("Enter")
    expect(row(bob, "c.txt")).to_have_count(0)
    row(bob, "d.txt").locator("[data-row-menu]").click()
    files.locator("[data-documents-do=move]").click()
    bob.locator(f'#move-dialog [data-id="{desk["one"]}"] > .tree-line').click()
    bob.locator("#move-dialog button[type=submit]").click()
    expect(row(bob, "d.txt")).to_have_count(0)
    assert inside(site, desk["one"]) == ["d.txt"]
    assert inside(site, desk["top"]) == ["Drei", "Eins", "a.txt", "b.txt", "e.txt"]


def test_chosen_files_get_a_last_day_and_chosen_folders_their_rights(bob: Page, desk: dict[str, Any]) -> None:
    row(bob, "a.txt").locator("td").nth(1).click()
    row(bob, "c.txt").locator("td").nth(1).click(modifiers=["Shift"])
    bar = bob.locator(".selection-bar")
    expect(bar.locator("[data-documents-do=rights]")).to_be_hidden()
    bar.locator("[data-documents-do=until]").click()
    bob.locator("#until-body input[type=date]").fill("2099-12-31")
    bob.locator("#until-body button[type=submit]").click()
    expect(bob.locator("tr[data-row] .badge", has_text="2099")).to_have_count(3)
    row(bob, "Eins").locator(".row-choice input").click()
    row(bob, "Zwei").locator(".row-choice input").click()
    expect(bar.locator("[data-documents-do=until]")).to_be_hidden()
    bar.locator("[data-documents-do=rights]").click()
    expect(bob.locator("tbody tr[data-id]")).to_have_count(2)


def test_what_was_chosen_is_chosen_again_after_going_back(clara: Page, desk: dict[str, Any]) -> None:
    """From a folder that was looked into; who opens the folder anew finds nothing chosen."""
    for name in ("a.txt", "Zwei"):
        row(clara, name).locator(".row-choice input").click()
    row(clara, "Eins").locator("a.name").click()
    clara.wait_for_url(f"**/folders/{desk['one']}")
    clara.go_back()
    expect(clara.locator('tr[aria-selected="true"]')).to_have_count(2)
    assert chosen(clara) == ["Zwei", "a.txt"]
    expect(clara.locator("[data-documents-target=count]")).to_have_text("2 sélectionnés")
    row(clara, "Eins").locator("a.name").click()
    clara.wait_for_url(f"**/folders/{desk['one']}")
    clara.goto(f"/folders/{desk['top']}", wait_until="networkidle")
    assert chosen(clara) == []


def test_what_changes_who_sees_what_is_shown_before_a_drop(
    chromium: Browser, site: Any, clara: Page, desk: dict[str, Any]
) -> None:
    """Bob cuts Clara's file and pastes it where she only reads and Diego sees nothing: the page asks first."""
    context = profile(chromium, site, reduced_motion="reduce")
    come_in(context, site, desk["bob"])
    bob = context.new_page()
    bob.goto(f"/folders/{desk['top']}")
    row(bob, "a.txt").focus()
    bob.keyboard.press("Space")
    bob.keyboard.press("Control+x")
    bob.goto(f"/clients/{desk['client']}/documents")
    bob.keyboard.press("Control+v")
    expect(bob.locator("form[action$='/selection/place'] input[name=confirmed]")).to_be_attached()
    assert "a.txt" in inside(site, desk["top"])
    bob.locator("form[action$='/selection/place'] button[type=submit]").click()
    expect(row(bob, "a.txt")).to_be_visible()
    context.close()


def test_sorted_and_as_thumbnails_for_this_reader_everywhere(clara: Page, desk: dict[str, Any]) -> None:
    clara.locator("thead button[value=name]").click()
    clara.locator("thead button[value='-name']").click()
    expect(clara.locator("tr[data-row]").first).to_have_attribute("data-name", "Zwei")
    clara.locator("[popovertarget=view-menu]").click()
    clara.locator("#view-menu form:has(input[value=grid]) button").click()
    expect(clara.locator(".documents-grid")).to_be_visible()
    clara.goto(f"/folders/{desk['exchange']}")
    expect(clara.locator(".documents-grid")).to_be_visible()


def test_a_reader_and_a_depositor_are_offered_what_they_may(chromium: Browser, site: Any, desk: dict[str, Any]) -> None:
    """Clara reads Accounts: she copies and downloads. Diego deposits in Exchange: he walks, and changes nothing."""
    context = profile(chromium, site)
    come_in(context, site, desk["diego"])
    diego = context.new_page()
    diego.goto(f"/folders/{desk['top']}")
    expect(diego.locator("tr[data-row]")).to_have_count(2)
    diego.keyboard.press("ArrowDown")
    for key in ("Space", "F2", "Delete", "n", "Control+x"):
        diego.keyboard.press(key)
    assert diego.locator(".selection-bar").is_hidden()
    assert diego.locator(".rename-field").count() == 0
    assert inside(site, desk["top"]) == ["Eins", "Zwei", *FILES]
    context.close()


def test_on_a_phone_boxes_are_there_and_the_bar_is_below(chromium: Browser, site: Any, desk: dict[str, Any]) -> None:
    context = profile(chromium, site, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    come_in(context, site, desk["clara"])
    phone = context.new_page()
    phone.goto(f"/folders/{desk['top']}")
    row(phone, "a.txt").locator(".row-choice input").tap()
    # Once something is chosen, a tap on a name chooses as well.
    row(phone, "b.txt").locator("a.name").tap()
    assert chosen(phone) == ["a.txt", "b.txt"]
    bar = phone.locator(".selection-bar").bounding_box()
    assert bar["y"] + bar["height"] > 640
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    phone.locator(".selection-bar [data-documents-do=move]").tap()
    phone.locator(f'#move-dialog [data-id="{desk["one"]}"] > .tree-line').tap()
    phone.locator("#move-dialog button[type=submit]").tap()
    expect(row(phone, "a.txt")).to_have_count(0)
    assert inside(site, desk["one"]) == ["a.txt", "b.txt"]
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(chromium: Browser, site: Any, desk: dict[str, Any], scheme: Any) -> None:
    """The list with a selection, the tree of targets, the keys, thumbnails, the bin and what goes for good."""
    context = profile(chromium, site, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True)
    come_in(context, site, desk["bob"])
    page = context.new_page()
    page.goto(f"/folders/{desk['top']}")
    row(page, "a.txt").locator(".row-choice input").click()
    faults = findings(page, "list")
    page.locator(".selection-bar [data-documents-do=move]").click()
    expect(page.locator("#move-dialog [role=tree]")).to_be_visible()
    faults += findings(page, "tree")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.locator("main").focus()
    page.keyboard.press("?")
    expect(page.locator("#keyboard-map")).to_be_visible()
    faults += findings(page, "keys")
    page.keyboard.press("Escape")
    page.locator("[popovertarget=view-menu]").click()
    page.locator("#view-menu form:has(input[value=grid]) button").click()
    expect(page.locator(".documents-grid")).to_be_visible()
    faults += findings(page, "thumbnails")
    row(page, "b.txt").focus()
    page.keyboard.press("Delete")
    expect(row(page, "b.txt")).to_have_count(0)
    page.goto(f"/clients/{desk['client']}/documents/bin")
    faults += findings(page, "bin")
    page.goto(f"/clients/{desk['client']}/documents/bin/erasure?all=1")
    faults += findings(page, "erasure")
    context.close()
    assert faults == []
