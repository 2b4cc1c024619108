"""The pure function from grants to answers."""

from __future__ import annotations

import uuid
from datetime import timedelta

from portal.permissions.models import BEGINNING, FOREVER
from portal.permissions.resolve import Granted, Standing, below, resolve

TOP, INNER, DEEP = (uuid.uuid4() for _ in range(3))
PARENTS = {TOP: None, INNER: TOP, DEEP: INNER}
BOB = uuid.uuid4()
NOON = BEGINNING + timedelta(days=9000)


OUTSIDER = Standing(0)


def _answers(grants, standing=OUTSIDER):
    found = resolve(PARENTS, {(scope, BOB): grant for scope, grant in grants.items()}, {BOB: standing}, PARENTS)
    return {scope: found.get((scope, BOB), ()) for scope in PARENTS}


def test_the_nearest_grant_decides() -> None:
    answers = _answers({TOP: Granted(2), DEEP: Granted(3)})
    assert answers[INNER] == ((BEGINNING, FOREVER, 2),)
    assert answers[DEEP] == ((BEGINNING, FOREVER, 3),)


def test_a_none_below_hides_and_makes_no_row() -> None:
    assert _answers({TOP: Granted(3), INNER: Granted(0)})[DEEP] == ()


def test_when_a_grant_ends_the_inherited_level_follows_without_a_gap() -> None:
    assert _answers({TOP: Granted(2), INNER: Granted(3, NOON)})[DEEP] == ((BEGINNING, NOON, 3), (NOON, FOREVER, 2))


def test_a_none_that_ends_opens_by_itself() -> None:
    assert _answers({TOP: Granted(2), INNER: Granted(0, NOON)})[DEEP] == ((NOON, FOREVER, 2),)


def test_the_end_of_the_membership_caps_all() -> None:
    answers = _answers({INNER: Granted(3, NOON + timedelta(days=1))}, Standing(1, NOON))
    assert answers[TOP] == ((BEGINNING, NOON, 1),)
    assert answers[INNER] == ((BEGINNING, NOON, 3),)


def test_neighbours_of_one_level_are_one_span() -> None:
    assert _answers({TOP: Granted(2), INNER: Granted(2, NOON)})[INNER] == ((BEGINNING, FOREVER, 2),)


def test_without_a_membership_there_is_nothing() -> None:
    assert resolve(PARENTS, {(TOP, BOB): Granted(3)}, {}, PARENTS) == {}


def test_below_gives_each_scope_once() -> None:
    assert sorted(below(PARENTS, [INNER, DEEP])) == sorted([INNER, DEEP])


def test_a_chain_of_five_thousand_scopes_is_no_recursion() -> None:
    ids = [uuid.uuid4() for _ in range(5000)]
    parents = dict(zip(ids, [None, *ids[:-1]], strict=True))
    found = resolve(parents, {(ids[0], BOB): Granted(2)}, {BOB: Standing(0)}, [ids[-1]])
    assert found[ids[-1], BOB] == ((BEGINNING, FOREVER, 2),)
