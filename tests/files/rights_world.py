"""A client's folders twice: in the database by the product's commands, and as plain dictionaries by the definition."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text

from portal.accounts.commands import set_role
from portal.accounts.models import Person, Role
from portal.accounts.viewer import Viewer
from portal.clients.commands import add_contact, remove_contact, set_standing
from portal.clients.models import Client
from portal.files.commands import bin as bins
from portal.files.commands import folders, rights
from portal.files.models import BinEntry, Folder
from portal.files.queries import folder_levels, path_folders, visible_folders
from portal.files.refusals import IntoItself, NameTaken, NotAMember
from portal.kit.clock import now
from portal.kit.db import db
from portal.permissions.levels import Level
from tests.files.rights_oracle import Known, Oracle


@dataclass(frozen=True)
class Somebody:
    """A person without a database row behind it: rolled-back sessions leave those unreadable."""

    id: uuid.UUID
    full_name: str
    kind: str
    viewer: Viewer
    is_staff: bool
    email: str = ""

    @classmethod
    def like(cls, person: Any) -> Somebody:
        """The same as a plain value."""
        return cls(person.id, person.full_name, person.kind, person.viewer, person.is_staff, person.email)


class World:
    """The database and the oracle side by side; each step does the same to both."""

    def __init__(
        self, client: Client, root: Folder, staff: list[Somebody], contacts: list[Somebody], actor: Any
    ) -> None:
        self.client, self.actor = client, actor
        self.staff, self.contacts = staff, contacts
        self.people = [*staff, *contacts]
        self.oracle = Oracle(root.id)
        self.entries: list[uuid.UUID] = []
        self.count = 0
        self.decisions = 0
        self.moment = now()

    def folder(self, ident: uuid.UUID) -> Folder:
        return db.session.scalars(select(Folder).where(Folder.id == ident)).one()

    def pick(self, number: int) -> uuid.UUID:
        living = self.oracle.living()
        return living[number % len(living)]

    def until(self, kind: int) -> datetime | None:
        """Without end, an hour ago, or in a day."""
        return [None, None, self.moment - timedelta(hours=1), self.moment + timedelta(days=1)][kind % 4]

    def create(self, at: int) -> None:
        self.count += 1
        made = folders.create_folder(self.folder(self.pick(at)), name=f"F{self.count}", actor=self.actor)
        self.oracle.folders[made.id] = Known(made.parent_id)

    def set(self, at: int, who: int, level: int, until: int) -> None:
        ident, person = self.pick(at), self.people[who % len(self.people)]
        new = (level % 4, self.until(until))
        try:
            rights.set_level(
                self.folder(ident), person=person, level=Level(new[0]), actor=self.actor, valid_until=new[1]
            )
        except NotAMember:
            assert person.id not in self.oracle.members
            return
        self.oracle.set(ident, person.id, new, self.moment)

    def cascade(self, at: int, who: int) -> None:
        ident, person = self.pick(at), self.people[who % len(self.people)]
        rights.cascade(self.folder(ident), person=person, actor=self.actor)
        self.oracle.cascade(ident, person.id)

    def move(self, at: int, to: int) -> None:
        ident, target = self.pick(at), self.pick(to)
        if ident == self.oracle.root:
            return
        try:
            folders.move_folder(self.folder(ident), to=self.folder(target), actor=self.actor)
        except IntoItself:
            assert target == ident or target in self.oracle.below(ident)
            return
        except NameTaken:
            # Copies keep their names, so that two of one name can meet.
            there = select(Folder.name).where(Folder.parent_id == target, Folder.bin_id.is_(None), Folder.id != ident)
            assert self.folder(ident).name in set(db.session.scalars(there))
            return
        assert target != ident
        assert target not in self.oracle.below(ident)
        self.oracle.folders[ident].parent = target

    def bin(self, at: int) -> None:
        ident = self.pick(at)
        if ident == self.oracle.root:
            return
        entry = bins.bin_folder(self.folder(ident), actor=self.actor)
        self.entries.append(entry.id)
        for below in [ident, *self.oracle.below(ident)]:
            known = self.oracle.folders[below]
            known.bin = known.bin or entry.id

    def restore(self, number: int) -> None:
        if not self.entries:
            return
        ident = self.entries.pop(number % len(self.entries))
        entry = db.session.get(BinEntry, ident)
        assert entry is not None
        folder_id = entry.folder_id
        bins.restore(entry, actor=self.actor)
        assert folder_id is not None
        self._back(ident, folder_id)

    def _back(self, entry: uuid.UUID, folder_id: uuid.UUID) -> None:
        """A folder of the bin stands again, in the nearest living folder above."""
        above = self.oracle.folders[folder_id].parent
        while above is not None and self.oracle.folders[above].bin is not None:
            above = self.oracle.folders[above].parent
        self.oracle.folders[folder_id].parent = above
        for known in self.oracle.folders.values():
            known.bin = None if known.bin == entry else known.bin

    def standing(self, who: int, level: int, until: int) -> None:
        person = self.staff[who % len(self.staff)]
        ends = self.until(until)
        set_standing(self.client, person, Level(level % 4), actor=self.actor, valid_until=ends)
        if level % 4 == 0:
            self.oracle.forget(person.id)
        else:
            self.oracle.members[person.id] = (level % 4, ends)

    def contact(self, who: int) -> None:
        """Somebody joins the client, or leaves it."""
        person = self.contacts[who % len(self.contacts)]
        if person.id in self.oracle.members:
            remove_contact(self.client, person, actor=self.actor)
            self.oracle.forget(person.id)
        else:
            add_contact(self.client, person, actor=self.actor)
            self.oracle.members[person.id] = (0, None)

    def role(self, who: int, preset: int) -> None:
        """A collaborator gets another role: "view all clients" comes and goes with it."""
        number = who % 2  # not Alice, who does all this
        person = db.session.get_one(Person, self.staff[number].id)
        roles = db.session.scalars(select(Role).where(Role.preset.is_not(None)).order_by(Role.preset)).all()
        set_role(person, roles[preset % len(roles)], actor=self.actor.viewer)
        changed = replace(self.staff[number], viewer=person.viewer)
        self.people = [changed if one.id == changed.id else one for one in self.people]
        self.staff[number] = changed

    def check(self) -> None:
        """Every decision about living folders, now and in two days; what is listed; the shape of the scopes."""
        living = self.oracle.living()
        later = self.moment + timedelta(days=2)
        for person in self.people:
            answered = folder_levels(person.viewer, living)
            in_two_days = _levels_at(person.id, living, later)
            for ident in living:
                expected = self.oracle.level(ident, person.id, self.moment)
                if person.viewer.sees_all:
                    expected = max(expected, Level.READ)
                assert answered[ident] == expected, (person.full_name, ident)
                assert in_two_days.get(ident, 0) == self.oracle.level(ident, person.id, later), (
                    person.full_name,
                    ident,
                )
                self.decisions += 2
            self._check_lists(person, {ident for ident in living if answered[ident]})
        _check_shape(self.client.id)

    def _check_lists(self, person: Somebody, visible: set[uuid.UUID]) -> None:
        rows = visible_folders(person.viewer).where(Folder.client_id == self.client.id)
        assert set(db.session.scalars(rows.with_only_columns(Folder.id))) == visible
        leading: set[uuid.UUID] = set()
        for ident in visible:
            above = self.oracle.folders[ident].parent
            while above is not None:
                leading.add(above)
                above = self.oracle.folders[above].parent
        assert path_folders(person.viewer, self.client.id) == leading - visible


def _levels_at(person_id: uuid.UUID, ids: list[uuid.UUID], at: datetime) -> dict[uuid.UUID, int]:
    rows = db.session.execute(
        text(
            "SELECT folder.id, effective.level FROM folder JOIN effective USING (scope_id)"
            " WHERE folder.id = ANY(:ids) AND person_id = :person AND starts_at <= :at AND ends_at > :at"
        ),
        {"ids": ids, "person": person_id, "at": at},
    )
    return {row[0]: row[1] for row in rows}


def _check_shape(client_id: uuid.UUID) -> None:
    """What holds at all times about folders, paths and scopes."""
    wrong = db.session.execute(
        text(
            "SELECT f.name FROM folder f JOIN folder g ON g.id = f.parent_id JOIN scope s ON s.id = f.scope_id"
            " WHERE f.client_id = :client AND (f.path <> g.path || replace(f.id::text, '-', '') || '/' OR NOT CASE"
            " WHEN f.starts_scope THEN s.parent_id = g.scope_id ELSE f.scope_id = g.scope_id END)"
        ),
        {"client": client_id},
    ).all()
    assert not wrong, wrong
    torn = db.session.execute(
        text(
            "SELECT scope_id FROM folder WHERE client_id = :client AND starts_scope"
            " GROUP BY scope_id HAVING count(DISTINCT parent_id) > 1"
        ),
        {"client": client_id},
    ).all()
    assert not torn, torn
