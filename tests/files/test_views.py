"""The documents page: what each of the cast sees and may do, and that strangers learn nothing."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select

from portal.clients.commands import remove_contact
from portal.files.commands.completion import store_bytes
from portal.files.commands.folders import create_folder
from portal.files.models import BinEntry, File, Folder
from portal.files.space import folder_page
from portal.kit.db import db
from portal.permissions.levels import Level
from tests.files.uploading import JSON
from tests.statements import counted


def text(answer: Any) -> str:
    """The page's HTML; 200 is expected."""
    assert answer.status_code == 200, answer.status_code
    return str(answer.get_data(as_text=True))


def test_each_sees_their_own_folders(cast: Any, sign_in: Any) -> None:
    """Clara reads accounts without payroll, Diego only deposits, Bob sees all."""
    clara, diego, bob = (
        text(sign_in(p).get(f"/clients/{cast.acme.id}/documents")) for p in (cast.clara, cast.diego, cast.bob)
    )
    assert "Exchange" in clara
    assert "Accounts" in clara
    assert "Exchange" in diego
    assert "Accounts" not in diego
    assert "Who sees this folder" in bob
    assert "Who sees this folder" not in clara
    books = text(sign_in(cast.clara).get(f"/folders/{cast.books.id}"))
    assert "Payroll" not in books
    assert str(cast.payroll.id) not in books
    assert "Payroll" in text(sign_in(cast.bob).get(f"/folders/{cast.books.id}"))


def test_a_folder_that_only_leads_somewhere_is_a_path(cast: Any, sign_in: Any) -> None:
    """Diego gets a folder deep inside accounts: accounts becomes a name to walk through, with nothing else in it."""
    from portal.files.commands.rights import set_level

    deep = create_folder(cast.payroll, name="2025", actor=cast.alice)
    store_bytes(cast.books, "secret.txt", b"s", actor=cast.bob)
    set_level(deep, person=cast.diego, level=Level.READ, actor=cast.alice)
    browser = sign_in(cast.diego)
    assert "row-path" in text(browser.get(f"/clients/{cast.acme.id}/documents"))
    books = text(browser.get(f"/folders/{cast.books.id}"))
    assert "Payroll" in books
    assert "secret.txt" not in books
    assert browser.post(f"/folders/{cast.books.id}/folders", data={"name": "x"}).status_code == 404


def test_who_is_taken_out_between_two_looks_finds_nothing(cast: Any, sign_in: Any, monkeypatch: Any) -> None:
    """The door still saw the member, the page does not any more."""
    browser = sign_in(cast.clara)

    def just_too_late(viewer: Any, folder: Any, **more: Any) -> Any:
        remove_contact(cast.acme, cast.clara, actor=cast.alice)
        return folder_page(viewer, folder, **more)

    monkeypatch.setattr("portal.files.views_pages.folder_page", just_too_late)
    assert browser.get(f"/folders/{cast.exchange.id}/contents").status_code == 404


def test_strangers_and_visitors_get_nothing(cast: Any, sign_in: Any, client: Any) -> None:
    """Every door of the space with ids of another client: 404, whatever the method. Nothing changes."""
    file = store_bytes(cast.exchange, "plan.txt", b"x", actor=cast.clara)
    doors = [
        ("GET", f"/clients/{cast.acme.id}/documents"), ("GET", f"/clients/{cast.acme.id}/documents?q=plan"),
        ("GET", f"/clients/{cast.acme.id}/documents/bin"), ("GET", f"/clients/{cast.acme.id}/documents/rights"),
        ("GET", f"/folders/{cast.exchange.id}"), ("GET", f"/folders/{cast.exchange.id}/contents"),
        ("GET", f"/folders/{cast.exchange.id}/rights"), ("GET", f"/folders/{cast.exchange.id}/selection/place"),
        ("POST", f"/folders/{cast.exchange.id}/folders"), ("POST", f"/folders/{cast.exchange.id}/name"),
        ("POST", f"/folders/{cast.exchange.id}/selection/place"), ("POST", f"/folders/{cast.exchange.id}/deletion"),
        ("GET", f"/folders/{cast.exchange.id}/rights/rows"),
        ("GET", f"/folders/{cast.exchange.id}/rights/{cast.clara.id}"),
        ("GET", f"/files/{file.id}/content"), ("POST", f"/folders/{cast.exchange.id}/selection/deletion"),
        ("POST", f"/files/{file.id}/name"),
        ("POST", f"/folders/{cast.exchange.id}/selection/archive"), ("POST", f"/folders/{cast.exchange.id}/order"),
        ("POST", f"/clients/{cast.acme.id}/documents/bin/restoration"),
        ("GET", f"/folders/{cast.exchange.id}/branches"),
        ("POST", f"/files/{file.id}/deletion"),
        ("GET", f"/folders/{uuid.uuid4()}"), ("POST", f"/bin-entries/{uuid.uuid4()}/restoration"),
    ]  # fmt: skip
    for person in (cast.mallory, cast.tess):
        browser = sign_in(person)
        answers = {
            (method, path): browser.open(path, method=method, data={"name": "x"}).status_code for method, path in doors
        }
        assert {door: status for door, status in answers.items() if status != 404} == {}
    for method, path in doors:
        assert client.open(path, method=method).status_code in (302, 303, 401), path
    assert db.session.get(File, file.id).bin_id is None


def test_names_are_changed_and_refused_beside_the_field(cast: Any, sign_in: Any) -> None:
    """New folder, rename of both kinds, the reasons kept with what was typed; a file does not become a program."""
    browser = sign_in(cast.clara)
    assert browser.post(f"/folders/{cast.exchange.id}/folders", data={"name": "Factures"}).status_code == 303
    twice = browser.post(f"/folders/{cast.exchange.id}/folders", data={"name": "FACTURES"})
    assert twice.status_code == 409
    assert "already exists" in twice.text
    assert 'value="FACTURES"' in twice.text
    for name in ("", "a/b", "x" * 260, "exe\u202etxt", "a\x00b", ".."):
        assert browser.post(f"/folders/{cast.exchange.id}/folders", data={"name": name}).status_code == 422
    made = db.session.scalars(select(Folder).where(Folder.name == "Factures")).one()
    assert browser.post(f"/folders/{made.id}/name", data={"name": "Reçus 🧾"}).status_code == 303
    file = store_bytes(cast.exchange, "a.txt", b"x", actor=cast.clara)
    assert browser.post(f"/files/{file.id}/name", data={"name": "b.txt"}).status_code == 303
    assert browser.post(f"/files/{file.id}/name", data={"name": "b.exe"}).status_code == 422
    again = browser.post(f"/folders/{cast.exchange.id}/folders", json={"name": "reçus 🧾"}, headers=JSON)
    assert (again.status_code, again.json["id"]) == (201, str(made.id))


def test_moving_needs_full_at_both_ends(cast: Any, sign_in: Any) -> None:
    """Clara has full in exchange and reads accounts: she moves inside, not across, never to another client."""
    browser = sign_in(cast.clara)
    inside = create_folder(cast.exchange, name="Inside", actor=cast.alice)
    file = store_bytes(cast.exchange, "a.txt", b"x", actor=cast.clara)
    door = f"/folders/{cast.exchange.id}/selection/place"
    choices = text(browser.get(f"{door}?item={file.id}"))
    assert str(inside.id) in choices
    assert f'value="{cast.books.id}"' not in choices
    for target in (cast.books.id, cast.payroll.id, cast.other_folder.id, uuid.uuid4(), "x", ""):
        assert browser.post(door, data={"item": str(file.id), "folder": str(target)}).status_code == 422
    assert browser.post(door, data={"item": str(file.id), "folder": str(inside.id)}).status_code == 303
    into_itself = browser.post(door, data={"item": str(inside.id), "folder": str(inside.id)})
    assert into_itself.status_code == 422


def test_deleting_can_be_undone(cast: Any, sign_in: Any) -> None:
    """The answer to the script says how; the bin shows what is left; a contact without full cannot delete."""
    browser = sign_in(cast.clara)
    file = store_bytes(cast.exchange, "a.txt", b"x", actor=cast.clara)
    said = browser.post(f"/files/{file.id}/deletion", headers=JSON).json
    assert "a.txt" in said["said"]
    bob = sign_in(cast.bob)
    assert "a.txt" in text(bob.get(f"/clients/{cast.acme.id}/documents/bin"))
    assert sign_in(cast.diego).post(said["undo"]).status_code == 404
    assert browser.post(said["undo"], headers=JSON).status_code == 200
    assert browser.post(f"/folders/{cast.exchange.id}/deletion").status_code == 303
    entry = db.session.scalars(select(BinEntry)).one()
    assert bob.post(f"/bin-entries/{entry.id}/restoration").status_code == 303
    own = store_bytes(cast.exchange, "own.txt", b"x", actor=cast.diego)
    assert sign_in(cast.diego).post(f"/files/{own.id}/deletion").status_code == 403
    assert sign_in(cast.clara).post(f"/folders/{cast.books.id}/deletion").status_code == 403


def test_search_finds_only_what_may_be_read(cast: Any, sign_in: Any) -> None:
    """By a part of the name, without accents; never a file of a closed folder or of another client."""
    store_bytes(cast.exchange, "Relevé été.pdf", b"x", actor=cast.bob)
    store_bytes(cast.payroll, "Relevé paie.pdf", b"x", actor=cast.bob)
    store_bytes(cast.other_folder, "Relevé autre.pdf", b"x", actor=cast.alice)
    found = text(sign_in(cast.clara).get(f"/search?client={cast.acme.id}&q=RELEVE"))
    assert "<mark>Relevé</mark> été.pdf" in found
    assert "paie" not in found
    assert "autre" not in found
    assert "No file was found" in text(sign_in(cast.diego).get(f"/search?client={cast.acme.id}&q=releve"))


def test_a_page_costs_the_same_whatever_it_shows(cast: Any, sign_in: Any) -> None:
    """As many statements for forty rows as for two."""
    browser = sign_in(cast.bob)
    store_bytes(cast.exchange, "first.txt", b"x", actor=cast.clara)
    create_folder(cast.exchange, name="first", actor=cast.bob)
    with counted() as few:
        text(browser.get(f"/folders/{cast.exchange.id}"))
    for number in range(20):
        store_bytes(cast.exchange, f"{number}.txt", b"x", actor=(cast.clara, cast.bob, cast.diego)[number % 3])
        create_folder(cast.exchange, name=f"folder {number}", actor=cast.bob)
    with counted() as many:
        text(browser.get(f"/folders/{cast.exchange.id}"))
    assert len(many) <= len(few) + 1
    assert len(many) <= 45
