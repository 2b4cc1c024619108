"""The client table in a real browser: rows that are chosen by mouse, keyboard and thumb, and what is done with them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from portal.accounts.models import Person
from portal.clients import commands
from portal.clients.models import Client
from portal.files.commands.folders import create_root
from portal.files.commands.tree_templates import save_tree_template
from portal.files.tree_shape import Branch
from portal.kit.db import db
from portal.permissions.levels import Level
from tests.browser.scene import come_in, commit, faults_of, make_french_cast, profile, window_of
from tests.browser.test_pages import AT_REST, AXE, RUN

HOUSES, GARDENS = 70, 12


def make_scene() -> dict[str, Any]:
    """Seventy houses and a dozen gardens, three of which have a document space; two groups, a type, a template."""
    cast = make_french_cast()
    alice = cast.alice
    for number in range(HOUSES):
        commands.create_client(name=f"Haus {number:02}", actor=alice)
    for number in range(GARDENS):
        made = commands.create_client(name=f"Garten {number:02}", actor=alice)
        if number < 3:
            create_root(made, actor=alice)
    groups = [commands.create_group(name=name, actor=alice) for name in ("Conseil", "Audit")]
    commands.create_type(name="SARL", actor=alice)
    template = save_tree_template(None, name="Société", tree=[Branch("Bilans", Level.READ)], actor=alice)
    people = {name: person.id for name, person in cast.everybody.items()}
    return {**people, "conseil": groups[0].id, "audit": groups[1].id, "tree": template.id}


@pytest.fixture(scope="module")
def scene(site: Any) -> dict[str, Any]:
    """Ids of people, groups and the template."""
    return commit(site, make_scene)


@pytest.fixture
def alice(chromium: Browser, site: Any, scene: dict[str, Any]) -> Iterator[Page]:
    """Alice's window with the houses before it."""
    with window_of(chromium, site, scene["alice"]) as page:
        show(page, "/clients?q=haus")
        yield page


def show(page: Page, address: str) -> None:
    """Open the table and wait until its script listens."""
    page.goto(address)
    heard(page)


def heard(page: Page) -> None:
    """Wait until the script of the page listens to keys and clicks."""
    expect(page.locator(".clients[data-choosing] table[role=grid]")).to_be_visible()


def row(page: Page, name: str) -> Any:
    """The row of this name."""
    return page.locator("tr[data-row]", has=page.locator("a.name", has_text=re.compile(f"^{name}$")))


def box(page: Page, name: str) -> Any:
    """The box by which it is chosen."""
    return row(page, name).locator(".row-choice input")


def chosen(page: Page) -> list[str]:
    """The rows that are chosen, as far as they are there."""
    return page.locator('tr[aria-selected="true"] a.name').all_text_contents()


def count_of(page: Page) -> int:
    """The number that the bar says."""
    found = re.search(r"\d+", page.locator(".selection-count").inner_text())
    return int(found.group()) if found else 0


def in_group(site: Any, group_id: Any) -> int:
    """How many clients stand in a group, as the database has it."""
    with site.app.app_context():
        found = db.session.scalar(select(func.count()).select_from(Client).where(Client.group_id == group_id))
        db.session.remove()
        return int(found or 0)


def put_into(page: Page, group_id: Any) -> None:
    """Put what is chosen into a group, by the bar, and wait for the rows that come anew."""
    page.locator("[popovertarget=chosen-group]").click()
    with page.expect_response(re.compile("part=list")):
        page.locator(f'#chosen-group [data-value="{group_id}"]').click()


def test_a_range_is_put_into_a_group_and_back(alice: Page, site: Any, scene: dict[str, Any]) -> None:
    bar = alice.locator(".selection-bar")
    expect(bar).to_be_hidden()
    box(alice, "Haus 02").click()
    box(alice, "Haus 05").click(modifiers=["Shift"])
    expect(bar).to_be_visible()
    assert chosen(alice) == ["Haus 02", "Haus 03", "Haus 04", "Haus 05"]
    box(alice, "Haus 04").click()
    assert count_of(alice) == 3
    row(alice, "Haus 09").locator("td").nth(1).click()
    assert count_of(alice) == 3, "a click on a row chooses nothing"
    put_into(alice, scene["conseil"])
    expect(row(alice, "Haus 05")).to_contain_text("Conseil")
    assert in_group(site, scene["conseil"]) == 3
    assert count_of(alice) == 3, "to set the type as well"
    with alice.expect_response(re.compile("part=list")):
        alice.locator("#toasts .toast-action button").click()
    expect(row(alice, "Haus 05")).not_to_contain_text("Conseil")
    assert in_group(site, scene["conseil"]) == 0
    alice.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    assert chosen(alice) == []


def test_all_that_match_holds_rows_that_no_page_has_brought(alice: Page, site: Any, scene: dict[str, Any]) -> None:
    alice.locator(".head-choice input").click()
    assert count_of(alice) == 50
    alice.locator("[data-client-table-target=all]").click()
    assert count_of(alice) == HOUSES
    box(alice, "Haus 01").click()
    assert count_of(alice) == HOUSES - 1
    alice.locator("tr[data-row]").last.scroll_into_view_if_needed()
    expect(alice.locator("tr[data-row]")).to_have_count(HOUSES)
    expect(row(alice, "Haus 69")).to_have_attribute("aria-selected", "true")
    expect(alice.locator(".selection-bar")).to_be_in_viewport()
    put_into(alice, scene["audit"])
    expect(row(alice, "Haus 69")).to_contain_text("Audit")
    assert in_group(site, scene["audit"]) == HOUSES - 1
    show(alice, "/clients?q=garten")
    alice.keyboard.press("Control+a")
    assert count_of(alice) == GARDENS
    alice.locator(".toolbar-search input[type=search]").fill("haus 0")
    expect(row(alice, "Haus 00")).to_be_visible()
    expect(alice.locator(".selection-bar")).to_be_hidden()
    assert chosen(alice) == [], "another search: others match"


def test_what_is_chosen_stays_through_searches_filters_reloads_and_going_back(alice: Page) -> None:
    box(alice, "Haus 03").click()
    alice.locator(".toolbar-search input[type=search]").fill("garten")
    expect(row(alice, "Garten 00")).to_be_visible()
    assert count_of(alice) == 1
    box(alice, "Garten 01").click()
    expect(alice.locator("thead a.sort").first).to_have_attribute("tabindex", "-1")
    alice.locator(".toolbar-end a.chip").click()
    alice.wait_for_url("**disabled=1**")
    expect(row(alice, "Garten 01")).to_have_attribute("aria-selected", "true")
    assert count_of(alice) == 2
    alice.reload()
    heard(alice)
    assert count_of(alice) == 2
    row(alice, "Garten 05").locator("a.name").click()
    alice.wait_for_url(re.compile("/clients/[0-9a-f-]{36}"))
    alice.go_back()
    expect(row(alice, "Garten 01")).to_have_attribute("aria-selected", "true")
    assert count_of(alice) == 2
    alice.locator(".toolbar-search input[type=search]").fill("haus 03")
    expect(row(alice, "Haus 03")).to_have_attribute("aria-selected", "true")
    show(alice, "/clients?q=haus")
    assert chosen(alice) == [], "who opens the table anew finds nothing chosen"


def test_by_keyboard_alone(alice: Page, site: Any, scene: dict[str, Any]) -> None:
    keys = alice.keyboard
    keys.press("ArrowDown")
    expect(row(alice, "Haus 00")).to_be_focused()
    keys.press("Space")
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    keys.press(" ")
    assert chosen(alice) == ["Haus 00", "Haus 02"]
    keys.press("Shift+ArrowDown")
    assert chosen(alice) == ["Haus 02", "Haus 03"]
    alice.locator("[popovertarget=chosen-type]").focus()
    keys.press("ArrowDown")
    expect(alice.locator("#chosen-type [data-client-table-do]").first).to_be_focused()
    with alice.expect_response(re.compile("part=list")):
        keys.press("Enter")
    expect(row(alice, "Haus 02")).to_contain_text("SARL")
    row(alice, "Haus 07").focus()
    keys.press("Enter")
    alice.wait_for_url(re.compile("/clients/[0-9a-f-]{36}"))


def test_a_template_is_looked_at_for_what_is_chosen(alice: Page, scene: dict[str, Any]) -> None:
    show(alice, "/clients?q=garten&sort=-name")
    box(alice, "Garten 11").click()
    alice.keyboard.press("Control+a")
    box(alice, "Garten 02").click()
    alice.locator("[popovertarget=chosen-tree]").click()
    alice.locator("#chosen-tree [data-client-table-do]").first.click()
    alice.wait_for_url(f"**/templates/trees/{scene['tree']}/application")
    names = alice.locator(".tree-previews .name").all_text_contents()
    assert [name for name in names if name.startswith("Garten")] == ["Garten 00", "Garten 01"], "two have a space"
    alice.locator("main .actions a.button").click()
    alice.wait_for_url("**/clients?q=garten&sort=-name")


def test_what_is_chosen_is_exported(alice: Page) -> None:
    for name in ("Haus 03", "Haus 04"):
        box(alice, name).click()
    alice.locator(".selection-bar [data-client-table-do=export]").click()
    alice.wait_for_url(re.compile("/exports/[0-9a-f-]{36}"))
    expect(alice.locator("main")).to_contain_text("2", timeout=60_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_a_desk_and_on_a_phone(alice: Page, scheme: Any) -> None:
    alice.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    box(alice, "Haus 02").click()
    box(alice, "Haus 05").click(modifiers=["Shift"])
    alice.evaluate(AXE)
    for width in (1360, 360):
        alice.set_viewport_size({"width": width, "height": 740})
        alice.evaluate(AT_REST)
        assert alice.evaluate(RUN) == [], (scheme, width)
        assert alice.evaluate("document.scrollingElement.scrollWidth") <= width


def test_on_a_phone_by_thumb(chromium: Browser, site: Any, scene: dict[str, Any]) -> None:
    """The box is always there; once one is chosen, a tap on a row takes it along; the bar stands where the thumb is."""
    context = profile(chromium, site, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    come_in(context, site, scene["bob"])
    commit(site, lambda: _give_bob_some(scene))
    bob = context.new_page()
    faults = faults_of(bob)
    show(bob, "/clients")
    expect(bob.locator(".selection-bar")).to_be_hidden()
    row(bob, "Haus 00").locator(".row-choice").tap()
    row(bob, "Haus 01").locator("a.name").tap()
    assert chosen(bob) == ["Haus 00", "Haus 01"]
    place = bob.locator(".selection-bar").bounding_box()
    assert place is not None
    assert place["x"] >= 0
    assert place["x"] + place["width"] <= 360
    assert place["y"] > 400
    expect(bob.locator("[popovertarget=chosen-tree], [data-client-table-do=export]")).to_have_count(0)
    bob.locator("[popovertarget=chosen-group]").tap()
    expect(bob.locator("#chosen-group [data-client-table-do]").first).to_be_in_viewport()
    bob.keyboard.press("Escape")
    bob.locator("[data-action='client-table#clear']").tap()
    expect(bob.locator(".selection-bar")).to_be_hidden()
    context.close()
    assert faults == []


def _give_bob_some(scene: dict[str, Any]) -> None:
    alice, bob = (db.session.get_one(Person, scene[name]) for name in ("alice", "bob"))
    for client in db.session.scalars(select(Client).where(Client.name.in_(("Haus 00", "Haus 01")))):
        commands.set_standing(client, bob, Level.FULL, actor=alice)


def test_who_can_do_nothing_with_many_has_no_boxes(chromium: Browser, site: Any, scene: dict[str, Any]) -> None:
    context = profile(chromium, site)
    come_in(context, site, scene["tess"])
    tess = context.new_page()
    tess.goto("/clients")
    expect(tess.locator(".row-choice, .selection-bar")).to_have_count(0)
    context.close()
