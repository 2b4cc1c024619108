"""Until when a person belongs to a client: set, changed, lifted, renewed. It ends by the database's clock alone."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update

from portal import activity
from portal.accounts.models import Person
from portal.clients.models import Client, Membership
from portal.clients.refusals import Unknown
from portal.kit import days
from portal.kit.db import db, transactional
from portal.kit.errors import Conflict
from portal.permissions import commands as rights

CONTACT, COLLABORATOR = "contact", "collaborator"


@transactional
def set_end(
    client: Client, person_id: uuid.UUID, valid_until: datetime | None, *, kind: str = CONTACT, actor: Any
) -> None:
    """Until when the person belongs to the client; None: without end.

    :param valid_until: the first moment without access, with time zone.
    :param kind: "contact" or "collaborator".
    :raises Unknown: the person does not belong to the client in that way.
    """
    person, member = _member(client, person_id, kind)
    if member.valid_until == valid_until:
        return
    _write(client.id, person_id, valid_until)
    if valid_until is None:
        activity.record(activity.verbs.ACCESS_UNLIMITED, actor=actor, client=client, person=person.full_name)
        return
    _record(activity.verbs.ACCESS_LIMITED, client, person, valid_until, actor)


@transactional
def renew_member(
    client: Client, person_id: uuid.UUID, last: date, *, kind: str, seen: datetime | None, actor: Any
) -> None:
    """Let a limited membership go on until a later day.

    :param last: the last day of the access, where the firm is.
    :param seen: the end that the person who renews has read; None does not ask.
    :raises Conflict: somebody changed the end in the meantime; a second click does not renew twice.
    :raises Unknown: the person does not belong to the client in that way.
    """
    person, member = _member(client, person_id, kind)
    if member.valid_until is None or (seen is not None and member.valid_until != seen):
        raise Conflict()
    _write(client.id, person_id, days.end_of(last))
    _record(activity.verbs.ACCESS_RENEWED, client, person, days.end_of(last), actor)


def _member(client: Client, person_id: uuid.UUID, kind: str) -> tuple[Person, Membership]:
    rights.lock_client(client.id)
    found = db.session.execute(
        select(Person, Membership)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.client_id == client.id, Membership.person_id == person_id, Membership.kind == kind)
        .execution_options(populate_existing=True)  # read under the lock, not as some page loaded it before
    ).one_or_none()
    if found is None:
        raise Unknown()
    return found[0], found[1]


def _write(client_id: uuid.UUID, person_id: uuid.UUID, valid_until: datetime | None) -> None:
    """The end and, in the same transaction, the rows of ``effective`` that carry it."""
    db.session.execute(
        update(Membership)
        .where(Membership.client_id == client_id, Membership.person_id == person_id)
        .values(valid_until=valid_until)
        .execution_options(synchronize_session="fetch")
    )
    rights.refresh(client_id, person_ids=[person_id])


def _record(verb: Any, client: Client, person: Person, until: datetime, actor: Any) -> None:
    last = days.last_day(until).isoformat()
    activity.record(verb, actor=actor, client=client, person=person.full_name, until=last)
