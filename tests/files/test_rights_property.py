"""Random lives of a folder tree, decided by the product and by the naive definition."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from portal.accounts.commands import create_collaborator
from portal.clients import commands as clients
from portal.clients.models import Client
from portal.files.commands import folders
from portal.files.models import Folder
from portal.kit.db import db
from portal.permissions.levels import Level
from tests.cast import Cast
from tests.figures import record_figure
from tests.files.rights_many_world import ManyWorld
from tests.files.rights_world import Somebody

# ``make prove`` asks for a million, in parts that several processes take.
GOAL = int(os.environ.get("ATRIUM_DECISIONS", "20000"))
PARTS = int(os.environ.get("ATRIUM_DECISION_PARTS", "1"))
NUMBER = st.integers(0, 30)


@pytest.fixture
def new_world(transaction: Any, cast: Cast) -> Callable[[], Any]:
    """A context that gives a world with a client of its own, and forgets all of it afterwards."""
    alice, bob, tess, clara, diego, mallory = (Somebody.like(person) for person in cast.everybody.values())
    owner = Somebody.like(
        create_collaborator(
            email="owner@firm.example", first_name="Olga", last_name="Owner", role=cast.alice.role, language="en",
            actor=cast.alice,
        )
    )  # fmt: skip

    @contextmanager
    def make() -> Any:
        savepoint = transaction.begin_nested()
        try:
            client = clients.create_client(name="World", actor=alice)
            root = folders.create_root(client, actor=alice)
            client_id, root_id = client.id, root.id
            world = ManyWorld(client, root, [bob, tess, alice], [clara, diego, mallory], alice, owner=owner)
            clients.set_standing(client, owner, Level.FULL, actor=alice)
            for person in (clara, diego):
                world.contact(world.contacts.index(person))
            world.standing(0, Level.READ, 0)
            db.session.expunge_all()
            world.client = db.session.scalars(select(Client).where(Client.id == client_id)).one()
            db.session.scalars(select(Folder).where(Folder.id == root_id)).one()
            yield world
        finally:
            db.session.remove()
            savepoint.rollback()

    return make


def test_the_answer_is_the_definitions_answer_whatever_happens(new_world: Callable[[], Any]) -> None:
    class Life(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.context = new_world()
            self.world: ManyWorld = self.context.__enter__()

        @rule(at=NUMBER)
        def create(self, at: int) -> None:
            self.world.create(at)

        @rule(at=NUMBER, who=NUMBER, level=NUMBER, until=NUMBER)
        def set(self, at: int, who: int, level: int, until: int) -> None:
            self.world.set(at, who, level, until)

        @rule(at=NUMBER, who=NUMBER)
        def cascade(self, at: int, who: int) -> None:
            self.world.cascade(at, who)

        @rule(at=NUMBER, to=NUMBER)
        def move(self, at: int, to: int) -> None:
            self.world.move(at, to)

        @rule(at=NUMBER)
        def bin(self, at: int) -> None:
            self.world.bin(at)

        @rule(number=NUMBER)
        def restore(self, number: int) -> None:
            self.world.restore(number)

        @rule(who=NUMBER, level=NUMBER, until=NUMBER)
        def standing(self, who: int, level: int, until: int) -> None:
            self.world.standing(who, level, until)

        @rule(who=NUMBER)
        def contact(self, who: int) -> None:
            self.world.contact(who)

        @rule(who=NUMBER, preset=NUMBER)
        def role(self, who: int, preset: int) -> None:
            self.world.role(who, preset)

        @rule(at=NUMBER, who=NUMBER, level=NUMBER, until=NUMBER, cascade=NUMBER)
        def ask(self, at: int, who: int, level: int, until: int, cascade: int) -> None:
            self.world.ask(at, who, level, until, cascade)

        @rule(one=NUMBER, two=NUMBER)
        def same_as(self, one: int, two: int) -> None:
            self.world.same_as(one, two)

        @rule(who=NUMBER)
        def defaults(self, who: int) -> None:
            self.world.defaults(who)

        @rule(number=NUMBER)
        def undo(self, number: int) -> None:
            self.world.undo(number)

        @rule(at=NUMBER, to=NUMBER)
        def move_many(self, at: int, to: int) -> None:
            self.world.move_many(at, to)

        @rule(at=NUMBER, to=NUMBER)
        def copy_many(self, at: int, to: int) -> None:
            self.world.copy_many(at, to)

        @rule(at=NUMBER)
        def bin_many(self, at: int) -> None:
            self.world.bin_many(at)

        @rule(number=NUMBER)
        def restore_many(self, number: int) -> None:
            self.world.restore_many(number)

        @invariant()
        def agrees(self) -> None:
            self.world.check()

        def teardown(self) -> None:
            self.context.__exit__(None, None, None)

    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=10,
            stateful_step_count=15,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.timeout(0)
@pytest.mark.parametrize("part", range(PARTS))
def test_twenty_thousand_decisions_are_the_definitions(new_world: Callable[[], Any], part: int) -> None:
    decisions = undone = 0
    seed = part
    while decisions < GOAL / PARTS:
        chance = random.Random(seed)
        seed += PARTS
        with new_world() as world:
            for _ in range(40):
                _step(world, chance)
            decisions += world.decisions
            undone += world.undone
    record_figure("rights: decisions equal to the naive oracle's", decisions, f">= {GOAL:,}, none different")
    record_figure("rights: changes undone on the way", undone, "as the definition says")
    assert undone


def _step(world: ManyWorld, chance: random.Random) -> None:
    """One random thing, then every decision compared. Trees grow first, so that there is something to decide about."""
    number = lambda: chance.randrange(1000)  # noqa: E731 - a name for a draw
    steps: list[tuple[int, Callable[[], None]]] = [
        (8 if len(world.oracle.folders) < 25 else 1, lambda: world.create(number())),
        (6, lambda: world.set(number(), number(), number(), number())),
        (2, lambda: world.cascade(number(), number())),
        (4, lambda: world.move(number(), number())),
        (1, lambda: world.bin(number())),
        (2, lambda: world.restore(number())),
        (1, lambda: world.standing(number(), number(), number())),
        (1, lambda: world.contact(number())),
        (1, lambda: world.role(number(), number())),
        (4, lambda: world.ask(number(), number(), number(), number(), number())),
        (1, lambda: world.same_as(number(), number())),
        (1, lambda: world.defaults(number())),
        (3, lambda: world.undo(number())),
        (3, lambda: world.move_many(number(), number())),
        (2, lambda: world.copy_many(number(), number())),
        (1, lambda: world.bin_many(number())),
        (2, lambda: world.restore_many(number())),
    ]
    weights = [weight for weight, _ in steps]
    chance.choices([step for _, step in steps], weights)[0]()
    world.check()
