"""Access ends by the database's clock, at every door, without any job; and it is set, lifted and renewed by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.activity.models import Activity
from portal.clients import commands as clients
from portal.clients.models import Membership
from portal.expirations import commands
from portal.files.commands.completion import store_bytes
from portal.files.commands.folders import create_folder
from portal.files.commands.rights import set_level
from portal.files.models import File
from portal.files.queries import folder_level
from portal.files.selections import Selection
from portal.kit import days
from portal.kit.db import db
from portal.permissions.levels import Level
from portal.permissions.models import Grant
from tests.files.uploading import JSON, address, begin, complete, send
from tests.statements import counted

JUST_OVER = timedelta(seconds=-1)


def verbs() -> list[str]:
    """The last lines of the log, the latest first."""
    return list(db.session.scalars(select(Activity.verb).order_by(Activity.id.desc()).limit(5)))


def end_of(client: Any, person: Any) -> Any:
    """The end of a membership as the database has it."""
    found = select(Membership.valid_until).where(Membership.client_id == client.id, Membership.person_id == person.id)
    return db.session.scalar(found)


@pytest.fixture
def paper(cast: Any) -> File:
    """A file that Clara and Bob see."""
    return store_bytes(cast.exchange, "paper.txt", b"paper", actor=cast.alice)


def test_a_contact_whose_membership_is_over_sees_nothing_in_the_next_request(
    cast: Any, sign_in: Any, in_time: Any, paper: File
) -> None:
    """Listing, search, count, download, activity, home, upload: all of it, and no job has run."""
    browser = sign_in(cast.clara)
    begun = begin(browser, cast.exchange, "late.txt", 4).json
    send(address(browser, begun, 1, b"late"), b"late")
    doors = [
        f"/clients/{cast.acme.id}/documents", f"/folders/{cast.exchange.id}", f"/folders/{cast.exchange.id}/contents",
        f"/search?client={cast.acme.id}&q=paper", f"/files/{paper.id}/content",
    ]  # fmt: skip
    for door in doors:
        assert browser.get(door).status_code in (200, 303), door
    assert "paper.txt" in browser.get("/").text
    clients.set_contact_end(cast.acme, cast.clara.id, in_time(seconds=-1), actor=cast.alice)
    for door in doors:
        assert browser.get(door).status_code == 404, door
    assert "paper.txt" not in browser.get("/").text
    assert "Acme" not in browser.get("/").text
    assert complete(browser, begun, b"late").status_code == 403
    assert db.session.scalar(select(File.id).where(File.name == "late.txt")) is None


def test_a_collaborator_whose_membership_is_over_sees_nothing(cast: Any, sign_in: Any, in_time: Any) -> None:
    """Bob worked for Acme until a second ago."""
    browser = sign_in(cast.bob)
    assert browser.get(f"/clients/{cast.acme.id}").status_code == 200
    clients.set_end(cast.acme, cast.bob.id, in_time(seconds=-1), kind="collaborator", actor=cast.alice)
    assert browser.get(f"/clients/{cast.acme.id}").status_code == 404
    assert browser.get(f"/folders/{cast.exchange.id}").status_code == 404
    clients.set_end(cast.acme, cast.bob.id, None, kind="collaborator", actor=cast.alice)
    assert browser.get(f"/folders/{cast.exchange.id}").status_code == 200


def test_a_file_that_has_ended_is_gone_for_contacts_and_stays_for_the_firm(
    cast: Any, sign_in: Any, in_time: Any, paper: File
) -> None:
    """Listing, count above, search, download, home and activity."""
    clara, bob = sign_in(cast.clara), sign_in(cast.bob)
    top = f"/clients/{cast.acme.id}/documents"
    pages = [f"/folders/{cast.exchange.id}", f"/search?q=paper&client={cast.acme.id}", "/"]
    for page in pages:
        assert str(paper.id) in clara.get(page).text, page
    assert "1 item" in clara.get(top).text
    commands.set_file_end(paper, in_time(seconds=-1), actor=cast.alice)
    for page in pages:
        assert str(paper.id) not in clara.get(page).text, page
    assert "1 item" not in clara.get(top).text
    assert clara.get(f"/files/{paper.id}/content").status_code == 404
    assert clara.get(f"/clients/{cast.acme.id}/activity").status_code in (200, 404)
    assert "paper.txt" not in clara.get(f"/clients/{cast.acme.id}/activity").text
    assert bob.get(f"/files/{paper.id}/content").status_code == 303
    assert "contacts saw it until" in bob.get(f"/folders/{cast.exchange.id}").text


def test_a_depositor_may_deposit_the_same_name_when_the_old_file_has_ended(
    cast: Any, sign_in: Any, in_time: Any, paper: File
) -> None:
    """The ended one is not replaced: both are kept."""
    commands.set_file_end(paper, in_time(seconds=-1), actor=cast.alice)
    browser = sign_in(cast.clara)
    begun = begin(browser, cast.exchange, "paper.txt", 3, on_conflict="version").json
    send(address(browser, begun, 1, b"new"), b"new")
    assert complete(browser, begun, b"new").json["name"] != "paper.txt"


def test_the_last_day_is_typed_shown_and_lifted_on_the_contacts_tab(cast: Any, sign_in: Any) -> None:
    """A day in the firm's zone means its end; the log says what was done."""
    browser, tab = sign_in(cast.alice), f"/clients/{cast.acme.id}/contacts"
    assert browser.post(f"{tab}/{cast.clara.id}/end", data={"valid_until": "2099-12-31"}).status_code == 303
    assert end_of(cast.acme, cast.clara).isoformat() == "2099-12-31T23:00:00+00:00"
    assert verbs()[0] == "access.limited"
    page = browser.get(tab).text
    assert "Access until 31 Dec 2099" in page
    assert 'value="2099-12-31"' in page
    assert browser.post(f"{tab}/{cast.clara.id}/end", data={"valid_until": ""}).status_code == 303
    assert end_of(cast.acme, cast.clara) is None
    assert verbs()[0] == "access.unlimited"
    for raw in ("soon", "2001-01-01", "9999-12-31", "2099-02-30", "\x00"):
        assert browser.post(f"{tab}/{cast.clara.id}/end", data={"valid_until": raw}).status_code == 422, raw


def test_an_ended_contact_is_renewed_with_one_click(cast: Any, sign_in: Any, in_time: Any) -> None:
    """The button says until when; a second click with what the page showed before is told that it is done."""
    clients.set_contact_end(cast.acme, cast.clara.id, in_time(seconds=-1), actor=cast.alice)
    browser, tab = sign_in(cast.alice), f"/clients/{cast.acme.id}/contacts"
    page = browser.get(tab).text
    assert "Access ended on" in page
    assert "Renew until" in page
    seen = end_of(cast.acme, cast.clara).isoformat()
    renewal = f"{tab}/{cast.clara.id}/renewal"
    assert browser.post(renewal, data={"period": "30-days", "seen": seen}).status_code == 303
    assert days.last_day(end_of(cast.acme, cast.clara)) == days.today() + timedelta(days=30)
    assert verbs()[0] == "access.renewed"
    assert sign_in(cast.clara).get(f"/folders/{cast.exchange.id}").status_code == 200
    assert browser.post(renewal, data={"period": "30-days", "seen": seen}).status_code == 409
    assert browser.post(renewal, data={"period": "forever"}).status_code == 422
    assert browser.post(f"{tab}/{cast.diego.id}/renewal").status_code == 404
    assert browser.post(f"{tab}/{cast.mallory.id}/renewal").status_code == 404


def test_a_collaborator_is_limited_and_renewed_on_the_collaborators_tab(cast: Any, sign_in: Any, in_time: Any) -> None:
    """Saving the levels keeps the end."""
    browser, tab = sign_in(cast.alice), f"/clients/{cast.acme.id}/collaborators"
    assert browser.post(f"{tab}/{cast.bob.id}/end", data={"valid_until": "2099-06-30"}).status_code == 303
    assert "Access until 30 Jun 2099" in browser.get(tab).text
    assert browser.post(tab, data={f"level-{cast.bob.id}": "read"}).status_code == 303
    assert days.last_day(end_of(cast.acme, cast.bob)).isoformat() == "2099-06-30"
    clients.set_end(cast.acme, cast.bob.id, in_time(seconds=-1), kind="collaborator", actor=cast.alice)
    page = browser.get(tab).text
    assert "Access ended on" in page
    assert browser.post(f"{tab}/{cast.bob.id}/renewal").status_code == 303
    assert end_of(cast.acme, cast.bob) > in_time()
    assert browser.post(f"{tab}/{cast.tess.id}/end", data={"valid_until": "2099-06-30"}).status_code == 404


def test_nobody_lets_their_own_access_go_on(cast: Any, sign_in: Any, in_time: Any) -> None:
    """Bob may assign collaborators now; his own end is a colleague's affair."""
    cast.bob.role.features = [*cast.bob.role.features, "assign_collaborators"]
    clients.set_end(cast.acme, cast.bob.id, in_time(days=3), kind="collaborator", actor=cast.alice)
    set_level(cast.books, person=cast.bob, level=Level.FULL, actor=cast.alice, valid_until=in_time(days=2))
    db.session.commit()
    browser, tab = sign_in(cast.bob), f"/clients/{cast.acme.id}/collaborators"
    before = end_of(cast.acme, cast.bob)
    assert browser.post(f"{tab}/{cast.bob.id}/renewal").status_code == 403
    assert browser.post(f"{tab}/{cast.bob.id}/end", data={"valid_until": ""}).status_code == 403
    assert browser.post(f"/folders/{cast.books.id}/people/{cast.bob.id}/renewal").status_code == 403
    assert end_of(cast.acme, cast.bob) == before
    page = browser.get(f"/expirations?client={cast.acme.id}").text
    assert "Bob Blanc" in page
    assert "Renew until" not in page


def test_a_level_is_renewed_with_all_that_follows_it(cast: Any, sign_in: Any, in_time: Any) -> None:
    """The sub-folder that followed goes on too; a stale click is refused."""
    set_level(cast.root, person=cast.diego, level=Level.READ, actor=cast.alice)
    set_level(cast.books, person=cast.diego, level=Level.FULL, actor=cast.alice, valid_until=in_time(seconds=-1))
    assert folder_level(cast.diego.viewer, cast.books) == Level.READ
    browser = sign_in(cast.alice)
    renewal = f"/folders/{cast.books.id}/people/{cast.diego.id}/renewal"
    held = select(Grant.valid_until).where(Grant.scope_id == cast.books.scope_id, Grant.person_id == cast.diego.id)
    db.session.refresh(cast.books)
    seen = db.session.scalar(held)
    assert browser.post(renewal, data={"seen": seen.isoformat(), "period": "1-year"}).status_code == 303
    assert folder_level(cast.diego.viewer, cast.books) == Level.FULL
    assert verbs()[0] == "rights.renewed"
    assert browser.post(renewal, data={"seen": seen.isoformat()}).status_code == 409
    for person in (cast.clara, cast.mallory):
        assert browser.post(f"/folders/{cast.books.id}/people/{person.id}/renewal").status_code == 404
    assert browser.post(f"/folders/{cast.root.id}/people/{cast.diego.id}/renewal").status_code == 404


def test_a_file_gets_a_last_day_on_the_documents_page(cast: Any, sign_in: Any, paper: File) -> None:
    """By a dialog or a page; what cannot be a day comes back beside its field."""
    browser = sign_in(cast.bob)
    assert "Available until" in browser.get(f"/folders/{cast.exchange.id}").text
    assert browser.get(f"/files/{paper.id}/end").status_code == 200
    fragment = browser.get(f"/files/{paper.id}/end", headers={"HX-Request": "true"}).text
    assert "<form" in fragment
    assert "<h1" not in fragment
    refused = browser.post(f"/files/{paper.id}/end", data={"valid_until": "nonsense"})
    assert (refused.status_code, "no date" in refused.text) == (422, True)
    assert browser.post(f"/files/{paper.id}/end", data={"valid_until": "2099-12-31"}).status_code == 303
    assert verbs()[0] == "file.limited"
    assert "until 31 Dec 2099" in browser.get(f"/folders/{cast.exchange.id}").text
    assert "until 31 Dec 2099" in sign_in(cast.clara).get(f"/folders/{cast.exchange.id}").text
    db.session.refresh(paper)
    seen = paper.valid_until.isoformat()
    assert browser.post(f"/files/{paper.id}/renewal", data={"seen": seen, "period": "1-year"}).status_code == 303
    assert verbs()[0] == "file.renewed"
    assert browser.post(f"/files/{paper.id}/renewal", data={"seen": seen}).status_code == 409
    assert browser.post(f"/files/{paper.id}/end", data={"valid_until": ""}).status_code == 303
    assert verbs()[0] == "file.unlimited"
    assert browser.post(f"/files/{paper.id}/renewal").status_code == 404


def test_all_chosen_files_get_a_last_day_at_once(cast: Any, sign_in: Any, paper: File) -> None:
    """One form for many: folders among them are named as left, the files are in the log one by one."""
    browser, door = sign_in(cast.bob), f"/folders/{cast.exchange.id}/selection/end"
    other = store_bytes(cast.exchange, name="other.txt", data=b"other", actor=cast.bob)
    inner = create_folder(cast.exchange, name="Inner", actor=cast.bob)
    page = browser.get(f"{door}?all=1").text
    assert "Last day on which contacts see 2 files" in page
    chosen = {"item": [str(paper.id), str(other.id), str(inner.id)]}
    refused = browser.post(door, data={**chosen, "valid_until": "nonsense"})
    assert (refused.status_code, "no date" in refused.text) == (422, True)
    assert browser.post(door, data={**chosen, "valid_until": "nonsense"}, headers=JSON).status_code == 422
    answer = browser.post(door, data={**chosen, "valid_until": "2099-12-31"}, headers=JSON).json
    assert answer["said"] == "Contacts see 2 files until the end of 31 Dec 2099."
    assert "“Inner”: only files have a last day" in answer["left"]
    assert verbs()[:3] == ["file.limited", "file.limited", "folder.created"]
    assert sign_in(cast.clara).get(f"/folders/{cast.exchange.id}").text.count("until 31 Dec 2099") == 2
    # The same day again changes nothing, and is no news.
    assert browser.post(door, data={**chosen, "valid_until": "2099-12-31"}, headers=JSON).status_code == 200
    assert verbs()[:3] == ["file.limited", "file.limited", "folder.created"]
    assert browser.post(door, data={"all": "1", "valid_until": ""}, headers=JSON).json["said"].startswith("2 files")
    assert verbs()[:2] == ["file.unlimited", "file.unlimited"]
    only_folders = browser.post(door, data={"item": [str(inner.id)], "valid_until": "2099-12-31"}, headers=JSON)
    assert (only_folders.status_code, "only files" in only_folders.json["detail"]) == (422, True)


def test_as_many_statements_for_forty_files_as_for_four(cast: Any) -> None:
    """The last day of a whole folder is one transaction."""
    until, spent = days.end_of(days.today()), []
    for count in (4, 40):
        folder = create_folder(cast.exchange, name=f"Of {count}", actor=cast.bob)
        for number in range(count):
            store_bytes(folder, name=f"{number}.txt", data=b"x", actor=cast.bob)
        db.session.flush()
        with counted() as statements:
            commands.set_chosen_end(Selection(folder, everything=True), until, actor=cast.bob)
        spent.append(len(statements))
    assert spent[0] == spent[1] <= 12


@pytest.mark.parametrize("who", ["clara", "diego", "mallory", "tess"])
def test_who_may_not_limit_or_renew_finds_closed_doors(
    cast: Any, sign_in: Any, in_time: Any, paper: File, who: str
) -> None:
    """Contacts with full neither: a file that they hid they could not show again."""
    clients.set_contact_end(cast.acme, cast.diego.id, in_time(days=3), actor=cast.alice)
    browser = sign_in(getattr(cast, who))
    card = f"/clients/{cast.acme.id}"
    for path in (
        f"{card}/contacts/{cast.diego.id}/end", f"{card}/contacts/{cast.diego.id}/renewal",
        f"{card}/collaborators/{cast.bob.id}/end", f"{card}/collaborators/{cast.bob.id}/renewal",
        f"/files/{paper.id}/end", f"/files/{paper.id}/renewal", f"/folders/{cast.exchange.id}/selection/end",
        f"/folders/{cast.exchange.id}/people/{cast.diego.id}/renewal",
    ):  # fmt: skip
        answer = browser.post(path, data={"valid_until": "2099-12-31"}, headers=JSON)
        assert answer.status_code in (403, 404), path
    assert end_of(cast.acme, cast.diego) == in_time(days=3)
    db.session.refresh(paper)
    assert paper.valid_until is None
    assert browser.get("/expirations").status_code == (200 if who == "tess" else 403)
