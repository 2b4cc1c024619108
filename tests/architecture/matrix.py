"""The table of doors (``doors.txt``) and how one cell of it is asked."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from portal.accounts.sessions import open_session
from portal.kit.db import db
from tests.architecture.relations import RELATIONS
from tests.architecture.world import Values
from tests.conftest import forget_request

TABLE = Path(__file__).with_name("doors.txt")
ACTORS = ("stranger", "alice", "bob", "rita", "tess", "clara", "diego", "mallory", "dora", "ed")
WORDS = {"in", "ok", "403", "404"}
Door = tuple[str, str]

# Rows that were ever written in this transaction, those of aborted savepoints included: PostgreSQL counts attempts.
# The tables are looked up once: the view of these counters joins the catalogue in every cell.
_TABLES = text("SELECT array_agg(relid) FROM pg_stat_xact_user_tables")
_WRITTEN = text(
    "SELECT sum(pg_stat_get_xact_tuples_inserted(t) + pg_stat_get_xact_tuples_updated(t)"
    " + pg_stat_get_xact_tuples_deleted(t)) FROM unnest(CAST(:tables AS oid[])) t"
)


@dataclass
class Group:
    """Doors that answer alike: same policy, same way to load what the address names."""

    name: str
    doors: list[Door] = field(default_factory=list)
    answers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    without: set[str] = field(default_factory=set)


def read_table(lines: list[str]) -> list[Group]:
    """The groups as they are written down; a fault in the writing is an AssertionError with the line.

    ``== name: who passes``, then doors (``endpoint METHODS``), then rows (``relation[,relation] answer * 10``), and
    ``without relation...: why`` for relations that mean nothing to these doors.
    """
    groups: list[Group] = []
    for line in lines:
        words = line.split()
        if not words or line.startswith("#"):
            continue
        if words[0] == "==":
            groups.append(Group(words[1].rstrip(":")))
        elif words[0] == "without":
            named, _, why = line.removeprefix("without").partition(":")
            assert why.strip(), f"say why: {line}"
            groups[-1].without |= set(named.split())
        elif len(words) == 2:
            groups[-1].doors += [(words[0], method) for method in words[1].split(",")]
        else:
            assert len(words) == 1 + len(ACTORS), line
            assert set(words[1:]) <= WORDS, line
            for relation in words[0].split(","):
                assert relation not in groups[-1].answers, line
                groups[-1].answers[relation] = tuple(words[1:])
    return groups


def table() -> list[Group]:
    """The groups of ``doors.txt``."""
    return read_table(TABLE.read_text("utf-8").splitlines())


def faults(groups: list[Group], rules: dict[Door, Any]) -> list[str]:
    """What is wrong between the table and the routes, one sentence each."""
    found = []
    seen: dict[Door, str] = {}
    for group in groups:
        known = set(group.answers) | group.without
        found += [f"{group.name}: {name} is no relation" for name in known - set(RELATIONS)]
        found += [f"{group.name}: {name} is answered and left out" for name in set(group.answers) & group.without]
        found += [f"{group.name}: nothing is said about {name}" for name in set(RELATIONS) - known]
        found += [f"{group.name}: no door is in it"] if not group.doors else []
        for door in group.doors:
            if door in seen:
                found.append(f"{' '.join(door)} is in {seen[door]} and in {group.name}")
            seen[door] = group.name
    found += [f"{' '.join(door)} is in no group of doors.txt" for door in rules.keys() - seen.keys()]
    found += [f"{' '.join(door)} is in {seen[door]}, but there is no such route" for door in seen.keys() - rules.keys()]
    return sorted(found)


def rules_of(app: Flask) -> dict[Door, Any]:
    """Every door: (endpoint, method) and its rule."""
    return {
        (rule.endpoint, method): rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def address(rule: Any, values: Values) -> str:
    """The rule with its places filled; ``template_id`` and ``person_id`` mean different things in different places."""

    def fill(match: re.Match[str]) -> str:
        name = match.group(1)
        for key, value in values.items():
            argument, colon, below = key.partition(":")
            if colon and argument == name and rule.rule.startswith(below):
                return str(value)
        return str(values[name])

    return re.sub(r"<(?:[^:<>]+(?:\([^)]*\))?:)?(\w+)>", fill, rule.rule)


def outcome(answer: Any) -> str:
    """What the door said, in the table's words. ``ok``: it opened, whatever page or sentence came behind it."""
    status: int = answer.status_code
    if status == 401 or (status in (302, 303) and "/sign-in" in answer.location):
        return "in"
    if status in (403, 404, 405):
        return str(status)
    assert status < 500, (status, answer.request.method, answer.request.path)
    return "ok"


class Browsers:
    """One browser per actor, each with an open session, and the count of rows written so far.

    :param pages_for: who asks for pages. The others ask for JSON, as our own scripts do: refusals are then short, and
        the other half of the answers is seen as well.
    """

    def __init__(
        self, app: Flask, transaction: Any, people: dict[str, Any], *, pages_for: Collection[str] = ()
    ) -> None:
        self.transaction = transaction
        self.pages_for = pages_for
        app.test_client_class = FlaskClient
        self.browsers = {"stranger": app.test_client()}
        for name in ACTORS[1:]:
            self.browsers[name] = app.test_client()
            with self.browsers[name].session_transaction() as cookie:
                cookie["sign_in"] = open_session(people[name], ip="127.0.0.1", user_agent="matrix")
        self.tables = transaction.execute(_TABLES).scalar_one()
        self.written = self._written()
        self.cells = self.refusals = 0

    def ask(self, actor: str, method: str, path: str, **sent: Any) -> tuple[str, Any]:
        """One cell: (the word, the answer). Whatever it changed is undone, so that every cell meets the same world.

        A refusal must not have written a row, not even one that was taken back.
        """
        browser = self.browsers[actor]
        db.session.commit()
        around = self.transaction.begin_nested()
        forget_request()
        # Signing out must not sign out the cells that follow.
        cookies = dict(browser._cookies)  # type: ignore[attr-defined]
        try:
            headers = {} if actor in self.pages_for else {"Accept": "application/json"}
            answer = browser.open(path, method=method, headers=headers, **sent)
            word = outcome(answer)
        finally:
            forget_request()
            db.session.rollback()
            db.session.expire_all()
            around.rollback()
            browser._cookies = cookies  # type: ignore[attr-defined]
        before, self.written = self.written, self._written()
        self.cells += 1
        # Who is known and led to the sign-in page has just signed out or set something up: no refusal.
        if word in ("403", "404", "405") or (word == "in" and actor in ("stranger", "dora")):
            assert self.written == before, f"{actor} {method} {path} was refused and wrote {self.written - before} rows"
            self.refusals += 1
        return word, answer

    def _written(self) -> int:
        return int(self.transaction.execute(_WRITTEN, {"tables": self.tables}).scalar_one())


def offered(app: Flask) -> Iterator[tuple[Any, list[str]]]:
    """(a rule, the methods that its address does not offer) for every address."""
    methods: dict[str, set[str]] = {}
    rules: dict[str, Any] = {}
    for (_endpoint, method), rule in rules_of(app).items():
        methods.setdefault(rule.rule, set()).add(method)
        rules[rule.rule] = rule
    for path, there in sorted(methods.items()):
        yield rules[path], sorted({"GET", "POST", "PUT", "PATCH", "DELETE"} - there)
