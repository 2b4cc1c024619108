"""Everything that decides about the rights of one client, read with three statements."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Column, DateTime, SmallInteger, Text, Uuid, select, table

from portal.kit.db import db
from portal.permissions.models import Grant, Scope
from portal.permissions.resolve import Granted, Standing

# Tables of a higher floor, by name only.
MEMBERSHIP = table(
    "membership",
    Column("client_id", Uuid()),
    Column("person_id", Uuid()),
    Column("kind", Text()),
    Column("level", SmallInteger()),
    Column("valid_until", DateTime(timezone=True)),
)
CLIENT = table(
    "client",
    Column("id", Uuid()),
    Column("binned_at", DateTime(timezone=True)),
    Column("disabled_at", DateTime(timezone=True)),
)


@dataclass
class Snapshot:
    """Scopes with the scope above, grants by (scope, person), and who belongs to the client."""

    parents: dict[uuid.UUID, uuid.UUID | None]
    grants: dict[tuple[uuid.UUID, uuid.UUID], Granted]
    standings: dict[uuid.UUID, Standing] = field(default_factory=dict)

    def decided(self, scope_id: uuid.UUID, person_id: uuid.UUID, at: datetime) -> Granted:
        """What decides for this person in this scope at this moment, were they a member.

        The nearest valid grant, else the client-wide level.
        """
        step: uuid.UUID | None = scope_id
        while step is not None:
            grant = self.grants.get((step, person_id))
            if grant is not None and (grant.valid_until is None or grant.valid_until > at):
                return grant
            step = self.parents[step]
        standing = self.standings.get(person_id)
        return Granted(standing.level if standing else 0)


def snapshot(client_id: uuid.UUID, person_ids: Collection[uuid.UUID] | None = None) -> Snapshot:
    """Read it for these people, or for everybody. Take the client's lock first when you are going to write."""
    parents = db.session.execute(select(Scope.id, Scope.parent_id).where(Scope.client_id == client_id)).all()
    grants = (
        select(Grant.scope_id, Grant.person_id, Grant.level, Grant.valid_until)
        .join(Scope, Scope.id == Grant.scope_id)
        .where(Scope.client_id == client_id)
    )
    standings = select(MEMBERSHIP.c.person_id, MEMBERSHIP.c.level, MEMBERSHIP.c.valid_until).where(
        MEMBERSHIP.c.client_id == client_id
    )
    if person_ids is not None:
        grants = grants.where(Grant.person_id.in_(person_ids))
        standings = standings.where(MEMBERSHIP.c.person_id.in_(person_ids))
    return Snapshot(
        parents=dict(parents),
        grants={
            (scope_id, person_id): Granted(level, valid_until)
            for scope_id, person_id, level, valid_until in db.session.execute(grants).all()
        },
        standings={
            person_id: Standing(level, valid_until)
            for person_id, level, valid_until in db.session.execute(standings).all()
        },
    )
