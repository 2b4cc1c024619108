"""From what people set to the complete answer: a pure function, so that it can be read and tested by itself."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from portal.permissions.models import BEGINNING, FOREVER

# (starts_at, ends_at, level): the level holds from the first moment until just before the second.
Span = tuple[datetime, datetime, int]
Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Granted:
    """What was set on one scope for one person."""

    level: int
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands above the root: a person's client-wide level, and until when the person belongs to the client."""

    level: int
    valid_until: datetime | None = None


def resolve(
    parents: Mapping[uuid.UUID, uuid.UUID | None],
    grants: Mapping[tuple[uuid.UUID, uuid.UUID], Granted],
    standings: Mapping[uuid.UUID, Standing],
    wanted: Iterable[uuid.UUID],
) -> dict[tuple[uuid.UUID, uuid.UUID], Spans]:
    """The spans of every person in every wanted scope; pairs without any level are left out.

    The grant of the nearest scope decides while it is valid; afterwards what would be inherited without it decides.
    Nothing outlasts the membership, and without one there is nothing.

    :param parents: every scope of the client with the scope above it.
    :param grants: by (scope, person).
    :param standings: by person; a person who is not named has no access.
    :param wanted: the scopes to answer for.
    """
    order = [(scope_id, _upwards(parents, scope_id)) for scope_id in wanted]
    found: dict[tuple[uuid.UUID, uuid.UUID], Spans] = {}
    for person_id, standing in standings.items():
        known: dict[uuid.UUID, Spans] = {}
        cap = standing.valid_until or FOREVER
        base = _tidy([(BEGINNING, cap, standing.level)])
        for scope_id, chain in order:
            spans = _descend(chain, known, base, cap, person_id, grants)
            if spans:
                found[scope_id, person_id] = spans
    return found


def below(parents: Mapping[uuid.UUID, uuid.UUID | None], tops: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """These scopes and all below them, each once, those above first."""
    children: dict[uuid.UUID | None, list[uuid.UUID]] = {}
    for scope_id, parent_id in parents.items():
        children.setdefault(parent_id, []).append(scope_id)
    seen: dict[uuid.UUID, None] = {}
    todo = [top for top in tops if top in parents]
    while todo:
        scope_id = todo.pop()
        if scope_id not in seen:
            seen[scope_id] = None
            todo.extend(children.get(scope_id, []))
    return list(seen)


def _upwards(parents: Mapping[uuid.UUID, uuid.UUID | None], scope_id: uuid.UUID) -> list[uuid.UUID]:
    chain = []
    at: uuid.UUID | None = scope_id
    while at is not None:
        chain.append(at)
        at = parents[at]
    return chain


def _descend(
    chain: list[uuid.UUID],
    known: dict[uuid.UUID, Spans],
    base: Spans,
    cap: datetime,
    person_id: uuid.UUID,
    grants: Mapping[tuple[uuid.UUID, uuid.UUID], Granted],
) -> Spans:
    """The spans at the foot of a chain of scopes; what is found on the way is kept in ``known``."""
    steps = []
    spans = base
    for scope_id in chain:
        if scope_id in known:
            spans = known[scope_id]
            break
        steps.append(scope_id)
    for scope_id in reversed(steps):
        grant = grants.get((scope_id, person_id))
        if grant is not None:
            spans = _overlaid(spans, grant, cap)
        known[scope_id] = spans
    return spans


def _overlaid(inherited: Spans, grant: Granted, cap: datetime) -> Spans:
    until = min(grant.valid_until or FOREVER, cap)
    rest = [(max(start, until), end, level) for start, end, level in inherited if end > until]
    return _tidy([(BEGINNING, until, grant.level), *rest])


def _tidy(spans: list[Span]) -> Spans:
    """Without empty spans and those of level none; neighbours of the same level made one."""
    tidy: list[Span] = []
    for start, end, level in spans:
        if level <= 0 or start >= end:
            continue
        if tidy and tidy[-1][1] == start and tidy[-1][2] == level:
            tidy[-1] = (tidy[-1][0], end, level)
        else:
            tidy.append((start, end, level))
    return tuple(tidy)
