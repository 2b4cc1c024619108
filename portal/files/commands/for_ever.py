"""Out of the bin for good: rows now, objects in the store later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, exists, func, select, union

from portal import activity
from portal.files.commands.leaving import promise_keys, promise_objects
from portal.files.commands.regions import within
from portal.files.models import BinEntry, File, FileVersion, Folder, Upload
from portal.files.refusals import Gone
from portal.kit.db import db, transactional
from portal.permissions.commands import lock_client
from portal.permissions.models import Scope

_QUIETLY = {"synchronize_session": False}


@dataclass(frozen=True)
class Going:
    """What goes with an entry: how many folders and files, bytes of all their versions, entries that lay inside."""

    folders: int
    files: int
    size: int
    entries: int


def going(entry: BinEntry) -> Going:
    """What :func:`delete_for_ever` would delete. Two statements."""
    files = _files_of(entry)
    folders = 0
    if entry.kind == "folder":
        folders = db.session.scalar(select(func.count()).select_from(_folders_of(entry).subquery())) or 0
    counts = select(
        select(func.count()).select_from(files.subquery()).scalar_subquery(),
        select(func.coalesce(func.sum(FileVersion.size), 0)).where(FileVersion.file_id.in_(files)).scalar_subquery(),
        select(func.count()).where(BinEntry.id != entry.id, BinEntry.id.in_(_inside(entry))).scalar_subquery(),
    )
    file_count, size, entries = db.session.execute(counts).one()
    return Going(folders, file_count, int(size), entries)


@transactional
def delete_for_ever(entry: BinEntry, *, actor: Any) -> Going:
    """Delete what an entry of the bin holds, with all versions, for good. Entries that lay inside of it go with it.

    Receipts keep their lines; the objects stay in the store for a week more, so that a backup in progress is whole.

    :param actor: who wants it; None where its time has run out.
    :raises Gone: it was restored or deleted meanwhile.
    """
    lock_client(entry.client_id)
    found = db.session.scalars(
        select(BinEntry).where(BinEntry.id == entry.id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise Gone()
    gone = going(found)
    _note(found, actor)
    promise_objects(select(FileVersion.id).where(FileVersion.file_id.in_(_files_of(found))))
    inside = list(db.session.scalars(_inside(found)))
    if found.kind == "folder":
        _delete_folders(found)
    else:
        _delete(File, File.id.in_(_files_of(found)))
    _delete(BinEntry, BinEntry.id.in_([found.id, *inside]))
    db.session.expunge(found)
    return gone


def _note(entry: BinEntry, actor: Any) -> None:
    folder = db.session.get(Folder, entry.folder_id or entry.parent_id, populate_existing=True)
    file = db.session.get(File, entry.file_id, populate_existing=True) if entry.file_id else None
    if file is not None and file.bin_id == entry.id:
        activity.record(activity.verbs.FILE_ERASED, actor=actor, file=file, folder=folder)
    elif entry.kind == "folder" and folder is not None and folder.bin_id == entry.id:
        activity.record(activity.verbs.FOLDER_ERASED, actor=actor, folder=folder)


def _delete_folders(entry: BinEntry) -> None:
    """The subtree, what is being uploaded into it, and the scopes that nothing follows any more."""
    folders = _folders_of(entry)
    uploads = select(Upload.object_key).where(Upload.folder_id.in_(folders), Upload.state == "pending")
    promise_keys(uploads.subquery().c.object_key)
    started = select(Folder.scope_id).where(Folder.id.in_(folders), Folder.starts_scope)
    scopes = list(db.session.scalars(started.distinct()))
    # Files first: deleting folders would look for them one folder at a time.
    _delete(File, File.folder_id.in_(folders))
    top = _top(entry)
    if top is not None:
        _delete(Folder, Folder.client_id == entry.client_id, within(top.path))
    for start in range(0, len(scopes), 1000):
        some = scopes[start : start + 1000]
        _delete(Scope, Scope.id.in_(some), ~exists().where(Folder.scope_id == Scope.id))


def _top(entry: BinEntry) -> Any:
    """(path) of the folder that was binned, or None where it is not in this entry any more."""
    found = select(Folder.path).where(Folder.id == entry.folder_id, Folder.bin_id == entry.id)
    return db.session.execute(found).one_or_none()


def _folders_of(entry: BinEntry) -> Select[Any]:
    """Ids of the folders that the entry holds, those of entries inside of it among them."""
    top = _top(entry) if entry.kind == "folder" else None
    if top is None:
        return select(Folder.id).where(Folder.id.is_(None))
    return select(Folder.id).where(Folder.client_id == entry.client_id, within(top.path))


def _files_of(entry: BinEntry) -> Select[Any]:
    """Ids of the files that the entry holds."""
    if entry.kind == "folder":
        return select(File.id).where(File.folder_id.in_(_folders_of(entry)))
    return select(File.id).where(File.id == entry.file_id, File.bin_id == entry.id)


def _inside(entry: BinEntry) -> Any:
    """Ids of entries whose folders and files lie in this one: who empties a drawer empties what lies in it."""
    folders = _folders_of(entry)
    return union(
        select(Folder.bin_id).where(Folder.id.in_(folders), Folder.bin_id.is_not(None)),
        select(File.bin_id).where(File.folder_id.in_(folders), File.bin_id.is_not(None)),
    )


def _delete(model: Any, *which: ColumnElement[bool]) -> None:
    db.session.execute(delete(model).where(*which).execution_options(**_QUIETLY))
