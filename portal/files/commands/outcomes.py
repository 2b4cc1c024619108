"""What people may at one moment in a client's whole space."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from portal.accounts.models import Person
from portal.accounts.viewer import Viewer
from portal.files.commands.own_levels import OwnLevels, read_own_levels
from portal.files.models import File, Folder
from portal.kit.bulk import any_ids
from portal.kit.db import db
from portal.permissions.levels import Level
from portal.permissions.models import Effective, Scope

_Levels = dict[uuid.UUID, int]


@dataclass(frozen=True)
class Somebody:
    """A person of a preview: what the role adds counts, since people see with it."""

    id: uuid.UUID
    name: str
    viewer: Viewer

    def level(self, held: _Levels, scope_id: uuid.UUID | None) -> int:
        """The level in a folder of this scope; None stands for a folder that is not there."""
        if scope_id is None:
            return 0
        level = held.get(self.id, 0)
        return max(level, int(Level.READ)) if self.viewer.sees_all else level


@dataclass
class Files:
    """Numbers of living files: by folder (all, still valid), and by (folder, uploader) the same."""

    all: dict[uuid.UUID, tuple[int, int]] = field(default_factory=dict)
    own: dict[tuple[uuid.UUID, uuid.UUID], tuple[int, int]] = field(default_factory=dict)

    def seen(self, folder_id: uuid.UUID, person: Somebody, level: int) -> int:
        """How many of a folder's files the person sees with this level."""
        if level <= 0:
            return 0
        both = self.own.get((folder_id, person.id)) if level == Level.DEPOSIT else self.all.get(folder_id)
        return both[0 if person.viewer.is_staff else 1] if both else 0


@dataclass
class Outcome:
    """A moment: the scope of every living folder, everybody's level by scope, and what was set on folders."""

    folders: dict[uuid.UUID, uuid.UUID]
    levels: dict[uuid.UUID, _Levels]
    own: OwnLevels
    files: Files | None = None


def people_of(person_ids: Collection[uuid.UUID]) -> list[Somebody]:
    """The people with what their roles allow, by name. One statement."""
    rows = db.session.scalars(select(Person).where(Person.id.in_(person_ids))).unique()
    return sorted((Somebody(row.id, row.full_name, row.viewer) for row in rows), key=lambda one: (one.name, one.id))


def read_outcome(
    client_id: uuid.UUID,
    person_ids: Collection[uuid.UUID],
    *,
    with_answers: bool = True,
    with_files: bool = False,
    bin_id: uuid.UUID | None = None,
) -> Outcome:
    """Read this moment. Four statements, six with files.

    :param with_answers: False for the own levels alone, which is all that an undo needs to know.
    :param with_files: count the files too, where the change moves files themselves.
    :param bin_id: an entry of the bin whose folders and files count as if they were not in it.
    """
    db.session.flush()  # what is only in memory belongs to the moment
    own = read_own_levels(client_id, person_ids)
    if not with_answers:
        return Outcome({}, {}, own)
    folders = select(Folder.id, Folder.scope_id).where(Folder.client_id == client_id, _living(Folder, bin_id))
    return Outcome(
        folders=dict(db.session.execute(folders).all()),
        levels=levels_by_scope(client_id, person_ids),
        own=own,
        files=count_files(client_id, person_ids, bin_id=bin_id) if with_files else None,
    )


def levels_by_scope(client_id: uuid.UUID, person_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, _Levels]:
    """Everybody's level now, by scope and person. One statement."""
    moment = func.statement_timestamp()
    held = (
        select(Effective.scope_id, Effective.person_id, Effective.level)
        .join(Scope, Scope.id == Effective.scope_id)
        .where(
            Scope.client_id == client_id,
            Effective.person_id.in_(person_ids),
            Effective.starts_at <= moment,
            Effective.ends_at > moment,
        )
    )
    levels: dict[uuid.UUID, _Levels] = defaultdict(dict)
    for scope_id, person_id, level in db.session.execute(held).all():
        levels[scope_id][person_id] = level
    return dict(levels)


def count_files(
    client_id: uuid.UUID,
    person_ids: Collection[uuid.UUID],
    folder_ids: Collection[uuid.UUID] | None = None,
    *,
    bin_id: uuid.UUID | None = None,
) -> Files:
    """Count files by folder, of all of the client or of these folders. Two statements."""
    valid = func.count().filter(or_(File.valid_until.is_(None), File.valid_until > func.statement_timestamp()))
    living = [File.client_id == client_id, _living(File, bin_id)]
    if folder_ids is not None:
        if not folder_ids:
            return Files()
        living.append(File.folder_id == any_ids(folder_ids))
    every: Any = select(File.folder_id, func.count(), valid).where(*living).group_by(File.folder_id)
    own: Any = select(File.folder_id, File.uploaded_by_id, func.count(), valid).where(
        *living, File.uploaded_by_id.in_(person_ids)
    )
    return Files(
        all={row[0]: (row[1], row[2]) for row in db.session.execute(every).all()},
        own={
            (row[0], row[1]): (row[2], row[3])
            for row in db.session.execute(own.group_by(File.folder_id, File.uploaded_by_id)).all()
        },
    )


def _living(model: Any, bin_id: uuid.UUID | None) -> ColumnElement[bool]:
    return or_(model.bin_id.is_(None), model.bin_id == bin_id) if bin_id else model.bin_id.is_(None)
