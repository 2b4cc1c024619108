"""Copies of files and folders: new rows that share the objects of the first, so that no byte is copied."""

from __future__ import annotations

import uuid
from collections import defaultdict
from typing import Any

from sqlalchemy import select

from portal import activity
from portal.accounts.queries import firm
from portal.accounts.viewer import Viewer
from portal.files.commands.files import lock_file
from portal.files.commands.naming import lock_folder
from portal.files.commands.rooms import count_in, hold_room
from portal.files.models import File, FileVersion, Folder
from portal.files.queries.visible import openable_files
from portal.files.refusals import Gone
from portal.files.scanning import refuse_held_back
from portal.kit.bulk import any_ids, insert_rows
from portal.kit.db import db, new_id, transactional
from portal.kit.names import extension, name_key, search_key
from portal.outbox import emit
from portal.permissions.commands import NewScope
from portal.permissions.levels import Level


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
    # Whoever takes a mistake back is not refused for want of room; but it counts.
    hold_room(folder.client_id, wanted=0)
    count_in(folder.client_id, made.size)
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
