"""The moment a content becomes a file: a new one, or a new version of one that is there."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import func, select, update

from portal import activity
from portal.files.commands.naming import free_name, lock_folder
from portal.files.models import File, FileVersion, Folder
from portal.files.scanning import first_state
from portal.kit.db import db, new_id, transactional
from portal.kit.names import extension, name_key, search_key
from portal.kit.storage import Stored
from portal.outbox import emit

VERSION = "version"
KEEP_BOTH = "keep_both"


def publish(folder: Folder, **content: Any) -> File:
    """:func:`add_content`, for who needs the file alone."""
    return add_content(folder, **content)[0]


@transactional
def add_content(
    folder: Folder,
    *,
    name: str,
    stored: Stored,
    content_type: str,
    sha256: str | None,
    actor: Any,
    on_conflict: str = KEEP_BOTH,
    replaces: File | None = None,
) -> tuple[File, FileVersion]:
    """Make a stored object a file of this folder, in one transaction. Returns the file and the version that it got.

    Where contents are checked for viruses the version waits for that: a new file is held back with it, a file that is
    there goes on with the content that it has.

    :param stored: the object in the store, already verified.
    :param sha256: SHA-256 of the content in hex; None lets the task ``files.hash`` compute it.
    :param on_conflict: what to do when the name is taken: "version" adds to ``replaces``, "keep_both" numbers the name.
    :param replaces: the file that gets a new version; the caller has checked that the actor may change it.
    """
    # Two people who publish the same name at once queue here, so that both files are kept.
    lock_folder(folder.id)
    state = first_state()
    version_id, file = _version_of(folder, name, stored, content_type, actor, on_conflict, replaces, state)
    number = 1 + (db.session.scalar(select(func.max(FileVersion.number)).where(FileVersion.file_id == file.id)) or 0)
    version = FileVersion(
        id=version_id, file_id=file.id, number=number, object_key=stored.key, size=stored.size, sha256=sha256,
        etag=stored.etag, content_type=content_type, uploaded_by_id=actor.id if actor is not None else None,
        quarantine=state,
    )  # fmt: skip
    db.session.add(version)
    verb = activity.verbs.FILE_UPLOADED if number == 1 else activity.verbs.FILE_VERSION_ADDED
    activity.record(verb, actor=actor, file=file, folder=folder)
    if sha256 is None:
        emit("files.hash", version_id=version_id)
    if state:
        emit("files.scan", version_id=version_id)
    told = {"file_id": str(file.id), "name": file.name, "size": stored.size, "version": number}
    told["folder_id"] = str(folder.id)
    emit("connectors.publish", event="file.uploaded", client_id=folder.client_id, data=told)
    return file, version


def _version_of(
    folder: Folder,
    name: str,
    stored: Stored,
    content_type: str,
    actor: Any,
    on_conflict: str,
    replaces: File | None,
    state: str,
) -> tuple[uuid.UUID, File]:
    """The file that gets this content, pointing to its new version unless that waits for its virus check."""
    version_id = new_id()
    facts: dict[str, Any] = {
        "version_id": version_id,
        "size": stored.size,
        "content_type": content_type,
        "uploaded_by_id": actor.id if actor is not None else None,
        "quarantine": state,
    }
    if on_conflict == VERSION and replaces is not None and _still_there(replaces):
        if not state:
            db.session.execute(
                update(File).where(File.id == replaces.id).values(**facts, uploaded_at=func.now())
                .execution_options(synchronize_session=False)
            )  # fmt: skip
        db.session.refresh(replaces)
        return version_id, replaces
    name = free_name(folder.id, name)
    file = File(
        client_id=folder.client_id, folder_id=folder.id, name=name, name_key=name_key(name),
        search_key=search_key(name), ext=extension(name), **facts,
    )  # fmt: skip
    db.session.add(file)
    db.session.flush()  # its version refers to it
    return version_id, file


def _still_there(file: File) -> bool:
    alive = db.session.scalar(select(File.id).where(File.id == file.id, File.bin_id.is_(None)).with_for_update())
    return alive is not None
