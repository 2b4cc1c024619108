"""As whom somebody may look at a client (F63): those who belong to it and see nothing that the looker does not see."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, true

from portal.accounts.models import Person, Role
from portal.accounts.roles import Feature
from portal.accounts.viewer import Viewer
from portal.clients.models import Client, Membership
from portal.clients.queries.visible import visible_clients
from portal.kit.db import db
from portal.permissions.levels import Level
from portal.permissions.models import Effective, Scope


def people_with_access(client_id: uuid.UUID) -> Select[Any]:
    """Contacts of a client, collaborators with a level on it, and those whose role sees all clients."""
    belongs = exists().where(
        Membership.client_id == client_id,
        Membership.person_id == Person.id,
        or_(Membership.kind == "contact", Membership.level > int(Level.NONE)),
        or_(Membership.valid_until.is_(None), Membership.valid_until > func.statement_timestamp()),
    )
    sees_all = Person.role.has(Role.features.contains([Feature.VIEW_ALL_CLIENTS.value]))
    return select(Person).where(or_(belongs, and_(Person.kind == "collaborator", sees_all)))


def person_with_access(client_id: uuid.UUID, person_id: uuid.UUID) -> Person | None:
    """The person with this id, if they have access to the client at this moment."""
    found = people_with_access(client_id).where(Person.id == person_id)
    # A role that was taken away must count now, also for a person who was loaded before.
    return db.session.scalars(found.execution_options(populate_existing=True)).unique().one_or_none()


def people_to_look_as(viewer: Viewer, client_id: uuid.UUID) -> set[uuid.UUID]:
    """Ids of the people as whom the viewer may look at this client. One statement."""
    if not _may_look(viewer):
        return set()
    found = people_with_access(client_id).where(*_below(viewer, client_id))
    return {person.id for person in db.session.scalars(found).unique() if _features_within(viewer, person)}


def may_look_as(viewer: Viewer, client_id: uuid.UUID, person: Person) -> bool:
    """May the viewer look at the client as this person, who has access to it?

    Never as oneself or a disabled account; never as a collaborator whose role allows more; and wherever the person has
    any level, the viewer reads.
    """
    if not _may_look(viewer) or not _features_within(viewer, person):
        return False
    inside = select(Person.id).where(Person.id == person.id, *_below(viewer, client_id))
    return db.session.execute(inside).first() is not None


def looked_at(viewer: Viewer, client_id: uuid.UUID, person_id: uuid.UUID) -> tuple[Person, str] | None:
    """What an open eye still shows: the seen person and the client's name; None where it must close."""
    client = db.session.scalars(visible_clients(viewer).where(Client.id == client_id)).one_or_none()
    person = person_with_access(client_id, person_id) if client is not None else None
    if client is None or person is None or not may_look_as(viewer, client_id, person):
        return None
    return person, client.name


def _may_look(viewer: Viewer) -> bool:
    return viewer.may(Feature.MANAGE_CONTACTS) or viewer.may(Feature.ASSIGN_COLLABORATORS)


def _features_within(viewer: Viewer, person: Person) -> bool:
    return not person.is_staff or person.viewer.features <= viewer.features


def _below(viewer: Viewer, client_id: uuid.UUID) -> list[ColumnElement[bool]]:
    """Conditions on a person: somebody else, not disabled, with no level in a scope that the viewer does not read."""
    theirs, mine = Effective.__table__.alias("theirs"), Effective.__table__.alias("mine")
    moment = func.statement_timestamp()
    read = exists().where(
        mine.c.scope_id == theirs.c.scope_id,
        mine.c.person_id == viewer.person_id,
        mine.c.level >= int(Level.READ),
        mine.c.starts_at <= moment,
        mine.c.ends_at > moment,
    )
    further = (
        select(theirs.c.scope_id)
        .join(Scope, Scope.id == theirs.c.scope_id)
        .where(
            Scope.client_id == client_id,
            theirs.c.person_id == Person.id,
            theirs.c.starts_at <= moment,
            theirs.c.ends_at > moment,
            ~read.correlate(theirs),
        )
    )
    within = true() if viewer.sees_all else ~further.correlate(Person).exists()
    return [Person.id != viewer.person_id, Person.disabled_at.is_(None), within]
