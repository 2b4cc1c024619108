"""The page of what ends: everybody of the firm sees theirs, and renews what they may."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from sqlalchemy import select

from portal.accounts import commands as accounts
from portal.clients import commands as clients
from portal.clients.models import Membership
from portal.clients.policies import can_assign_collaborators, can_manage_contacts
from portal.expirations import commands
from portal.expirations.policies import Renewing, can_limit_file
from portal.expirations.queries import ending_page
from portal.expirations.sources import FILE, GRANT, MEMBERSHIP
from portal.files.commands.completion import store_bytes
from portal.files.commands.rights import set_level
from portal.files.policies import can_set_rights
from portal.kit.db import db
from portal.permissions.levels import Level
from tests.statements import counted


@pytest.fixture
def ends(cast: Any, in_time: Any) -> None:
    """A contact, a collaborator, a level and a file of Acme that end soon, and a contact of another client."""
    clients.set_contact_end(cast.acme, cast.clara.id, in_time(days=3), actor=cast.alice)
    clients.set_end(cast.acme, cast.bob.id, in_time(days=4), kind="collaborator", actor=cast.alice)
    set_level(cast.books, person=cast.diego, level=Level.READ, actor=cast.alice, valid_until=in_time(days=5))
    file = store_bytes(cast.exchange, "offer.pdf", b"offer", actor=cast.alice)
    commands.set_file_end(file, in_time(days=6), actor=cast.alice)
    clients.set_contact_end(cast.other, cast.mallory.id, in_time(days=7), actor=cast.alice)


def names(viewer: Any, **narrowed: Any) -> list[str]:
    """Who or what ends for this viewer, in order."""
    page = ending_page(viewer, **narrowed)
    return [line.person.full_name if line.person else line.file.name for line in page.items]


@pytest.mark.usefixtures("ends")
def test_everybody_of_the_firm_sees_what_ends_of_their_clients(cast: Any) -> None:
    """Soonest first; Tess works for nobody; contacts have no such page."""
    of_acme = ["Clara Costa", "Bob Blanc", "Diego Diaz", "offer.pdf"]
    assert names(cast.alice.viewer) == [*of_acme, "Mallory Mill"]
    assert names(cast.bob.viewer) == of_acme
    assert names(cast.alice.viewer, client=cast.other) == ["Mallory Mill"]
    assert names(cast.tess.viewer) == names(cast.clara.viewer) == []


@pytest.mark.usefixtures("ends")
def test_the_page_hides_folders_that_its_reader_cannot_see(cast: Any, sign_in: Any) -> None:
    """Bob is locked out of Accounts."""
    set_level(cast.books, person=cast.bob, level=Level.NONE, actor=cast.alice)
    page = sign_in(cast.bob).get("/expirations").text
    assert "Accounts" not in page
    assert "offer.pdf" in page
    assert "Mallory" not in page


@pytest.mark.usefixtures("ends")
def test_each_line_of_the_page_is_renewed_with_one_click(cast: Any, sign_in: Any) -> None:
    """Alice presses the first button of each line and comes back to the page."""
    browser = sign_in(cast.alice)
    for line in ending_page(cast.alice.viewer).items:
        assert line.may_renew
        path = {
            "membership": f"/clients/{line.client.id}/"
            + (
                f"collaborators/{line.person.id}"
                if line.person and line.person.is_staff
                else f"contacts/{line.person and line.person.id}"
            ),
            "grant": f"/folders/{line.folder and line.folder.id}/people/{line.person and line.person.id}",
            "file": f"/files/{line.file and line.file.id}",
        }[line.kind]
        assert f'action="{path}/renewal"' in browser.get("/expirations").text
        first = line.end.choices[0]
        sent = {"period": first.key, "seen": line.end.seen, "next": "/expirations"}
        answer = browser.post(f"{path}/renewal", data=sent)
        assert (answer.status_code, answer.location) == (303, "/expirations")
    assert [line.end.last for line in ending_page(cast.alice.viewer).items] != []
    assert names(cast.alice.viewer, over=True) == []


@pytest.mark.usefixtures("ends")
def test_what_has_ended_lately_stands_on_its_own_list(cast: Any, sign_in: Any, in_time: Any) -> None:
    """With the renewal beside it; after 60 days it is gone from there too."""
    clients.set_contact_end(cast.acme, cast.clara.id, in_time(days=-3), actor=cast.alice)
    clients.set_contact_end(cast.acme, cast.diego.id, in_time(days=-61), actor=cast.alice)
    assert "Clara Costa" not in names(cast.bob.viewer)
    assert names(cast.bob.viewer, over=True) == ["Clara Costa"]
    page = sign_in(cast.bob).get(f"/expirations?state=ended&client={cast.acme.id}").text
    assert "Access ended on" in page
    assert "Renew until" in page


@pytest.mark.usefixtures("ends")
def test_the_first_page_of_the_firm_shows_what_ends_soon(cast: Any, sign_in: Any) -> None:
    """With a link to all of it; nothing of it for who sees nothing."""
    page = sign_in(cast.bob).get("/").text
    assert "Ending soon" in page
    assert "Clara Costa" in page
    assert 'href="/expirations"' in page
    assert "Ending soon" not in sign_in(cast.tess).get("/").text


@pytest.mark.usefixtures("ends")
def test_a_client_that_one_does_not_see_is_no_filter(cast: Any, sign_in: Any) -> None:
    """404 as for the client itself; nonsense too."""
    browser = sign_in(cast.bob)
    assert browser.get(f"/expirations?client={cast.acme.id}").status_code == 200
    assert browser.get(f"/expirations?client={cast.other.id}").status_code == 404
    assert browser.get("/expirations?client=nonsense").status_code == 404
    for tab in ("contacts", "collaborators"):
        assert f'href="/expirations?client={cast.acme.id}"' in browser.get(f"/clients/{cast.acme.id}/{tab}").text
    assert browser.get("/expirations?after=nonsense&state=nonsense").status_code == 200
    assert sign_in(cast.mallory).get("/expirations").status_code == 403


@pytest.mark.usefixtures("ends")
def test_the_page_takes_as_many_statements_for_many_as_for_few(cast: Any, sign_in: Any, in_time: Any) -> None:
    """And pages follow each other without a gap."""
    browser = sign_in(cast.alice)
    browser.get("/expirations")
    with counted() as few:
        browser.get("/expirations")
    for number in range(70):
        person = accounts.create_contact(
            email=f"n{number}@client.example", first_name="N", last_name=f"{number:02}", language="en", actor=cast.alice
        )
        clients.add_contact(cast.acme, person, actor=cast.alice)
        clients.set_contact_end(cast.acme, person.id, in_time(days=10), actor=cast.alice)
    db.session.commit()
    with counted() as many:
        browser.get("/expirations")
    assert len(many) == len(few)
    first = ending_page(cast.alice.viewer)
    second = ending_page(cast.alice.viewer, place=first.next_place)
    assert (len(first.items), len(second.items), second.next_place) == (50, 25, None)


@pytest.mark.usefixtures("ends")
def test_lists_and_doors_agree_on_who_may_renew(cast: Any) -> None:
    """The batch answers what each single policy says, for everybody of the firm and each line."""
    checked = 0
    lines = ending_page(cast.alice.viewer).items
    for reader, line in itertools.product((cast.alice, cast.bob, cast.tess), lines):
        viewer = reader.viewer
        folders = {line.folder.id} if line.folder else set()
        says = Renewing(viewer, {line.client.id}, folders).allowed(
            line.kind, line.client.id, line.person, line.folder.id if line.folder else None
        )
        own = line.person is not None and line.person.id == reader.id
        if line.kind == FILE:
            wanted = can_limit_file(viewer, line.file)
        elif line.kind == GRANT:
            wanted = can_set_rights(viewer, line.folder, line.person)
        elif line.person.is_staff:
            wanted = can_assign_collaborators(viewer, line.client) and not own
        else:
            wanted = can_manage_contacts(viewer, line.client)
        # Tess and Bob do not see the brewery at all, so that its lines never come to them.
        if line.client.id == cast.acme.id:
            assert says == wanted, (reader.full_name, line.kind)
            checked += 1
    assert checked == 12


def test_a_level_on_many_folders_at_once_is_one_line(cast: Any, in_time: Any) -> None:
    """Sub-folders that were pinned together share a scope: one line names the first and counts the others."""
    set_level(cast.root, person=cast.diego, level=Level.READ, actor=cast.alice, valid_until=in_time(days=5))
    set_level(cast.root, person=cast.diego, level=Level.FULL, actor=cast.alice)
    lines = [line for line in ending_page(cast.alice.viewer).items if line.kind == GRANT]
    assert all(line.level is Level.READ for line in lines) or lines == []
    seen = [(line.folder.scope_id, line.person.id) for line in lines]
    assert len(seen) == len(set(seen))
    assert MEMBERSHIP not in {line.kind for line in lines}
    assert db.session.scalar(select(Membership.valid_until).where(Membership.person_id == cast.diego.id)) is None
