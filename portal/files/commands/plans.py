"""What somebody wants to change about rights, before anything is done."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import select

from portal.accounts.models import Person
from portal.files.commands.own_levels import OwnLevel, OwnLevels, Pair, read_own_levels
from portal.files.commands.regions import within
from portal.files.models import Folder
from portal.kit.clock import now
from portal.kit.db import db
from portal.permissions.levels import Level
from portal.permissions.models import Scope
from portal.permissions.resolve import Granted
from portal.permissions.snapshot import MEMBERSHIP, Snapshot, snapshot


@dataclass(frozen=True)
class LevelChange:
    """One person's level on one folder.

    ``level`` None: no level of its own; the folder, and what followed it, follows the folder above again.
    ``cascade``: this folder and all below follow it; levels below are removed. ``valid_until``: when the level ends.
    """

    folder_id: uuid.UUID
    person_id: uuid.UUID
    level: Level | None
    cascade: bool = False
    valid_until: datetime | None = None


@dataclass(frozen=True)
class Plan:
    """Changes to make in one go: ``changes`` as people ask for them, or ``levels`` to be exactly these.

    ``kind`` is one of :class:`RightsChange`; ``folder_id`` the one folder that it is about, None for several. An undo
    says which pairs were only pinned, and which folders it changes together with those below (``reaching``; None: all).
    """

    kind: str
    changes: tuple[LevelChange, ...] = ()
    levels: dict[Pair, OwnLevel | None] = field(default_factory=dict)
    folder_id: uuid.UUID | None = None
    people: frozenset[uuid.UUID] = frozenset()
    note: dict[str, Any] = field(default_factory=dict)
    pins: frozenset[Pair] = frozenset()
    reaching: frozenset[uuid.UUID] | None = None

    @classmethod
    def of(cls, changes: Sequence[LevelChange]) -> Plan:
        """A plan for changes: of two for the same folder and person the last counts."""
        last = {(change.folder_id, change.person_id): change for change in changes}
        folders = {change.folder_id for change in last.values()}
        kind = "cascade" if any(change.cascade for change in last.values()) else "set"
        return cls(kind, tuple(last.values()), folder_id=folders.pop() if len(folders) == 1 else None)

    @property
    def person_ids(self) -> set[uuid.UUID]:
        """Everybody whose rights it is about."""
        named = {change.person_id for change in self.changes} | {person_id for _, person_id in self.levels}
        return named | self.people

    @property
    def is_empty(self) -> bool:
        """Nothing is asked for."""
        return not self.changes and not self.levels


Change: TypeAlias = Sequence[LevelChange] | Plan


def same_rights(
    client: Any,
    source_id: uuid.UUID,
    target_ids: Collection[uuid.UUID],
    *,
    actor: Any,
    folder: Folder | None = None,
) -> Plan:
    """Give people what another one was given, folder by folder; levels that the other has not are lost.

    Where the source's level at the top comes from above (a collaborator's client-wide level), the targets get it there
    as a level of their own, so that all ends up the same.

    :param folder: only there and below; None for the whole client.
    """
    targets = set(target_ids) - {source_id}
    top = folder if folder is not None else _root(client.id)
    own = read_own_levels(client.id, {source_id, *targets}, path=top.path)
    facts = snapshot(client.id, [source_id, *targets])
    moment = now()
    given = {
        ident: level
        for (ident, person_id), level in own.levels.items()
        if person_id == source_id and (level.until is None or level.until > moment)
    }
    decided = facts.decided(top.scope_id, source_id, moment)
    wanted: dict[Pair, OwnLevel | None] = {}
    for person_id in targets:
        new = {ident: (level.level, level.until) for ident, level in given.items()}
        if top.id not in new and decided != _inherited(facts, top, own, person_id, moment):
            new[top.id] = (decided.level, decided.valid_until)
        wanted |= _changed(own, person_id, new, origin="manual", by=actor.id, at=moment)
    source = db.session.get_one(Person, source_id)
    return Plan(
        "copy",
        levels=wanted,
        folder_id=top.id if folder is not None else None,
        people=frozenset(targets),
        note={"source": source.full_name},
    )


def template_defaults(
    client: Any, person_ids: Collection[uuid.UUID], *, actor: Any, folder: Folder | None = None
) -> Plan:
    """Give contacts what each folder holds ready for contacts; other levels of their own are lost.

    :param person_ids: those among them who are contacts of the client.
    :param folder: only there and below; None for the whole client.
    """
    top = folder if folder is not None else _root(client.id)
    rows = select(MEMBERSHIP.c.person_id).where(
        MEMBERSHIP.c.client_id == client.id,
        MEMBERSHIP.c.kind == "contact",
        MEMBERSHIP.c.person_id.in_(person_ids),
    )
    contacts = set(db.session.execute(rows).scalars())
    own = read_own_levels(client.id, contacts, path=top.path)
    defaults = (
        select(Folder.id, Scope.contact_level)
        .join(Scope, Scope.id == Folder.scope_id)
        .where(Folder.client_id == client.id, within(top.path), Folder.starts_scope, Scope.contact_level.is_not(None))
    )
    new = {ident: (int(level or 0), None) for ident, level in db.session.execute(defaults).all()}
    wanted: dict[Pair, OwnLevel | None] = {}
    moment = now()
    for person_id in contacts:
        wanted |= _changed(own, person_id, new, origin="template", by=actor.id, at=moment)
    return Plan("defaults", levels=wanted, folder_id=top.id if folder is not None else None, people=frozenset(contacts))


def _changed(
    own: OwnLevels,
    person_id: uuid.UUID,
    new: dict[uuid.UUID, Any],
    *,
    origin: str,
    by: uuid.UUID,
    at: datetime,
) -> dict[Pair, OwnLevel | None]:
    """The pairs that become others; a level that stays the same keeps who set it and when."""
    had = {ident: level for (ident, who), level in own.levels.items() if who == person_id}
    wanted: dict[Pair, OwnLevel | None] = {(ident, person_id): None for ident in had.keys() - new.keys()}
    for ident, (level, until) in new.items():
        old = had.get(ident)
        if old is None or (old.level, old.until) != (level, until):
            wanted[ident, person_id] = OwnLevel(level, until, origin, by, at)
    return wanted


def _inherited(facts: Snapshot, top: Folder, own: OwnLevels, person_id: uuid.UUID, moment: datetime) -> Granted:
    """What a person would have at the top without a level of their own there."""
    if (top.id, person_id) not in own.levels:
        return facts.decided(top.scope_id, person_id, moment)
    above = facts.parents[top.scope_id]
    if above is not None:
        return facts.decided(above, person_id, moment)
    standing = facts.standings.get(person_id)
    return Granted(standing.level if standing else 0)


def _root(client_id: uuid.UUID) -> Folder:
    return db.session.scalars(select(Folder).where(Folder.client_id == client_id, Folder.parent_id.is_(None))).one()
