"""Who is responsible for what ends: who can let it go on and sees what it is about."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy import func, or_, select

from portal.accounts.models import Person
from portal.accounts.roles import Feature
from portal.clients.models import Membership
from portal.files.queries import folder_levels
from portal.kit.db import db
from portal.permissions.levels import Level


class Readers:
    """Collaborators by client: those with *full* whose role manages contacts; where none is left, administrators."""

    def __init__(self, client_ids: Collection[uuid.UUID], folder_ids: Collection[uuid.UUID]) -> None:
        self.people: dict[uuid.UUID, Person] = {}
        self._of: dict[uuid.UUID, list[Person]] = {}
        for client_id, person in _responsible(client_ids):
            if person.viewer.may(Feature.MANAGE_CONTACTS):
                self._of.setdefault(client_id, []).append(person)
                self.people[person.id] = person
        self._administrators = [person for person in _collaborators() if person.viewer.may(Feature.SETTINGS)]
        self.people.update({person.id: person for person in self._administrators})
        # A mail must not name what its reader cannot see.
        self._sees = {
            person.id: {ident for ident, level in folder_levels(person.viewer, folder_ids).items() if level}
            for person in self.people.values()
            if folder_ids
        }

    def of(self, row: Any) -> list[Person]:
        """Who is told of this row; never the person whose own access it is, who is told apart."""
        found = [person for person in self._of.get(row.client_id, []) if self._may_know(person, row)]
        return found or [person for person in self._administrators if self._may_know(person, row)]

    def _may_know(self, person: Person, row: Any) -> bool:
        if person.id == row.person_id:
            return False
        return row.folder_id is None or row.folder_id in self._sees[person.id]


def _responsible(client_ids: Collection[uuid.UUID]) -> list[tuple[uuid.UUID, Person]]:
    rows = db.session.execute(
        select(Membership.client_id, Person)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.client_id.in_(client_ids),
            Membership.kind == "collaborator",
            Membership.level == int(Level.FULL),
            or_(Membership.valid_until.is_(None), Membership.valid_until > func.statement_timestamp()),
            Person.disabled_at.is_(None),
            Person.activated_at.is_not(None),
        )
        .order_by(Membership.client_id, Person.id)
    ).unique()
    return [(client_id, person) for client_id, person in rows]


def _collaborators() -> list[Person]:
    active = select(Person).where(
        Person.kind == "collaborator", Person.disabled_at.is_(None), Person.activated_at.is_not(None)
    )
    return list(db.session.scalars(active.order_by(Person.id)).unique())
