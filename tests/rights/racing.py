"""A thousand revokes, one after the other, while readers and uploaders never stop asking for what is being revoked."""

from __future__ import annotations

import random
import threading
import time
import traceback
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from portal.accounts import commands as accounts
from portal.accounts.models import Person
from portal.accounts.sessions import open_session
from portal.clients import commands as clients
from portal.clients.models import Client
from portal.files.commands import folders, rights
from portal.files.commands.completion import store_bytes
from portal.files.commands.trees import apply_tree
from portal.files.models import File, Folder
from portal.files.policies import can_download, can_upload
from portal.files.queries import visible_files
from portal.kit.db import db
from portal.permissions.levels import Level
from tests.cast import Cast
from tests.files.uploading import address, begin, complete, send

# Takes away what a target stands for.
Revoke = Callable[["Target"], object]
# How long a reader rests between two requests, in seconds: all share one interpreter with whoever revokes.
REST = 0.1


@dataclass
class Target:
    """Something that one person may reach until it is revoked: their folder, its file, and the way to take it away."""

    person_id: uuid.UUID
    client_id: uuid.UUID
    folder_id: uuid.UUID
    file_id: uuid.UUID
    revoke: Revoke
    # Where the sign-in is what closes, lists and policies are never asked.
    signed_in_only: bool = False
    # The database's clock just after the commit that took it away.
    gone_at: datetime | None = None


@dataclass(frozen=True)
class Attempt:
    """One request: which target, how it was asked, when it began by the database's clock, and whether it succeeded."""

    number: int
    kind: str
    began: datetime
    succeeded: bool


@dataclass
class Race:
    """The targets in the order in which they are revoked, and everything that was tried meanwhile."""

    app: Flask
    cast: Cast
    targets: list[Target]
    at: int = 0
    over: bool = False
    attempts: list[Attempt] = field(default_factory=list)
    # With where they came from: what a race breaks does not break again when somebody looks.
    faults: list[str] = field(default_factory=list)

    def after_the_revoke(self) -> list[Attempt]:
        """Those that began once the revoke was committed."""
        return [one for one in self.attempts if (gone := self.targets[one.number].gone_at) and one.began > gone]

    def leaks(self) -> list[Attempt]:
        """Those of them that succeeded all the same."""
        return [one for one in self.after_the_revoke() if one.succeeded]

    def near(self) -> int:
        """A target that is being revoked about now."""
        return max(0, min(len(self.targets) - 1, self.at + random.choice((-1, -1, 0, 0, 0, 1))))  # noqa: S311 - no secret

    def soon(self) -> int:
        """A target that is revoked in a moment: an upload has three steps, and the last one is what races."""
        return min(len(self.targets) - 1, self.at + random.randint(1, 12))  # noqa: S311 - no secret

    def ask_policy(self, number: int) -> None:
        """Ask once through lists and policies, and keep what came of it."""
        if self.targets[number].signed_in_only:
            return
        with self.app.app_context():
            began = moment()
            self.attempts.append(Attempt(number, "policy", began, _policy_allows(self.targets[number])))
            db.session.remove()

    def run(self, *workers: Callable[[Race], None]) -> None:
        """Revoke all targets in turn, with the workers around; their faults are kept."""
        threads = [threading.Thread(target=self._guarded, args=(worker,)) for worker in workers]
        for thread in threads:
            thread.start()
        try:
            browsers = Browsers(self.app)
            for number, target in enumerate(self.targets):
                self.at = number
                with self.app.app_context():
                    target.revoke(target)
                    target.gone_at = moment()
                    db.session.remove()
                # At least one look at every target, and at a moment that is after for certain.
                if target.signed_in_only or number % 10 == 0:
                    ask_page(self, browsers, number)
                else:
                    self.ask_policy(number)
        finally:
            self.over = True
            for thread in threads:
                thread.join(60)

    def _guarded(self, worker: Callable[[Race], None]) -> None:
        try:
            worker(self)
        except BaseException:
            self.faults.append(traceback.format_exc())


def moment() -> datetime:
    """The database's clock, read on a connection of the pool and given back at once."""
    with db.engine.connect() as connection:
        return connection.execute(text("SELECT clock_timestamp()")).scalar_one()  # type: ignore[no-any-return]


def _policy_allows(target: Target) -> bool:
    """What every page and download asks: the lists and the policies, on a connection of this thread."""
    viewer = db.session.get_one(Person, target.person_id, populate_existing=True).viewer
    file = db.session.scalars(visible_files(viewer).where(File.id == target.file_id)).one_or_none()
    folder = db.session.get_one(Folder, target.folder_id)
    found = (file is not None and can_download(viewer, file)) or can_upload(viewer, folder)
    db.session.rollback()
    return found


def policy_reader(race: Race) -> None:
    """Reads through lists and policies, without HTTP: many times as often."""
    while not race.over:
        race.ask_policy(race.near())
        time.sleep(REST)


def browser_of(app: Flask, person_id: uuid.UUID) -> FlaskClient:
    """A browser in which the person is signed in."""
    browser: FlaskClient = app.test_client()
    with app.app_context():
        token = open_session(db.session.get_one(Person, person_id), ip="127.0.0.1", user_agent="race")
        db.session.remove()
    with browser.session_transaction() as cookie:
        cookie["sign_in"] = token
    return browser


class Browsers:
    """One browser per person, made when first needed; each worker has its own."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.known: dict[uuid.UUID, FlaskClient] = {}

    def of(self, person_id: uuid.UUID) -> FlaskClient:
        if person_id not in self.known:
            self.known[person_id] = browser_of(self.app, person_id)
        return self.known[person_id]


def http_reader(race: Race) -> None:
    """Lists, searches and downloads through the whole application; 200, or the address of the store, is a success."""
    browsers = Browsers(race.app)
    while not race.over:
        ask_page(race, browsers, race.near())
        time.sleep(4 * REST)


def ask_page(race: Race, browsers: Browsers, number: int) -> None:
    """One request for the target's folder or file."""
    target = race.targets[number]
    browser = browsers.of(target.person_id)
    pages = (f"/files/{target.file_id}/content", f"/folders/{target.folder_id}/contents")
    with race.app.app_context():
        began = moment()
    answer = browser.get(random.choice(pages), headers={"Accept": "application/json"})  # noqa: S311 - no secret
    opened = answer.status_code == 200 or (answer.status_code == 303 and "X-Amz-Signature" in answer.location)
    assert opened or answer.status_code in (401, 403, 404), (answer.status_code, answer.text[:200])
    race.attempts.append(Attempt(number, "HTTP", began, opened))


def http_uploader(race: Race) -> None:
    """Begins uploads, sends the bytes to the real store, and completes: the completion is what may succeed."""
    browsers = Browsers(race.app)
    data = b"sent while it was being taken away"
    while not race.over:
        time.sleep(10 * REST)
        number = race.soon()
        target = race.targets[number]
        browser = browsers.of(target.person_id)
        begun = begin(browser, _Named(target.folder_id), f"{uuid.uuid4().hex}.txt", len(data))
        if begun.status_code != 201:
            assert begun.status_code in (401, 403, 404), begun.text
            continue
        try:
            assert send(address(browser, begun.json, 1, data), data) == 200
        except AssertionError:
            continue  # revoked between the two: no address any more
        with race.app.app_context():
            began = moment()
        answer = complete(browser, begun.json, data)
        assert answer.status_code in (200, 401, 403, 404, 410), answer.text
        race.attempts.append(Attempt(number, "upload", began, answer.status_code == 200))


@dataclass(frozen=True)
class _Named:
    id: uuid.UUID


def make_targets(app: Flask, cast: Cast, *, spaces: int, each: int) -> list[Target]:
    """``spaces`` clients with ``each`` targets: most by level, and one each by membership, end, account and client."""
    targets: list[Target] = []
    with app.app_context():
        for space in range(spaces):
            targets += _space(cast, space, each)
            db.session.remove()
    return targets


def _space(cast: Cast, number: int, each: int) -> list[Target]:
    alice = cast.alice
    client = clients.create_client(name=f"Space {number}", actor=alice)
    root = folders.create_root(client, actor=alice)
    top = folders.create_folder(root, name="Shared", actor=alice)
    ways = {"leaves": _leave, "ends": _end, "is disabled": _disable}
    people = {name: _contact(client, top, f"{name[:2]}{number}", alice) for name in ("stays", *ways)}
    shared = _Node(uuid.uuid4(), top.name, 0)
    nodes = [_Node(uuid.uuid4(), f"F{place}", place, shared.id) for place in range(each)]
    made = apply_tree(client, [shared, *nodes], actor=alice)
    first = store_bytes(made[nodes[0].id], "a.txt", b"a", actor=alice)
    files = [first, *(_same_file(first, made[node.id]) for node in nodes[1:])]
    db.session.commit()
    revokes = [("stays", _take(alice))] * (each - len(ways) - 1)
    revokes += [(who, way(alice)) for who, way in ways.items()]
    revokes.append(("stays", _bin(alice)))
    return [
        Target(people[who], client.id, made[node.id].id, file.id, revoke, signed_in_only=who == "is disabled")
        for node, file, (who, revoke) in zip(nodes, files, revokes, strict=True)
    ]


@dataclass(frozen=True)
class _Node:
    id: uuid.UUID
    name: str
    position: int
    parent_id: uuid.UUID | None = None
    level: int | None = None


def _same_file(first: File, folder: Folder) -> File:
    """A further file that shares the first one's object: what races is rights, not bytes."""
    values = {column.name: getattr(first, column.name) for column in File.__table__.columns}
    copy = File(**{**values, "id": uuid.uuid4(), "folder_id": folder.id})
    db.session.add(copy)
    return copy


def _contact(client: Client, top: Folder, name: str, alice: Any) -> uuid.UUID:
    person = accounts.create_contact(
        email=f"{name.replace(' ', '')}@race.example", first_name=name, last_name="Race", language="en", actor=alice
    )
    person.activated_at = moment()
    db.session.commit()
    clients.add_contact(client, person, actor=alice)
    rights.set_level(top, person=person, level=Level.FULL, actor=alice)
    ident: uuid.UUID = person.id
    return ident


def _folder(target: Target) -> Folder:
    return db.session.get_one(Folder, target.folder_id)


def _person(target: Target) -> Person:
    return db.session.get_one(Person, target.person_id)


def _client(target: Target) -> Client:
    return db.session.get_one(Client, target.client_id)


def _take(alice: Any) -> Revoke:
    return lambda target: rights.set_level(_folder(target), person=_person(target), level=Level.NONE, actor=alice)


def _leave(alice: Any) -> Revoke:
    return lambda target: clients.remove_contact(_client(target), _person(target), actor=alice)


def _end(alice: Any) -> Revoke:
    return lambda target: clients.set_contact_end(_client(target), target.person_id, moment(), actor=alice)


def _disable(alice: Any) -> Revoke:
    return lambda target: accounts.disable_person(_person(target), actor=alice)


def _bin(alice: Any) -> Revoke:
    return lambda target: clients.bin_client(_client(target), confirmed_name=_client(target).name, actor=alice)
