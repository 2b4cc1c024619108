"""The bin: what was deleted in one go comes back in one go."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, update

from portal import activity
from portal.files.commands.deleted_levels import levels_of
from portal.files.commands.folders import place
from portal.files.commands.naming import free_name, lock_folder
from portal.files.commands.regions import reread, within
from portal.files.models import BinEntry, File, Folder
from portal.files.refusals import Gone, RootIsFixed
from portal.kit.db import db, transactional
from portal.kit.names import extension, name_key, search_key
from portal.outbox import emit
from portal.permissions.commands import lock_client

_QUIETLY = {"synchronize_session": False}


@transactional
def bin_folder(folder: Folder, *, actor: Any) -> BinEntry:
    """Move a folder and all that it holds to the bin. What was in the bin before stays an entry of its own.

    :raises RootIsFixed: the top of the space cannot be deleted.
    :raises Gone: it is not there any more.
    """
    if folder.parent_id is None:
        raise RootIsFixed()
    lock_client(folder.client_id)
    folder = lock_folder(folder.id)
    kept = levels_of(folder, whole=True)
    entry = _entry("folder", folder, parent_id=folder.parent_id, folder_id=folder.id, levels=kept, actor=actor)
    subtree = select(Folder.id).where(Folder.client_id == folder.client_id, within(folder.path))
    db.session.execute(
        update(Folder)
        .where(Folder.client_id == folder.client_id, within(folder.path), Folder.bin_id.is_(None))
        .values(bin_id=entry.id)
        .execution_options(**_QUIETLY)
    )
    db.session.execute(
        update(File)
        .where(File.folder_id.in_(subtree), File.bin_id.is_(None))
        .values(bin_id=entry.id)
        .execution_options(**_QUIETLY)
    )
    reread(folder.client_id)
    activity.record(activity.verbs.FOLDER_BINNED, actor=actor, folder=folder)
    told = {"folder_id": str(folder.id), "name": folder.name}
    emit("connectors.publish", event="folder.binned", client_id=folder.client_id, data=told)
    return entry


@transactional
def bin_file(file: File, *, actor: Any) -> BinEntry:
    """Move a file to the bin.

    :raises Gone: it is not there any more.
    """
    folder = lock_folder(file.folder_id)
    found = _locked_file(file)
    if found.bin_id is not None:
        raise Gone()
    kept = levels_of(folder, whole=False)
    entry = _entry("file", found, parent_id=found.folder_id, file_id=found.id, levels=kept, actor=actor)
    found.bin_id = entry.id
    db.session.flush()  # lists read it by SQL
    activity.record(activity.verbs.FILE_BINNED, actor=actor, folder=folder, file=found)
    told = {"file_id": str(found.id), "name": found.name, "folder_id": str(folder.id)}
    emit("connectors.publish", event="file.binned", client_id=folder.client_id, data=told)
    return entry


@transactional
def restore(entry: BinEntry, *, actor: Any) -> Folder | File:
    """Take an entry back out of the bin, with all that went into it at once.

    Where its place is in the bin itself, it comes back into the nearest folder above that is not; where its name was
    taken meanwhile, it gets a number.

    :raises Gone: it was restored or erased meanwhile.
    """
    lock_client(entry.client_id)
    found = db.session.scalars(
        select(BinEntry).where(BinEntry.id == entry.id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise Gone()
    restored = _restore_file(found, actor) if found.kind == "file" else _restore_folder(found, actor)
    db.session.delete(found)
    db.session.flush()  # the entry must be gone for whoever lists the bin in this transaction
    return restored


def _restore_folder(entry: BinEntry, actor: Any) -> Folder:
    folder = db.session.get(Folder, entry.folder_id, populate_existing=True)
    if folder is None or folder.bin_id != entry.id:
        raise Gone()
    target = lock_folder(_living_ancestor(folder))
    name = free_name(target.id, folder.name)
    if target.id != folder.parent_id or name != folder.name:
        place(folder, below=target, name=name)
    back: dict[str, Any] = {"bin_id": None}
    db.session.execute(update(Folder).where(Folder.bin_id == entry.id).values(back).execution_options(**_QUIETLY))
    db.session.execute(update(File).where(File.bin_id == entry.id).values(back).execution_options(**_QUIETLY))
    reread(folder.client_id)
    activity.record(activity.verbs.FOLDER_RESTORED, actor=actor, folder=folder)
    return folder


def _restore_file(entry: BinEntry, actor: Any) -> File:
    file = db.session.get(File, entry.file_id, populate_existing=True)
    if file is None or file.bin_id != entry.id:
        raise Gone()
    holder = db.session.get(Folder, file.folder_id, populate_existing=True)
    if holder is None:
        raise Gone()
    target = lock_folder(holder.id if holder.bin_id is None else _living_ancestor(holder))
    name = free_name(target.id, file.name)
    file.folder_id, file.bin_id = target.id, None
    file.name, file.name_key, file.search_key, file.ext = name, name_key(name), search_key(name), extension(name)
    db.session.flush()  # lists read it by SQL
    activity.record(activity.verbs.FILE_RESTORED, actor=actor, folder=target, file=file)
    return file


def _living_ancestor(folder: Folder) -> Any:
    """The id of the nearest folder above that is not in the bin; the top never is."""
    above = [folder.path[: 33 * level] for level in range(1, len(folder.path) // 33)]
    return db.session.execute(
        select(Folder.id)
        .where(Folder.client_id == folder.client_id, Folder.path.in_(above), Folder.bin_id.is_(None))
        .order_by(func.length(Folder.path).desc())
        .limit(1)
    ).scalar_one()


def _locked_file(file: File) -> File:
    found = db.session.scalars(
        select(File).where(File.id == file.id).with_for_update(key_share=True).execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise Gone()
    return found


def _entry(kind: str, subject: Any, *, actor: Any, **places: Any) -> BinEntry:
    entry = BinEntry(kind=kind, client_id=subject.client_id, name=subject.name, binned_by_id=actor.id, **places)
    db.session.add(entry)
    db.session.flush()  # the rows that point to it are updated by SQL
    return entry
