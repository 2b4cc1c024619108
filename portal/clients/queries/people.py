"""Who belongs to a client."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import func, or_, select

from portal.accounts.models import Person
from portal.accounts.viewer import Viewer
from portal.clients.models import Client, Membership
from portal.clients.queries.visible import visible_clients
from portal.kit.db import db
from portal.permissions.levels import Level


def client_level(viewer: Viewer, client: Client) -> Level:
    """The client-wide level of a collaborator, lifted to *read* where the role sees all clients; none for contacts."""
    if not viewer.is_staff:
        return Level.NONE
    found = db.session.execute(
        select(Membership.level).where(
            Membership.client_id == client.id,
            Membership.person_id == viewer.person_id,
            Membership.kind == "collaborator",
            or_(Membership.valid_until.is_(None), Membership.valid_until > func.statement_timestamp()),
        )
    ).scalar_one_or_none()
    level = Level(found or 0)
    return max(level, Level.READ) if viewer.sees_all else level


def contacts_of(client_id: uuid.UUID) -> list[Any]:
    """(Person, Membership) of each contact, the main one first."""
    return list(
        db.session.execute(
            select(Person, Membership)
            .join(Membership, Membership.person_id == Person.id)
            .where(Membership.client_id == client_id, Membership.kind == "contact")
            .order_by(Membership.is_main.desc(), Person.search_key, Person.id)
        )
    )


def collaborators_of(client_id: uuid.UUID) -> list[Any]:
    """(Person, Membership or None) of every collaborator of the firm who may sign in, by role and name."""
    rows = db.session.execute(
        select(Person, Membership)
        .outerjoin(Membership, (Membership.person_id == Person.id) & (Membership.client_id == client_id))
        .where(Person.kind == "collaborator", Person.disabled_at.is_(None))
        .order_by(Person.search_key, Person.id)
    )
    return sorted(rows, key=lambda row: row[0].role.position if row[0].role else 99)


def main_contact_of(client_id: uuid.UUID) -> Person | None:
    """The main contact, or None."""
    return db.session.scalars(
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.client_id == client_id, Membership.kind == "contact", Membership.is_main)
    ).one_or_none()


def other_clients_of(person_id: uuid.UUID, client_id: uuid.UUID, viewer: Viewer, *, limit: int = 20) -> list[Client]:
    """Further clients of the same contact that the viewer sees (F24)."""
    theirs = select(Membership.client_id).where(Membership.person_id == person_id, Membership.kind == "contact")
    seen = visible_clients(viewer).where(Client.id.in_(theirs), Client.id != client_id)
    return list(db.session.scalars(seen.order_by(Client.name_key, Client.id).limit(limit)))
