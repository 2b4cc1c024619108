"""The door matrix: every route x ten people x ten relations, each answer written down in ``doors.txt``.

``in``: led to the sign-in page. ``ok``: the door opens (what comes behind it, a page or a sentence about an empty form,
is other tests' matter). ``403`` and ``404``: closed, and there is nothing here. A route that is in no group fails, and
so does a row without a route. Whom a relation cannot touch (``TOUCHED``) is asked in *own*, and must have the same
answer written down. A refusal must leave the database untouched.
"""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.architecture.matrix import ACTORS, Browsers, address, faults, offered, rules_of, table
from tests.architecture.relations import FORMS, RELATIONS, TOUCHED, apply
from tests.architecture.world import World, make_world
from tests.cast import Cast
from tests.figures import record_figure


@pytest.fixture
def world(cast: Cast) -> World:
    return make_world(cast)


def test_every_route_is_in_one_group_and_every_group_speaks_of_every_relation(app: Flask) -> None:
    assert faults(table(), rules_of(app)) == []


@pytest.mark.parametrize("relation", RELATIONS)
def test_every_door_answers_as_written_down(app: Flask, transaction: Any, world: World, relation: str) -> None:
    rules = rules_of(app)
    values = apply(world, relation)
    # Pages for one relation and some people, JSON as our own scripts ask for it for the others: the half of the time.
    pages_for = ("stranger", "alice", "bob", "clara", "mallory") if relation == "own" else ()
    browsers = Browsers(app, transaction, world.people, pages_for=pages_for)
    wrong = []
    for group in table():
        wanted = group.answers.get(relation, ())
        for endpoint, method in group.doors if wanted else ():
            path = address(rules[endpoint, method], values)
            sent = {"data": FORMS[endpoint](values)} if endpoint in FORMS else {}
            for actor, word in zip(ACTORS, wanted, strict=True):
                if actor not in TOUCHED.get(relation, ACTORS):
                    assert word == group.answers["own"][ACTORS.index(actor)], f"{group.name}, {relation}, {actor}"
                    continue
                # What answers GET answers HEAD, with the same rights.
                as_well = method == "GET" and relation == "own" and actor in ("stranger", "clara", "mallory")
                for asked in (method, "HEAD") if as_well else (method,):
                    found, _answer = browsers.ask(actor, asked, path, **sent)
                    if found != word:
                        wrong.append(f"{group.name}: {endpoint} {asked}, {relation}, {actor}: {found}, not {word}")
    assert wrong == []
    _record(browsers)


def test_a_method_that_an_address_does_not_offer_is_refused(app: Flask, transaction: Any, world: World) -> None:
    values = apply(world, "own")
    browsers = Browsers(app, transaction, world.people)
    wrong = []
    for rule, methods in offered(app):
        for method in methods:
            # Before any policy is asked, it is the same for everybody whom the site knows, and for nobody.
            for actor in ("stranger", "clara"):
                word, answer = browsers.ask(actor, method, address(rule, values))
                if word != "405":
                    wrong.append(f"{method} {rule.rule}, {actor}: {word} {answer.status_code}")
    assert wrong == []
    record_figure("route matrix: methods that are not offered", browsers.cells, "all refused")
    record_figure("refused cells with the database unchanged", browsers.refusals, "all")


def _record(browsers: Browsers) -> None:
    record_figure("route matrix: cells", browsers.cells, "10,000 in all")
    record_figure("refused cells with the database unchanged", browsers.refusals, "all")
