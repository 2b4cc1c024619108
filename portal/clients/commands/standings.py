"""The client-wide levels of collaborators."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from portal import activity
from portal.accounts.models import Person
from portal.activity.commands import line, record_many
from portal.clients.models import Client, Membership
from portal.clients.refusals import NotACollaborator, Unknown
from portal.kit.db import db, pretended_moments, transactional
from portal.permissions import commands as rights
from portal.permissions.levels import Level


@transactional
def set_standing(client: Client, person: Any, level: Level, *, actor: Any, valid_until: datetime | None = None) -> None:
    """Give a collaborator a level on the whole client; *none* makes the client invisible to them.

    :raises NotACollaborator: the person is a contact.
    """
    set_standings(client, {person.id: level}, actor=actor, valid_until=valid_until)


@transactional
def set_standings(
    client: Client,
    levels: Mapping[uuid.UUID, Level],
    *,
    actor: Any,
    valid_until: datetime | None = None,
    keep_ends: bool = False,
) -> None:
    """Give several collaborators their levels on the client, with a bounded number of statements.

    :param levels: person id -> level; *none* ends the membership.
    :param keep_ends: a membership that has an end keeps it, instead of getting ``valid_until``.
    :raises NotACollaborator: one of them is a contact.
    :raises Unknown: one of them does not exist.
    """
    if not levels:
        return
    rights.lock_client(client.id)
    people = {person.id: person for person in db.session.scalars(select(Person).where(Person.id.in_(levels)))}
    if len(people) < len(levels):
        raise Unknown(field="person")
    if any(not person.is_staff for person in people.values()):
        raise NotACollaborator()
    present = _present(client.id)
    ends = {ident: present[ident][1] if keep_ends and ident in present else valid_until for ident in levels}
    changed = {
        ident: level
        for ident, level in levels.items()
        if present.get(ident, (0, ends[ident])) != (int(level), ends[ident])
    }
    if not changed:
        return
    _write(client.id, changed, actor, ends)
    gone = [ident for ident, level in changed.items() if level is Level.NONE]
    if gone:
        rights.forget(client.id, person_ids=gone)
    rights.refresh(client.id, person_ids=list(changed))
    record_many(
        [
            line(
                activity.verbs.STANDING_SET, actor=actor, client=client, person=people[ident].full_name, level=level.key
            )
            for ident, level in changed.items()
        ]
    )


def _present(client_id: uuid.UUID) -> dict[uuid.UUID, tuple[int, datetime | None]]:
    rows = db.session.execute(
        select(Membership.person_id, Membership.level, Membership.valid_until).where(
            Membership.client_id == client_id, Membership.kind == "collaborator"
        )
    )
    return {person_id: (level, until) for person_id, level, until in rows}


def _write(
    client_id: uuid.UUID, levels: Mapping[uuid.UUID, Level], actor: Any, ends: Mapping[uuid.UUID, datetime | None]
) -> None:
    gone = [ident for ident, level in levels.items() if level is Level.NONE]
    if gone:
        db.session.execute(
            delete(Membership)
            .where(Membership.client_id == client_id, Membership.person_id.in_(gone))
            .execution_options(synchronize_session=False)
        )
    rows = [
        {
            **pretended_moments(Membership),
            "client_id": client_id,
            "person_id": ident,
            "kind": "collaborator",
            "level": int(level),
            "added_by_id": actor.id if actor is not None else None,
            "valid_until": ends[ident],
        }
        for ident, level in levels.items()
        if level is not Level.NONE
    ]
    if rows:
        statement = insert(Membership).values(rows)
        statement = statement.on_conflict_do_update(
            index_elements=["client_id", "person_id"],
            set_={"level": statement.excluded.level, "valid_until": statement.excluded.valid_until},
        )
        db.session.execute(statement)
