"""Names that look alike, or that a pattern would confuse: nothing done to one client or folder touches another."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from portal.accounts import commands as accounts
from portal.accounts.models import Person
from portal.clients import commands as clients
from portal.clients.models import Client, Membership
from portal.clients.refusals import ClientNameTaken
from portal.contents.search import Question, search
from portal.contents.words import folded
from portal.feed.filters import Filters
from portal.feed.queries import visible_activity
from portal.files.commands import bin as bins
from portal.files.commands import files as file_commands
from portal.files.commands import folders, rights
from portal.files.commands.completion import store_bytes
from portal.files.models import File, Folder
from portal.files.refusals import NameTaken
from portal.kit.clock import now
from portal.kit.db import db
from portal.permissions.levels import Level
from portal.permissions.models import Effective, Grant
from tests.cast import Cast
from tests.figures import record_figure

CLIENTS = ("A", "AB", "A%", "A_")
FOLDERS = ("A", "AB", "A%", "A_", "Á")
# Twins of a name that is there: other case, other Unicode form; for clients accents do not count either.
SAME_FOLDER = ("a", unicodedata.normalize("NFD", "Á"), "á", "ab")
SAME_CLIENT = ("a", "Á", unicodedata.normalize("NFD", "Á"), "ab")


class Twins:
    """Four clients, each with a contact, five folders with a sub-folder each, and a file in every one of them."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.contacts: dict[str, Any] = {}
        self.folders: dict[tuple[str, str], Folder] = {}
        self.box: dict[str, Folder] = {}
        self.clients = {name: self._client(name, place) for place, name in enumerate(CLIENTS)}

    def _client(self, name: str, place: int) -> Client:
        alice = self.cast.alice
        client = clients.create_client(name=name, actor=alice)
        root = folders.create_root(client, actor=alice)
        clients.set_standing(client, self.cast.bob, Level.FULL, actor=alice)
        contact = accounts.create_contact(
            email=f"twin{place}@client.example", first_name="Twin", last_name=str(place), language="en", actor=alice
        )
        contact.activated_at = now()
        clients.add_contact(client, contact, actor=alice)
        self.contacts[name] = contact
        self.box[name] = folders.create_folder(root, name="Box", actor=alice)
        for called in FOLDERS:
            folder = folders.create_folder(root, name=called, actor=alice)
            inner = folders.create_folder(folder, name="A", actor=alice)
            rights.set_level(folder, person=contact, level=Level.FULL, actor=alice)
            store_bytes(folder, f"{called}.txt", b"a", actor=alice)
            store_bytes(inner, f"{called} inner.txt", b"a", actor=alice)
            self.folders[name, called] = folder
        return client

    def state(self) -> dict[uuid.UUID, tuple[Any, ...]]:
        """Of every client, folder and file: place, name, bin, what is set and what holds."""
        db.session.expire_all()
        found: dict[uuid.UUID, tuple[Any, ...]] = {}
        levels: dict[uuid.UUID, set[Any]] = {}
        for scope_id, *row in db.session.execute(select(Effective.scope_id, Effective.person_id, Effective.level)):
            levels.setdefault(scope_id, set()).add(("holds", *row))
        for scope_id, *row in db.session.execute(select(Grant.scope_id, Grant.person_id, Grant.level)):
            levels.setdefault(scope_id, set()).add(("is set", *row))
        for one in db.session.scalars(select(Folder)):
            found[one.id] = (one.name, one.path, one.bin_id, frozenset(levels.get(one.scope_id, ())))
        for file in db.session.scalars(select(File)):
            found[file.id] = (file.name, file.folder_id, file.bin_id, file.version_id)
        for client in db.session.scalars(select(Client)):
            members = db.session.execute(
                select(Membership.person_id, Membership.level).where(Membership.client_id == client.id)
            )
            found[client.id] = (client.name, client.binned_at, client.disabled_at, frozenset(tuple(m) for m in members))
        return found

    def inside(self, folder: Folder) -> set[uuid.UUID]:
        """A folder with all that lies below it, and the files in them."""
        below = set(db.session.scalars(select(Folder.id).where(Folder.path.contains(folder.id.hex))))
        return below | set(db.session.scalars(select(File.id).where(File.folder_id.in_(below))))

    def of(self, client: Client) -> set[uuid.UUID]:
        """A client with all that belongs to it."""
        mine = {client.id}
        for model in (Folder, File):
            mine |= set(db.session.scalars(select(model.id).where(model.client_id == client.id)))
        return mine


@pytest.fixture
def twins(cast: Cast) -> Twins:
    return Twins(cast)


def _folder_steps(twins: Twins, client: str, called: str) -> list[Callable[[], object]]:
    alice, folder = twins.cast.alice, twins.folders[client, called]
    contact = twins.contacts[client]
    entries: list[Any] = []

    def fresh() -> Folder:
        return db.session.get_one(Folder, folder.id)

    def the_file() -> File:
        return db.session.scalars(select(File).where(File.folder_id == folder.id, File.bin_id.is_(None))).first()  # type: ignore[return-value]

    def put_away(what: Callable[[], Any]) -> None:
        entries.append(what())

    return [
        lambda: rights.set_level(fresh(), person=contact, level=Level.READ, actor=alice),
        lambda: rights.cascade(fresh(), person=contact, actor=alice),
        lambda: store_bytes(fresh(), "A%_.txt", b"b", actor=alice),
        lambda: folders.rename_folder(fresh(), name=f"{called}_%", actor=alice),
        lambda: folders.rename_folder(fresh(), name=called, actor=alice),
        lambda: folders.move_folder(fresh(), to=db.session.get_one(Folder, twins.box[client].id), actor=alice),
        lambda: file_commands.rename_file(the_file(), name=f"{called}%.txt", actor=alice),
        lambda: put_away(lambda: bins.bin_file(the_file(), actor=alice)),
        lambda: bins.restore(entries.pop(), actor=alice),
        lambda: put_away(lambda: bins.bin_folder(fresh(), actor=alice)),
        lambda: bins.restore(entries.pop(), actor=alice),
        lambda: rights.set_level(fresh(), person=contact, level=Level.NONE, actor=alice),
    ]


@pytest.mark.parametrize("called", FOLDERS)
def test_nothing_done_to_a_folder_touches_one_that_looks_like_it(twins: Twins, called: str) -> None:
    done = 0
    for client in CLIENTS[::2]:
        folder = twins.folders[client, called]
        for step in _folder_steps(twins, client, called):
            mine, before = twins.inside(folder), twins.state()
            step()
            after = twins.state()
            changed = {ident for ident in before.keys() | after.keys() if before.get(ident) != after.get(ident)}
            assert changed <= mine | twins.inside(folder)
            done += 1
    record_figure("twins: things done to one folder or client that touched no other", done, "all")


def _client_steps(twins: Twins, name: str) -> list[Callable[[], object]]:
    client, alice = twins.clients[name], twins.cast.alice

    def fresh() -> Client:
        return db.session.get_one(Client, client.id)

    return [
        lambda: clients.rename(fresh(), name=f"{name}%%", actor=alice),
        lambda: clients.rename(fresh(), name=name, actor=alice),
        lambda: clients.disable_client(fresh(), actor=alice),
        lambda: clients.enable_client(fresh(), actor=alice),
        lambda: clients.set_standing(fresh(), twins.cast.bob, Level.READ, actor=alice),
        lambda: clients.remove_contact(fresh(), twins.contacts[name], actor=alice),
        lambda: clients.bin_client(fresh(), confirmed_name=name, actor=alice),
        lambda: clients.restore_client(fresh(), actor=alice),
        lambda: clients.bin_client(fresh(), confirmed_name=name, actor=alice),
        lambda: clients.erase_client(fresh(), actor=alice, confirmed_name=name),
    ]


@pytest.mark.parametrize("name", CLIENTS)
def test_nothing_done_to_a_client_touches_one_that_looks_like_it(twins: Twins, name: str) -> None:
    mine, done = twins.of(twins.clients[name]), 0
    for step in _client_steps(twins, name):
        before = twins.state()
        step()
        after = twins.state()
        changed = {ident for ident in before.keys() | after.keys() if before.get(ident) != after.get(ident)}
        assert changed
        assert changed <= mine
        done += 1
    record_figure("twins: things done to one folder or client that touched no other", done, "all")


def test_lists_searches_and_the_log_take_names_at_their_word(twins: Twins, sign_in: Any) -> None:
    bob = sign_in(twins.cast.bob)
    for name, client in twins.clients.items():
        listed = set(re.findall(r'href="/clients/([0-9a-f-]{36})"', bob.get("/clients", query_string={"q": name}).text))
        wanted = {str(twins.clients[one].id) for one in CLIENTS if name.lower() in one.lower()}
        assert wanted <= listed
        assert listed & {str(one.id) for one in twins.clients.values()} == wanted
        for text in ("A%", "A_", "AB", "á"):
            found = search(twins.contacts[name].viewer, Question(text, client_id=client.id)).results
            assert found
            assert all(folded(text) in folded(one.file.name) and one.client.id == client.id for one in found)
        for called in FOLDERS:
            folder = twins.folders[name, called]
            page = bob.get(f"/folders/{folder.id}/contents").text
            shown = set(re.findall(r"/files/([0-9a-f-]{36})", page)) | set(
                re.findall(r"/folders/([0-9a-f-]{36})", page)
            )
            assert {uuid.UUID(ident) for ident in shown} <= twins.inside(folder) | {folder.id, folder.parent_id}
            rows = db.session.execute(
                visible_activity(twins.cast.bob.viewer, client=client, filters=Filters(folder_id=folder.id))
            ).all()
            assert {row.folder_id for row in rows} <= twins.inside(folder)


def test_a_name_that_is_the_same_in_another_spelling_is_refused_and_changes_nothing(twins: Twins) -> None:
    alice, before = twins.cast.alice, twins.state()
    for name in SAME_CLIENT:
        with pytest.raises(ClientNameTaken):
            clients.create_client(name=name, actor=alice)
    for client in CLIENTS:
        root = db.session.get_one(Folder, twins.box[client].parent_id)
        for name in SAME_FOLDER:
            with pytest.raises(NameTaken):
                folders.create_folder(root, name=name, actor=alice)
            with pytest.raises(NameTaken):
                folders.rename_folder(twins.box[client], name=name, actor=alice)
    assert twins.state() == before


def test_the_contact_of_one_finds_the_doors_of_the_others_closed(twins: Twins, sign_in: Any) -> None:
    asked = 0
    for name in CLIENTS:
        browser = sign_in(db.session.get_one(Person, twins.contacts[name].id))
        for (client, _called), folder in twins.folders.items():
            file = db.session.scalars(select(File).where(File.folder_id == folder.id)).one()
            opened = [
                browser.get(f"/folders/{folder.id}/contents").status_code == 200,
                browser.get(f"/files/{file.id}/content").status_code == 303,
            ]
            assert opened == [client == name] * 2
            asked += 2
    record_figure("twins: doors asked", asked, "only one's own open")
