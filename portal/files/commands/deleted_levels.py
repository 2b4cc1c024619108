"""What people might do with something when it was deleted, and what its restore would make of that."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import or_, select

from portal.files.commands.differences import Difference, difference
from portal.files.commands.outcomes import Files, Outcome, Somebody, levels_by_scope
from portal.files.commands.regions import within
from portal.files.models import File, Folder
from portal.kit.db import db, new_id
from portal.permissions.snapshot import MEMBERSHIP


def levels_of(folder: Folder, *, whole: bool) -> dict[str, dict[str, int]]:
    """Everybody's level by folder: this one, and with ``whole`` those below at which levels begin to differ."""
    rows = select(Folder.id, Folder.scope_id).where(Folder.client_id == folder.client_id)
    if whole:
        rows = rows.where(within(folder.path), or_(Folder.id == folder.id, Folder.starts_scope))
    else:
        rows = rows.where(Folder.id == folder.id)
    members = db.session.execute(select(MEMBERSHIP.c.person_id).where(MEMBERSHIP.c.client_id == folder.client_id))
    held = levels_by_scope(folder.client_id, list(members.scalars()))
    return {
        ident.hex: {str(person): level for person, level in held.get(scope, {}).items()}
        for ident, scope in db.session.execute(rows).all()
    }


def restored_difference(
    entry: Any, restored: Folder | File, before: Outcome, after: Outcome, people: Sequence[Somebody]
) -> Difference:
    """What the restore gives people, compared with what they had when it was deleted.

    :param before: the moment before; an entry from before levels were kept is compared with it.
    """
    if not entry.levels:
        return difference(before, after, people)
    if isinstance(restored, File):
        top, ids = restored.folder_id, [restored.folder_id]
        files = _of_file(restored)
    else:
        rows = select(Folder.id, Folder.path).where(
            Folder.client_id == restored.client_id, within(restored.path), Folder.bin_id.is_(None)
        )
        paths: dict[uuid.UUID, str] = dict(db.session.execute(rows).all())
        top, ids = restored.id, list(paths)
        files = _within(after, ids)
    had = {ident: {uuid.UUID(who): level for who, level in held.items()} for ident, held in entry.levels.items()}
    scopes = {ident: new_id() for ident in had}
    first = next(iter(had)) if isinstance(restored, File) else top.hex
    begun = {ident: scopes[first if isinstance(restored, File) else nearest(paths[ident], had, first)] for ident in ids}
    was = Outcome(begun, {scopes[ident]: held for ident, held in had.items()}, after.own, files)
    now = replace(after, folders={ident: after.folders[ident] for ident in ids}, files=files)
    return difference(was, now, people)


def nearest(path: str, known: dict[str, Any], top: str) -> str:
    """The nearest folder at or above whose levels were kept."""
    return next((part for part in reversed(path.split("/")[:-1]) if part in known), top)


def _of_file(file: File) -> Files:
    valid = int(file.valid_until is None)
    own = {(file.folder_id, file.uploaded_by_id): (1, valid)} if file.uploaded_by_id else {}
    return Files(all={file.folder_id: (1, valid)}, own=own)


def _within(after: Outcome, ids: list[uuid.UUID]) -> Files:
    if after.files is None:
        raise ValueError("restores are compared with their files")
    wanted = set(ids)
    return Files(
        all={ident: counts for ident, counts in after.files.all.items() if ident in wanted},
        own={pair: counts for pair, counts in after.files.own.items() if pair[0] in wanted},
    )
