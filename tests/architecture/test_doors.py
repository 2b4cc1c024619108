"""The route matrix: every route x the cast x (own client, other client), with the expected answer written down.

The table stands in ``doors.txt``: endpoint, method, whose, and the answer to a stranger, Alice, Bob, Tess, Clara, Diego
and Mallory. ``in``: led to the sign-in page. ``ok``: the door opens (what comes behind it, a page or a sentence about
an empty form, is other tests' matter). ``403`` and ``404``: closed, and there is nothing here. A route without its rows
fails, and so does a row without its route.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.accounts.sessions import open_session
from portal.kit.db import db
from tests.architecture.world import World, make_world
from tests.cast import Cast
from tests.conftest import forget_request
from tests.figures import record_figure

TABLE = Path(__file__).with_name("doors.txt")
ACTORS = ("stranger", "alice", "bob", "tess", "clara", "diego", "mallory")
PARTS = 8
Key = tuple[str, str, str]


def expected() -> dict[Key, tuple[str, ...]]:
    """The table as it is written down."""
    rows = {}
    for line in TABLE.read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            endpoint, method, whose, *answers = line.split()
            assert len(answers) == len(ACTORS), line
            rows[endpoint, method, whose] = tuple(answers)
    return rows


def doors(app: Flask) -> Iterator[tuple[str, str, str, Any]]:
    """(endpoint, method, whose, rule) of every door; one without objects in its address has one relation."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint)):
        if rule.endpoint == "static":
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            for whose in ("own", "other") if _names_objects(rule) else ("-",):
                yield rule.endpoint, method, whose, rule


def _names_objects(rule: Any) -> bool:
    return any(name.endswith("_id") for name in rule.arguments)


def address(rule: Any, values: dict[str, Any]) -> str:
    """The rule with its places filled; ``template_id`` and ``person_id`` mean different things in different places."""

    def fill(match: re.Match[str]) -> str:
        name = match.group(1)
        special = next(
            (v for k, v in values.items() if k.startswith(f"{name}:") and rule.rule.startswith(k.split(":")[1])), None
        )
        return str(special if special is not None else values[name])

    return re.sub(r"<(?:[^:<>]+(?:\([^)]*\))?:)?(\w+)>", fill, rule.rule)


def outcome(answer: Any) -> str:
    """What the door said, in the table's words."""
    if answer.status_code == 401 or (answer.status_code in (302, 303) and "/sign-in" in answer.location):
        return "in"
    if answer.status_code in (403, 404):
        return str(answer.status_code)
    assert answer.status_code < 500, (answer.status_code, answer.request.path)
    return "ok"


@pytest.fixture
def world(cast: Cast) -> World:
    return make_world(cast)


def _browsers(app: Flask, cast: Cast) -> dict[str, FlaskClient]:
    app.test_client_class = FlaskClient
    browsers = {"stranger": app.test_client()}
    for name, person in cast.everybody.items():
        browsers[name] = app.test_client()
        with browsers[name].session_transaction() as cookie:
            cookie["sign_in"] = open_session(person, ip="127.0.0.1", user_agent="matrix")
    return browsers


def ask(transaction: Any, browser: FlaskClient, method: str, path: str) -> str:
    """One cell. Whatever it changed is undone, so that every cell meets the same world."""
    db.session.commit()
    around = transaction.begin_nested()
    forget_request()
    # Signing out must not sign out the cells that follow.
    cookies = dict(browser._cookies)  # type: ignore[attr-defined]
    try:
        return outcome(browser.open(path, method=method, data={} if method == "POST" else None))
    finally:
        forget_request()
        db.session.rollback()
        db.session.expire_all()
        around.rollback()
        browser._cookies = cookies  # type: ignore[attr-defined]


def measure(app: Flask, transaction: Any, cast: Cast, world: World, part: int) -> dict[Key, tuple[str, ...]]:
    """The answers of one part of the doors."""
    browsers = _browsers(app, cast)
    found = {}
    for number, (endpoint, method, whose, rule) in enumerate(doors(app)):
        if number % PARTS == part:
            path = address(rule, world.other if whose == "other" else world.own)
            answers = tuple(ask(transaction, browsers[actor], method, path) for actor in ACTORS)
            found[endpoint, method, whose] = answers
    return found


@pytest.mark.parametrize("part", range(PARTS))
def test_every_door_answers_as_written_down(app: Flask, transaction: Any, cast: Cast, world: World, part: int) -> None:
    written = expected()
    wrong = []
    for key, answers in measure(app, transaction, cast, world, part).items():
        for actor, answer, wanted in zip(ACTORS, answers, written.get(key, ("no row",) * len(ACTORS)), strict=True):
            if answer != wanted:
                wrong.append(f"{' '.join(key)} {actor}: {answer}, not {wanted}")
    assert wrong == []
    record_figure(
        "route matrix: cells",
        len(ACTORS) * sum(1 for n, _ in enumerate(doors(app)) if n % PARTS == part),
        "every route",
        True,
    )


def test_no_row_speaks_of_a_door_that_is_gone(app: Flask) -> None:
    there = {(endpoint, method, whose) for endpoint, method, whose, _rule in doors(app)}
    assert sorted(set(expected()) - there) == []
