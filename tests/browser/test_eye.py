"""The eye and the roles in a real browser: one press opens the eye, a band stays in sight, one press closes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from portal.files.commands.completion import store_bytes
from portal.files.commands.folders import create_folder
from tests.browser.scene import commit, faults_of, make_french_cast, window_of
from tests.browser.test_pages import inspect


def make_scene() -> dict[str, Any]:
    """The cast, and a folder long enough to scroll in."""
    cast = make_french_cast()
    store_bytes(cast.exchange, "bilan 2025.pdf", b"%PDF-1.7", actor=cast.clara)
    for number in range(30):
        create_folder(cast.exchange, name=f"Dossier {number:02}", actor=cast.bob)
    people = {name: person.id for name, person in cast.everybody.items()}
    return {**people, "client": cast.acme.id, "folder": cast.exchange.id, "manager": cast.roles["manager"].id}


@pytest.fixture(scope="module")
def things(site: Any) -> dict[str, Any]:
    """Their ids."""
    return commit(site, make_scene)


@pytest.fixture
def alice(chromium: Browser, site: Any, things: dict[str, Any]) -> Iterator[Page]:
    """Alice's window."""
    with window_of(chromium, site, things["alice"]) as page:
        yield page


def look(page: Page, things: dict[str, Any], tab: str, name: str) -> None:
    """Press the eye beside somebody."""
    page.goto(f"/clients/{things['client']}/{tab}")
    ident = things[name]
    page.locator(f"form[action$='/eye/{ident}'] button, button[form='eye-{ident}']").first.click()
    expect(page.locator(".eye-band")).to_contain_text("Acme")


def test_alice_looks_as_clara_and_comes_back(alice: Page, things: dict[str, Any]) -> None:
    faults = faults_of(alice)
    look(alice, things, "contacts", "clara")
    band = alice.locator(".eye-band")
    expect(band).to_contain_text("Clara Costa")
    expect(alice.locator("h1")).to_contain_text("Clara")
    alice.goto(f"/folders/{things['folder']}")
    alice.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    expect(band).to_be_in_viewport()
    # The way back is the second stop of the keyboard, after the link that skips to the content.
    alice.goto("/")
    alice.keyboard.press("Tab")
    alice.keyboard.press("Tab")
    alice.keyboard.press("Enter")
    alice.wait_for_url("**/contacts")
    expect(band).to_have_count(0)
    assert faults == []


def test_what_alice_tries_through_the_eye_is_refused_in_words(alice: Page, things: dict[str, Any]) -> None:
    look(alice, things, "contacts", "clara")
    alice.goto(f"/folders/{things['folder']}")
    token = alice.locator("meta[name=csrf-token]").get_attribute("content") or ""
    answer = alice.request.post(
        f"/folders/{things['folder']}/folders", form={"name": "Written by the eye", "csrf_token": token}
    )
    assert answer.status == 403
    alice.goto("/profile")
    expect(alice.locator("main")).to_be_visible()
    expect(alice.locator(".eye-band")).to_be_visible()
    expect(alice.locator("input[name=first_name]")).to_have_count(0)


@pytest.mark.parametrize(("tab", "name"), [("contacts", "diego"), ("collaborators", "bob")])
def test_pages_of_the_eye_are_accessible_and_fit_a_phone(
    alice: Page, things: dict[str, Any], tab: str, name: str
) -> None:
    look(alice, things, tab, name)
    addresses = ["/", f"/clients/{things['client']}/documents", f"/folders/{things['folder']}"]
    faults = {address: found for address in addresses if (found := inspect(alice, address))}
    assert faults == {}
    # On a phone the band leaves the page its room.
    box = alice.locator(".eye-band").bounding_box()
    assert box is not None and box["height"] < 90


def test_alice_makes_a_role_and_deletes_it(alice: Page, things: dict[str, Any]) -> None:
    faults = faults_of(alice)
    assert inspect(alice, "/roles") + inspect(alice, f"/roles/{things['manager']}") == []
    alice.set_viewport_size({"width": 1360, "height": 860})
    alice.goto("/roles/new")
    alice.locator("input[name=name]").fill("Accueil")
    alice.locator("input[value=manage_contacts]").check()
    alice.locator("main form button[type=submit]").last.click()
    alice.wait_for_url("**/roles")
    alice.locator(".role-head a", has_text="Accueil").click()
    expect(alice.locator("input[value=manage_contacts]")).to_be_checked()
    expect(alice.locator("input[value=settings]")).not_to_be_checked()
    alice.locator("[data-dialog=delete-role]").click()
    alice.locator("#delete-role button[type=submit]").click()
    alice.wait_for_url("**/roles")
    expect(alice.locator(".role-head a", has_text="Accueil")).to_have_count(0)
    assert faults == []
