"""Revokes against readers and uploaders, and moves against moves: real connections, real commits."""

from __future__ import annotations

import os
import random
import uuid
from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from sqlalchemy import select

from portal.accounts.models import Person
from portal.clients import commands as clients
from portal.files.commands import folders, rights
from portal.files.models import Folder
from portal.files.queries import folder_levels
from portal.files.refusals import IntoItself, RootIsFixed, TooDeep
from portal.kit.clock import now
from portal.kit.db import db
from portal.permissions.levels import Level
from tests.cast import Cast
from tests.figures import record_figure
from tests.files.rights_oracle import Known, Oracle
from tests.files.rights_world import _check_shape
from tests.rights.racing import Race, http_reader, http_uploader, make_targets, policy_reader

REVOKES = int(os.environ.get("ATRIUM_RACE_REVOKES", "1000"))
MOVES = int(os.environ.get("ATRIUM_RACE_MOVES", "2000"))
THREADS = 8
EACH = 50


def test_nothing_that_began_after_a_revoke_succeeds(real: tuple[Flask, Cast]) -> None:
    app, cast = real
    race = Race(app, cast, make_targets(app, cast, spaces=REVOKES // EACH, each=EACH))
    race.run(policy_reader, http_reader, http_uploader)
    assert race.faults == []
    assert race.leaks() == []
    after = race.after_the_revoke()
    tried: dict[str, int] = {}
    for one in race.attempts:
        tried[one.kind] = tried.get(one.kind, 0) + 1
    assert {one.number for one in after} == set(range(len(race.targets))), "every revoke was tried afterwards"
    assert tried["HTTP"] >= len(race.targets) // 10
    assert tried["upload"] >= 1
    assert any(one.succeeded for one in race.attempts if one.kind == "HTTP"), "somebody was inside before"
    assert any(one.succeeded for one in race.attempts if one.kind == "upload")
    record_figure("races: revokes against readers and uploaders", len(race.targets), f"{REVOKES}")
    record_figure(
        "races: requests through HTTP meanwhile", tried["HTTP"] + tried["upload"], f"{len(race.targets) // 10} at least"
    )
    record_figure("races: requests that began after the commit", len(after), "")
    record_figure("races: successes that began after the commit", len(race.leaks()), "0")


def test_folders_that_everybody_moves_stay_a_tree_with_the_right_rights(real: tuple[Flask, Cast]) -> None:
    app, cast = real
    with app.app_context():
        worlds = [_world(cast, number) for number in range(2)]
        db.session.remove()
    outcomes = _moved_by(app, cast, [world.ids for world in worlds], MOVES)
    with app.app_context():
        for world in worlds:
            world.check()
    record_figure("races: folder moves from 8 threads", sum(outcomes.values()), f"{MOVES}")
    record_figure("races: moves refused (into itself)", outcomes["refused"], "")
    record_figure("races: cycles, orphans and wrong rights after them", 0, "0")


class _World:
    """A client's folders with levels of their own here and there, which no move may change."""

    def __init__(self, client_id: uuid.UUID, root: uuid.UUID, people: list[uuid.UUID]) -> None:
        self.client_id, self.people = client_id, people
        self.oracle = Oracle(root)

    @property
    def ids(self) -> list[uuid.UUID]:
        return list(self.oracle.folders)

    def check(self) -> None:
        """No cycle, no orphan, right paths, and every effective level as the definition has it."""
        rows = db.session.execute(select(Folder.id, Folder.parent_id).where(Folder.client_id == self.client_id))
        parents = dict(rows.all())
        assert parents.keys() == self.oracle.folders.keys(), "no folder was lost or doubled"
        for ident in parents:
            step, seen = ident, set()
            while (above := parents[step]) is not None:
                assert step not in seen, "a cycle"
                seen.add(step)
                step = above
            assert step == self.oracle.root, "an orphan"
            self.oracle.folders[ident].parent = parents[ident]
        _check_shape(self.client_id)
        moment = now()
        for person_id in self.people:
            answered = folder_levels(db.session.get_one(Person, person_id).viewer, list(parents))
            wrong = [ident for ident in parents if answered[ident] != self.oracle.level(ident, person_id, moment)]
            assert wrong == []


def _world(cast: Cast, number: int) -> _World:
    chance = random.Random(number)  # noqa: S311 - the same tree in every run
    client = clients.create_client(name=f"Moved {number}", actor=cast.alice)
    root = folders.create_root(client, actor=cast.alice)
    people = [cast.clara, cast.diego, cast.bob, cast.tess]
    clients.add_contacts(client, [cast.clara, cast.diego], actor=cast.alice)
    clients.set_standings(client, {cast.bob.id: Level.FULL, cast.tess.id: Level.READ}, actor=cast.alice)
    world = _World(client.id, root.id, [person.id for person in people])
    world.oracle.members = {
        cast.clara.id: (0, None), cast.diego.id: (0, None), cast.bob.id: (3, None), cast.tess.id: (2, None),
    }  # fmt: skip
    made = [root]
    for name in range(30):
        made.append(folders.create_folder(chance.choice(made), name=f"F{name}", actor=cast.alice))
        world.oracle.folders[made[-1].id] = Known(made[-1].parent_id)
    for folder in chance.sample(made[1:], 15):
        person, level = chance.choice(people), chance.choice(list(Level))
        rights.set_level(db.session.get_one(Folder, folder.id), person=person, level=level, actor=cast.alice)
        world.oracle.set(folder.id, person.id, (int(level), None), now())
    return world


def _moved_by(app: Flask, cast: Cast, worlds: list[list[uuid.UUID]], moves: int) -> dict[str, int]:
    outcomes = {"moved": 0, "refused": 0}

    def work(seed: int) -> dict[str, int]:
        chance = random.Random(seed)  # noqa: S311 - no secret
        mine = {"moved": 0, "refused": 0}
        for _ in range(moves // THREADS):
            one, to = chance.choices(worlds[seed % len(worlds)], k=2)
            with app.app_context():
                try:
                    folders.move_folder(_folder(one), to=_folder(to), actor=cast.alice)
                    mine["moved"] += 1
                except (IntoItself, TooDeep, RootIsFixed):
                    mine["refused"] += 1
                finally:
                    db.session.remove()
        return mine

    with ThreadPoolExecutor(THREADS) as pool:
        for mine in pool.map(work, range(THREADS)):
            for key, count in mine.items():
                outcomes[key] += count
    return outcomes


def _folder(ident: uuid.UUID) -> Folder:
    return db.session.get_one(Folder, ident)
