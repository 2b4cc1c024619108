"""Cells of the matrix of rights: for each folder and person the level, what decided, until when."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from portal.accounts.models import Person
from portal.accounts.viewer import Viewer
from portal.files.models import Folder
from portal.kit.clock import now
from portal.kit.days import last_day
from portal.kit.db import db
from portal.kit.i18n import day
from portal.permissions.levels import Level
from portal.permissions.models import Effective, Grant, Scope
from portal.permissions.queries import scopes_of
from portal.permissions.snapshot import MEMBERSHIP

# Where a level comes from, by the key that the page draws.
ORIGINS: dict[str, LazyString] = {
    "manual": _l("set here"),
    "cascade": _l("set here for all below"),
    "template": _l("from the template"),
    "pin": _l("kept from before"),
    "inherited": _l("from a folder above"),
    "client": _l("level on the client"),
    "nothing": _l("nothing set"),
    "lifted": _l("sees all clients"),
    "stranger": _l("does not belong to this client"),
}


def describe(level: Level, origin: str, valid_until: datetime | None) -> str:
    """A level with where it comes from and its last day, such as "Read, set here, until 31/12/2026"."""
    parts = [str(level.label), str(ORIGINS[origin])]
    if valid_until is not None:
        parts.append(_("until %(day)s", day=day(last_day(valid_until))))
    return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Cell:
    """One person's level on one folder. ``origin`` is a key of :data:`ORIGINS`; ``valid_until`` is when it ends.

    ``differs``: somewhere below, the person has a level of their own that is another. ``words``: all of it, as read.
    """

    folder_id: uuid.UUID
    person: Person
    level: Level
    origin: str
    valid_until: datetime | None
    differs: bool
    settable: bool
    words: str = ""

    @property
    def is_own(self) -> bool:
        """Set on this very folder, rather than come from above."""
        return self.origin in ("manual", "cascade", "template", "pin")


@dataclass
class Facts:
    """Everything that decides about the cells of some rows."""

    parents: dict[uuid.UUID, uuid.UUID | None] = field(default_factory=dict)
    grants: dict[tuple[uuid.UUID, uuid.UUID], tuple[str, datetime | None]] = field(default_factory=dict)
    levels: dict[tuple[uuid.UUID, uuid.UUID], int] = field(default_factory=dict)
    members: dict[uuid.UUID, datetime | None] = field(default_factory=dict)
    below: dict[tuple[uuid.UUID, uuid.UUID], set[int]] = field(default_factory=dict)
    said: dict[tuple[Level, str, datetime | None], str] = field(default_factory=dict)

    def cell(self, folder: Folder, person: Person, *, settable: bool) -> Cell:
        """The cell of a folder and a person."""
        level = Level(self.levels.get((folder.scope_id, person.id), 0))
        origin, valid_until = self._origin(folder, person)
        if level < Level.READ and person.is_staff and person.viewer.sees_all:
            level, origin, valid_until = Level.READ, "lifted", None
        differs = bool(self.below.get((folder.id, person.id), set()) - {int(level)})
        words = self._words(level, origin, valid_until)
        return Cell(folder.id, person, level, origin, valid_until, differs, settable, words)

    def _words(self, level: Level, origin: str, valid_until: datetime | None) -> str:
        """Most cells of a page say the same: each sentence is translated once."""
        key = (level, origin, valid_until)
        if key not in self.said:
            self.said[key] = describe(level, origin, valid_until)
        return self.said[key]

    def _origin(self, folder: Folder, person: Person) -> tuple[str, datetime | None]:
        if person.id not in self.members:
            return "stranger", None
        cap = self.members[person.id]
        step: uuid.UUID | None = folder.scope_id
        while step is not None:
            found = self.grants.get((step, person.id))
            if found is not None:
                own = step == folder.scope_id and folder.starts_scope
                ends = [moment for moment in (found[1], cap) if moment is not None]
                return found[0] if own else "inherited", min(ends) if ends else None
            step = self.parents.get(step)
        return "client" if person.is_staff else "nothing", cap if person.is_staff else None


def read_facts(viewer: Viewer, folders: Sequence[Folder], person_ids: Collection[uuid.UUID]) -> Facts:
    """What decides about these folders of one client and these people. Six statements at most."""
    if not folders or not person_ids:
        return Facts()
    client_id = folders[0].client_id
    moment = now()
    parents = _scopes_above({folder.scope_id for folder in folders})
    grants = select(Grant.scope_id, Grant.person_id, Grant.origin, Grant.valid_until).where(
        Grant.scope_id.in_(list(parents)),
        Grant.person_id.in_(person_ids),
        or_(Grant.valid_until.is_(None), Grant.valid_until > moment),
    )
    levels = select(Effective.scope_id, Effective.person_id, Effective.level).where(
        Effective.scope_id.in_({folder.scope_id for folder in folders}),
        Effective.person_id.in_(person_ids),
        Effective.starts_at <= moment,
        Effective.ends_at > moment,
    )
    members = select(MEMBERSHIP.c.person_id, MEMBERSHIP.c.valid_until).where(
        MEMBERSHIP.c.client_id == client_id,
        MEMBERSHIP.c.person_id.in_(person_ids),
        or_(MEMBERSHIP.c.valid_until.is_(None), MEMBERSHIP.c.valid_until > moment),
    )
    return Facts(
        parents=parents,
        grants={(scope, person): (origin, ends) for scope, person, origin, ends in db.session.execute(grants)},
        levels={(scope, person): level for scope, person, level in db.session.execute(levels)},
        members=dict(db.session.execute(members).all()),
        below=_levels_below(viewer, folders, person_ids, moment),
    )


def _scopes_above(scope_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID | None]:
    """These scopes and all above them, each with the one above. One statement."""
    chain = select(Scope.id, Scope.parent_id).where(Scope.id.in_(scope_ids)).cte("chain", recursive=True)
    chain = chain.union(select(Scope.id, Scope.parent_id).where(Scope.id == chain.c.parent_id))
    return dict(db.session.execute(select(chain.c.id, chain.c.parent_id)).all())


def _levels_below(
    viewer: Viewer, folders: Sequence[Folder], person_ids: Collection[uuid.UUID], moment: datetime
) -> dict[tuple[uuid.UUID, uuid.UUID], set[int]]:
    """The levels that people have of their own below each folder, as far as the viewer sees there. One statement."""
    mine = scopes_of(viewer, folders[0].client_id)
    top, inner = aliased(Folder), aliased(Folder)
    # A range over the index on paths; "/" ends every part and "0" is the character that follows it.
    inside: Any = and_(
        inner.client_id == top.client_id,
        inner.path > top.path,
        inner.path < func.concat(func.left(top.path, -1), "0"),
        inner.starts_scope,
        inner.bin_id.is_(None),
    )
    rows = (
        select(top.id, Grant.person_id, Grant.level)
        .join(inner, inside)
        .join(mine, mine.c.scope_id == inner.scope_id)
        .join(Grant, Grant.scope_id == inner.scope_id)
        .where(
            top.id.in_([folder.id for folder in folders]),
            Grant.person_id.in_(person_ids),
            or_(Grant.valid_until.is_(None), Grant.valid_until > moment),
        )
        .distinct()
    )
    found: dict[tuple[uuid.UUID, uuid.UUID], set[int]] = {}
    for folder_id, person_id, level in db.session.execute(rows):
        found.setdefault((folder_id, person_id), set()).add(level)
    return found
