"""Copies of files and folders: new rows that share the objects of the first, so that no byte is copied."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from portal import activity
from portal.accounts.queries import firm
from portal.accounts.viewer import Viewer
from portal.files.commands.files import lock_file
from portal.files.commands.folders import contact_ids, refuse_too_deep
from portal.files.commands.naming import free_name, lock_folder
from portal.files.commands.permitted import viewer_of
from portal.files.commands.regions import within
from portal.files.models import File, FileVersion, Folder
from portal.files.queries.paths import path_folders
from portal.files.queries.visible import openable_files, visible_files, visible_folders
from portal.files.refusals import Gone, OtherClient, RootIsFixed
from portal.files.scanning import refuse_held_back
from portal.kit.bulk import any_ids, insert_rows
from portal.kit.db import db, new_id, transactional
from portal.kit.names import extension, name_key, search_key
from portal.outbox import emit
from portal.permissions.commands import NewScope, insert_scopes, lock_client, start_contact_rights
from portal.permissions.levels import Level


@dataclass(frozen=True)
class Copied:
    """What was made: the file or the top folder, and for each copied folder the one that it was copied from."""

    made: Any
    folders: Mapping[uuid.UUID, uuid.UUID]
    files: int


@transactional
def copy_file(file: File, *, to: Folder, actor: Any) -> Copied:
    """Copy a file's present content into a folder of the same client. Where the name is taken, the copy is numbered.

    Earlier versions are not copied. The copy is valid as long as the file is, and follows the rights of its new place.

    :raises OtherClient: the folder belongs to another client.
    :raises Gone: the file is not there any more, or the actor no longer sees it.
    :raises BeingChecked: it waits for its virus check.
    :raises KeptAway: it is infected.
    """
    if to.client_id != file.client_id:
        raise OtherClient()
    lock_client(file.client_id)
    to = lock_folder(to.id)
    seen = visible_files(viewer_of(actor)).where(File.id == file.id)
    if db.session.scalars(seen).one_or_none() is None:
        raise Gone()
    file = lock_file(file)
    refuse_held_back(file.quarantine, name=file.name)
    before = db.session.execute(select(Folder.name).where(Folder.id == file.folder_id)).scalar_one()
    version = db.session.get_one(FileVersion, file.version_id)
    rows = Rows(actor)
    ident = rows.add_file(file, version, folder_id=to.id, name=free_name(to.id, file.name))
    rows.write()
    made = db.session.get_one(File, ident)
    activity.record(activity.verbs.FILE_COPIED, actor=actor, folder=to, file=made, before=before)
    told = {"file_id": str(made.id), "name": made.name, "size": made.size, "version": 1, "folder_id": str(to.id)}
    emit("connectors.publish", event="file.uploaded", client_id=to.client_id, data=told)
    return Copied(made, {}, 1)


@transactional
def copy_folder(folder: Folder, *, to: Folder, actor: Any) -> Copied:
    """Copy a folder with all that the actor sees in it. Where the name is taken, the copy is numbered.

    Files that the virus check holds back stay behind.

    Levels that were set are not copied: the copy follows its new place, and where folders are born private no contact
    sees it. A dozen statements, whatever the number of folders and files.

    :raises RootIsFixed: the top of the space cannot be copied into itself.
    :raises OtherClient: the target belongs to another client.
    :raises TooDeep: it would nest deeper than 64 levels.
    :raises Gone: one of the two was deleted meanwhile.
    """
    if folder.parent_id is None:
        raise RootIsFixed()
    if folder.client_id != to.client_id:
        raise OtherClient()
    lock_client(folder.client_id)
    folder, to = lock_folder(folder.id), lock_folder(to.id)
    tree = _seen_tree(folder, viewer_of(actor))
    if not tree:
        raise Gone()
    refuse_too_deep(to, levels=(max(len(row.path) for row in tree) - len(folder.path)) // 33 + 1)
    rows = Rows(actor)
    scope = private_scope(to)
    _plan_folders(rows, tree, to, free_name(to.id, folder.name), scope)
    plan_files(rows, viewer_of(actor))
    insert_scopes(to.client_id, [scope] if scope else [])
    rows.write()
    if scope is not None:
        start_contact_rights(to.client_id, contact_ids(to.client_id), actor=actor, scope_ids=[scope.id])
    made = db.session.get_one(Folder, rows.copies[folder.id])
    activity.record(activity.verbs.FOLDER_COPIED, actor=actor, folder=made, before=folder.name, target=to.name)
    told = {"folder_id": str(made.id), "name": made.name, "parent_id": str(to.id)}
    emit("connectors.publish", event="folder.created", client_id=made.client_id, data=told)
    return Copied(made, {copy: source for source, copy in rows.copies.items()}, len(rows.files))


@transactional
def restore_version(file: File, version: FileVersion, *, actor: Any) -> FileVersion:
    """Make the content of an earlier version the newest. Who sees it, the folder's rights of today say.

    :raises Gone: the file is not there any more, or the version is not one of it.
    :raises BeingChecked: the version waits for its virus check.
    :raises KeptAway: it is infected.
    """
    folder = lock_folder(file.folder_id)
    file = lock_file(file)
    if file.folder_id != folder.id or version.file_id != file.id:
        raise Gone()
    db.session.refresh(version)
    refuse_held_back(version.quarantine, name=file.name)
    if version.id == file.version_id:
        return version
    numbers = select(FileVersion.number).where(FileVersion.file_id == file.id).order_by(FileVersion.number.desc())
    newest = db.session.scalars(numbers.limit(1)).one()
    made = FileVersion(
        file_id=file.id, number=newest + 1, object_key=version.object_key, size=version.size, sha256=version.sha256,
        etag=version.etag, content_type=version.content_type, uploaded_by_id=actor.id,
    )  # fmt: skip
    db.session.add(made)
    file.version_id, file.size, file.content_type = made.id, made.size, made.content_type
    file.uploaded_by_id, file.quarantine = actor.id, ""
    db.session.flush()  # the moment is the database's
    db.session.refresh(made)
    file.uploaded_at = made.created_at
    activity.record(activity.verbs.FILE_VERSION_RESTORED, actor=actor, file=file, folder=folder, version=version.number)
    told = {"file_id": str(file.id), "name": file.name, "size": file.size, "version": made.number}
    told["folder_id"] = str(folder.id)
    emit("connectors.publish", event="file.uploaded", client_id=folder.client_id, data=told)
    return made


class Rows:
    """Rows to write, gathered first and then written at once."""

    def __init__(self, actor: Any) -> None:
        self.actor = actor
        self.copies: dict[uuid.UUID, uuid.UUID] = {}
        self.folders: list[dict[str, Any]] = []
        self.files: list[dict[str, Any]] = []
        self.versions: list[dict[str, Any]] = []

    def add_file(self, file: File, version: FileVersion, *, folder_id: uuid.UUID, name: str) -> uuid.UUID:
        """Plan a copy of a file with its present version; returns the copy's id."""
        ident, version_id = new_id(), new_id()
        same = {"size": version.size, "content_type": version.content_type, "uploaded_by_id": self.actor.id}
        self.files.append(
            {
                "id": ident,
                "client_id": file.client_id,
                "folder_id": folder_id,
                "name": name,
                "name_key": name_key(name),
                "search_key": search_key(name),
                "ext": extension(name),
                "version_id": version_id,
                "valid_until": file.valid_until,
                **same,
            }
        )
        self.versions.append(
            {
                "id": version_id,
                "file_id": ident,
                "number": 1,
                "object_key": version.object_key,
                "sha256": version.sha256,
                "etag": version.etag,
                **same,
            }
        )
        return ident

    def write(self) -> None:
        """Three statements."""
        insert_rows(Folder, self.folders)
        insert_rows(File, self.files)
        insert_rows(FileVersion, self.versions)


def _seen_tree(folder: Folder, viewer: Viewer) -> list[Any]:
    """The folder and those below it that the viewer sees, also those shown as a path, from the top down."""
    seen = set(
        db.session.execute(
            visible_folders(viewer)
            .with_only_columns(Folder.id)
            .where(Folder.client_id == folder.client_id, within(folder.path))
        ).scalars()
    )
    seen |= path_folders(viewer, folder.client_id)
    columns = select(Folder.id, Folder.parent_id, Folder.name, Folder.name_key, Folder.position, Folder.path)
    rows = db.session.execute(
        columns.where(Folder.client_id == folder.client_id, within(folder.path), Folder.bin_id.is_(None)).order_by(
            Folder.path
        )
    ).all()
    # A path sorts before the paths below it.
    kept: set[uuid.UUID] = set()
    tree = []
    for row in rows:
        if row.id in seen and (row.id == folder.id or row.parent_id in kept):
            kept.add(row.id)
            tree.append(row)
    return tree


def _plan_folders(rows: Rows, tree: list[Any], to: Folder, name: str, scope: NewScope | None) -> None:
    scope_id = scope.id if scope is not None else to.scope_id
    paths: dict[uuid.UUID, str] = {}
    for number, row in enumerate(tree):
        ident = rows.copies[row.id] = new_id()
        above = rows.copies[row.parent_id] if number else to.id
        paths[ident] = f"{paths[above] if number else to.path}{ident.hex}/"
        rows.folders.append(
            {
                "id": ident,
                "client_id": to.client_id,
                "parent_id": above,
                "name": row.name if number else name,
                "name_key": row.name_key if number else name_key(name),
                "path": paths[ident],
                "scope_id": scope_id,
                "starts_scope": not number and scope is not None,
                "position": row.position if number else 0,
                "created_by_id": rows.actor.id,
            }
        )


def plan_files(rows: Rows, viewer: Viewer) -> None:
    """Plan copies of the files in all folders that ``rows`` copies, as far as the viewer may open them."""
    selected = openable_files(viewer).join(FileVersion, FileVersion.id == File.version_id).add_columns(FileVersion)
    by_folder: dict[uuid.UUID, list[Any]] = defaultdict(list)
    for file, version in db.session.execute(selected.where(File.folder_id == any_ids(rows.copies))).all():
        by_folder[file.folder_id].append((file, version))
    for folder_id, files in by_folder.items():
        for file, version in files:
            rows.add_file(file, version, folder_id=rows.copies[folder_id], name=file.name)


def private_scope(to: Folder) -> NewScope | None:
    """Where folders are born private, a scope in which every contact begins with none."""
    settings = firm()
    if settings is None or not settings.born_private:
        return None
    return NewScope(new_id(), to.scope_id, int(Level.NONE))
