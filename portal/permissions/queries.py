"""Who may what, asked of the database at the very moment.

A check is one look-up in ``effective``. A role that sees all clients lifts to *read* here, and is not stored. A client
in the bin is seen by nobody, a disabled one not by its contacts.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, column, func, literal, select, table

from portal.accounts.viewer import Viewer
from portal.kit.clock import now
from portal.kit.db import db
from portal.permissions.levels import Level
from portal.permissions.models import Effective, Grant, Scope
from portal.permissions.snapshot import CLIENT, MEMBERSHIP, snapshot

# The table by name, with its columns alone: to alias the mapped one takes longer than the look-up.
_EFFECTIVE = table("effective", *(column(known.name, known.type) for known in Effective.__table__.c))


def with_level(
    selected: Select[Any],
    viewer: Viewer,
    *,
    scope_id: Any,
    client_id: Any,
    at_least: Level = Level.DEPOSIT,
) -> tuple[Select[Any], ColumnElement[int]]:
    """Narrow a select to rows whose scope the viewer has a level in.

    :param selected: a select that holds the tables of the two columns.
    :param scope_id: the column with the scope.
    :param client_id: the column with the client.
    :returns: the narrowed select and the expression of the viewer's level (0 to 3).
    """
    held = _EFFECTIVE.alias()
    moment = func.statement_timestamp()
    mine = and_(
        held.c.scope_id == scope_id,
        held.c.person_id == viewer.person_id,
        held.c.starts_at <= moment,
        held.c.ends_at > moment,
    )
    client = CLIENT.alias()
    open_client: ColumnElement[bool] = client.c.binned_at.is_(None)
    if not viewer.is_staff:
        open_client = and_(open_client, client.c.disabled_at.is_(None))
    if viewer.only_client_id is not None:
        open_client = and_(open_client, client.c.id == viewer.only_client_id)
    selected = selected.join(client, and_(client.c.id == client_id, open_client))
    if viewer.sees_all and at_least <= Level.READ:
        level: ColumnElement[int] = func.greatest(func.coalesce(held.c.level, 0), int(Level.READ))
        return selected.outerjoin(held, mine), level
    selected = selected.join(held, mine)
    if at_least > Level.DEPOSIT:
        selected = selected.where(held.c.level >= int(at_least))
    return selected, held.c.level


def scopes_of(viewer: Viewer, client_id: uuid.UUID | None = None, *, at_least: Level = Level.DEPOSIT) -> Any:
    """ "My scopes" as a materialised CTE with ``scope_id`` and ``level``: join a listing with it.

    Materialised, because PostgreSQL would otherwise look each folder's scope up by itself.

    :param client_id: of one client, or of all.
    """
    selected, level = with_level(
        select(Scope.id.label("scope_id")), viewer, scope_id=Scope.id, client_id=Scope.client_id, at_least=at_least
    )
    if client_id is not None:
        selected = selected.where(Scope.client_id == client_id)
    return selected.add_columns(level.label("level")).cte("my_scopes").prefix_with("MATERIALIZED")


def level_in_scope(viewer: Viewer, scope_id: uuid.UUID) -> Level:
    """The viewer's level in a scope, now."""
    selected, level = with_level(
        select(literal(1)).select_from(Scope), viewer, scope_id=Scope.id, client_id=Scope.client_id
    )
    found = db.session.execute(
        selected.with_only_columns(level, maintain_column_froms=True).where(Scope.id == scope_id)
    ).scalar()
    return Level(found or 0)


@dataclass(frozen=True)
class Why:
    """What decided about a person's level in a scope.

    ``origin`` is one of levels.ORIGINS; ``standing`` for the client-wide level, ``nobody`` for a person who does not
    belong to the client, or no longer. ``scope_id`` is the scope of the grant, None where no grant decided.
    """

    level: Level
    origin: str
    scope_id: uuid.UUID | None = None
    set_by_id: uuid.UUID | None = None
    set_at: datetime | None = None
    valid_until: datetime | None = None


def why(person_id: uuid.UUID, scope_id: uuid.UUID) -> Why:
    """The grant of the nearest scope that decides now, or what stands above the root."""
    client_id = db.session.execute(select(Scope.client_id).where(Scope.id == scope_id)).scalar_one()
    return whys(client_id, scope_id, [person_id])[person_id]


def whys(client_id: uuid.UUID, scope_id: uuid.UUID, person_ids: list[uuid.UUID]) -> dict[uuid.UUID, Why]:
    """:func:`why` for several people of one scope, with four statements."""
    chain = _chain(client_id, scope_id)
    moment = now()
    rows = db.session.scalars(
        select(Grant)
        .where(Grant.scope_id.in_(chain), Grant.person_id.in_(person_ids))
        .execution_options(populate_existing=True)  # grants are written in bulk, behind the session's back
    ).all()
    nearest: dict[uuid.UUID, Grant] = {}
    for grant in sorted(rows, key=lambda row: chain.index(row.scope_id)):
        if grant.valid_until is None or grant.valid_until > moment:
            nearest.setdefault(grant.person_id, grant)
    found = select(MEMBERSHIP.c.person_id, MEMBERSHIP.c.level, MEMBERSHIP.c.valid_until)
    members = {
        person_id: (level, valid_until)
        for person_id, level, valid_until in db.session.execute(
            found.where(MEMBERSHIP.c.client_id == client_id, MEMBERSHIP.c.person_id.in_(person_ids))
        ).all()
        if valid_until is None or valid_until > moment
    }
    return {person_id: _reason(nearest.get(person_id), members.get(person_id)) for person_id in person_ids}


def _reason(grant: Grant | None, member: tuple[int, datetime | None] | None) -> Why:
    if member is None:
        return Why(Level.NONE, "nobody")
    if grant is None:
        return Why(Level(member[0]), "standing", valid_until=member[1])
    ends = [moment for moment in (grant.valid_until, member[1]) if moment is not None]
    return Why(
        Level(grant.level), grant.origin, grant.scope_id, grant.set_by_id, grant.set_at, min(ends) if ends else None
    )


def _chain(client_id: uuid.UUID, scope_id: uuid.UUID) -> list[uuid.UUID]:
    """A scope and those above it, nearest first."""
    parents = snapshot(client_id, []).parents
    chain = []
    step: uuid.UUID | None = scope_id
    while step is not None:
        chain.append(step)
        step = parents[step]
    return chain
