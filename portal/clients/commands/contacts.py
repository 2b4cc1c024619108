"""Contacts of a client: who belongs to it, who is the main one, until when."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from portal import activity
from portal.accounts import commands as accounts
from portal.accounts.models import Person
from portal.activity.commands import line, record_many
from portal.clients.commands import ends
from portal.clients.models import Client, Membership
from portal.clients.refusals import AlreadyAContact, NotAContact, Unknown
from portal.kit.db import db, pretended_moments, transactional
from portal.outbox import emit
from portal.permissions import commands as rights


@transactional
def add_contact(client: Client, person: Any, *, is_main: bool = False, actor: Any) -> None:
    """Make a person a contact of the client. The first contact becomes the main one.

    :raises NotAContact: the person is a collaborator of the firm.
    :raises AlreadyAContact: they are one already.
    """
    rights.lock_client(client.id)
    if person.id in _contact_ids(client.id):
        raise AlreadyAContact()
    add_contacts(client, [person], main_id=person.id if is_main else None, actor=actor)


@transactional
def add_new_contact(client: Client, *, invite: bool = True, actor: Any, **details: Any) -> Any:
    """Make an account and add it to the client in one go.

    :param invite: promise the activation mail.
    :param details: what ``accounts.commands.create_contact`` takes.
    :raises portal.accounts.commands.AddressTaken: somebody has this address; offer that person instead.
    """
    person = accounts.create_contact(actor=actor, **details)
    add_contacts(client, [person], actor=actor)
    if invite:
        accounts.invite(person, actor=actor, client_id=client.id)
    return person


@transactional
def add_contacts(client: Client, people: Sequence[Any], *, main_id: uuid.UUID | None = None, actor: Any) -> None:
    """Make several people contacts of the client, with a bounded number of statements; those who are stay as they are.

    :param main_id: who becomes the main contact; the first one when the client has none yet.
    :raises NotAContact: one of them is a collaborator of the firm.
    """
    if any(person.kind != "contact" for person in people):
        raise NotAContact()
    rights.lock_client(client.id)
    known = _contact_ids(client.id)
    new = [person for person in {person.id: person for person in people}.values() if person.id not in known]
    if new:
        rows = [
            {
                **pretended_moments(Membership),
                "client_id": client.id,
                "person_id": person.id,
                "kind": "contact",
                "added_by_id": actor.id if actor else None,
            }
            for person in new
        ]
        db.session.execute(insert(Membership).values(rows).on_conflict_do_nothing())
        record_many(
            [line(activity.verbs.CONTACT_ADDED, actor=actor, client=client, person=person.full_name) for person in new]
        )
        rights.start_contact_rights(client.id, [person.id for person in new], actor=actor)
        for person in new:
            emit("connectors.publish", event="contact.added", client_id=client.id, data={"person_id": str(person.id)})
    if main_id is not None:
        _make_main(client.id, main_id)
    elif new and not _has_main(client.id):
        _make_main(client.id, new[0].id)


def _contact_ids(client_id: uuid.UUID) -> set[uuid.UUID]:
    return set(db.session.scalars(select(Membership.person_id).where(Membership.client_id == client_id)))


def _has_main(client_id: uuid.UUID) -> bool:
    return (
        db.session.scalars(
            select(Membership.person_id).where(Membership.client_id == client_id, Membership.is_main)
        ).first()
        is not None
    )


def _make_main(client_id: uuid.UUID, person_id: uuid.UUID) -> None:
    # Two statements, since the unique index allows one main contact at every moment.
    mine = update(Membership).where(Membership.client_id == client_id, Membership.kind == "contact")
    silent = {"synchronize_session": False}
    db.session.execute(mine.where(Membership.is_main).values(is_main=False).execution_options(**silent))
    db.session.execute(mine.where(Membership.person_id == person_id).values(is_main=True).execution_options(**silent))


@transactional
def set_main_contact(client: Client, person_id: uuid.UUID, *, actor: Any) -> None:
    """Choose the main contact.

    :raises Unknown: the person is no contact of the client.
    """
    rights.lock_client(client.id)
    person = _contact(client.id, person_id)
    _make_main(client.id, person_id)
    activity.record(activity.verbs.CONTACT_CHANGED, actor=actor, client=client, person=person.full_name)


@transactional
def remove_contact(client: Client, person: Any, *, actor: Any) -> None:
    """Take a contact off the client: they see nothing of it any more; their account and other clients stay.

    :raises Unknown: the person is no contact of the client.
    """
    rights.lock_client(client.id)
    _contact(client.id, person.id)
    db.session.execute(
        delete(Membership)
        .where(Membership.client_id == client.id, Membership.person_id == person.id, Membership.kind == "contact")
        .execution_options(synchronize_session=False)
    )
    rights.forget(client.id, person_ids=[person.id])
    activity.record(activity.verbs.CONTACT_REMOVED, actor=actor, client=client, person=person.full_name)
    emit("connectors.publish", event="contact.removed", client_id=client.id, data={"person_id": str(person.id)})


@transactional
def set_contact_end(client: Client, person_id: uuid.UUID, valid_until: datetime | None, *, actor: Any) -> None:
    """Until when the contact belongs to the client; None: without end.

    :param valid_until: a moment with time zone.
    :raises Unknown: the person is no contact of the client.
    """
    ends.set_end(client, person_id, valid_until, kind=ends.CONTACT, actor=actor)


def _contact(client_id: uuid.UUID, person_id: uuid.UUID) -> Any:
    person = db.session.scalars(
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.client_id == client_id, Membership.person_id == person_id, Membership.kind == "contact")
    ).one_or_none()
    if person is None:
        raise Unknown()
    return person
