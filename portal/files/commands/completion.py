"""The end of an upload: the store's word on size and checksum, the rights once more, and only then a file."""

from __future__ import annotations

import base64
import hashlib
import uuid
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select

from portal.activity import record, verbs
from portal.files import acceptance
from portal.files.commands.naming import lock_folder
from portal.files.commands.publish import VERSION, add_content, publish
from portal.files.commands.receipts import add_all_to_receipt
from portal.files.commands.rooms import take_room
from portal.files.commands.uploads import PREFIX, check_open, check_sum, mark_aborted
from portal.files.content_types import HEAD_BYTES, Disguised, type_of_content
from portal.files.models import File, Folder, ObjectDeletion, Upload
from portal.files.quota import room_left
from portal.files.upload_access import file_to_replace, upload_folder, viewer_of
from portal.files.upload_refusals import (
    BadChecksum,
    Damaged,
    Incomplete,
    NoLongerAllowed,
    UploadOver,
)
from portal.kit import multipart, storage
from portal.kit.db import db, new_id, transactional
from portal.kit.names import name_key
from portal.outbox import emit


def complete_upload(upload: Upload, *, actor: Any, checksums: list[str]) -> File:
    """Verify what the store holds and publish it. Called twice it gives the same file.

    :param checksums: in base64, CRC-32 of each part in order; SHA-256 of the whole for a single PUT.
    :raises Incomplete: parts are missing; the upload stays open.
    :raises Damaged: size or checksum differ; what arrived is removed.
    :raises QuotaExceeded: the room was taken away meanwhile; what arrived is removed.
    :raises Disguised: it is a program; what arrived is removed.
    :raises Forbidden: the right to upload here has ended meanwhile; what arrived is removed.
    """
    try:
        check_open(upload)
    except UploadOver:
        # Published before; perhaps by a request whose answer was lost, since this one was looked up.
        db.session.refresh(upload)
        if upload.state != "published":
            raise
        return _published(upload)
    if len(checksums) != acceptance.part_count(upload.size, upload.part_size):
        raise BadChecksum()
    for checksum in checksums:
        check_sum(upload, checksum)
    try:
        if upload_folder(viewer_of(actor), upload) is None:
            raise NoLongerAllowed()
        stored = _verified(upload, checksums)
        content_type = _looked_at(upload, stored)
        return _publish(upload.id, stored, content_type, None if upload.multipart_id else checksums[0], actor)
    except (Damaged, Disguised, NoLongerAllowed, acceptance.QuotaExceeded) as refusal:
        discard(upload, reason=str(refusal))
        if upload.multipart_id is not None:
            multipart.abort(upload.object_key, upload.multipart_id)
        raise


def _verified(upload: Upload, checksums: list[str]) -> storage.Stored:
    """The object as the store holds it, once size and checksum agree with what the browser sent."""
    if upload.multipart_id is not None:
        _join_parts(upload, checksums)
    stored = storage.head(upload.object_key)
    if stored is None:
        raise Incomplete()
    in_parts = upload.multipart_id is not None
    kept, expected = (stored.crc32, multipart.composite(checksums)) if in_parts else (stored.sha256, checksums[0])
    # A store that keeps no sums has compared each with what it took, when it took it.
    if stored.size != upload.size or kept not in (None, expected):
        raise Damaged(name=upload.name)
    return stored


def _looked_at(upload: Upload, stored: storage.Stored) -> str:
    """The type of what arrived, whatever its name says."""
    return type_of_content(upload.name, storage.fetcher()(stored.key, HEAD_BYTES) if stored.size else b"")


def _join_parts(upload: Upload, checksums: list[str]) -> None:
    assert upload.multipart_id is not None
    try:
        held = multipart.parts(upload.object_key, upload.multipart_id)
    except multipart.NoSuchMultipart:
        # A first completion came through and its answer was lost: the object itself says how it went.
        return
    sizes = {part.number: part.size for part in held}
    wanted = {
        number: acceptance.size_of_part(upload.size, upload.part_size, number)
        for number in range(1, len(checksums) + 1)
    }
    if sizes != wanted:
        raise Incomplete()
    try:
        multipart.complete(
            upload.object_key,
            upload.multipart_id,
            held,
            dict(enumerate(checksums, start=1)),
        )
    except multipart.NoSuchMultipart:
        return
    except multipart.PartsRefused as refused:
        raise Damaged(name=upload.name) from refused


@transactional
def _publish(upload_id: uuid.UUID, stored: storage.Stored, content_type: str, sha256: str | None, actor: Any) -> File:
    upload = db.session.scalars(
        select(Upload).where(Upload.id == upload_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    if upload.state == "published":
        return _published(upload)
    if upload.state != "pending":
        raise UploadOver()
    viewer = viewer_of(actor)
    folder = upload_folder(viewer, upload)
    if folder is None:
        raise NoLongerAllowed()
    # It is counted itself, as one that is under way: the limit may have been lowered since it began.
    acceptance.fit(0, room_left(upload.client_id), name=upload.name)
    replaces = file_to_replace(viewer, folder, name_key(upload.name)) if upload.on_conflict == VERSION else None
    file, version = add_content(
        folder, name=upload.name, stored=stored, content_type=content_type,
        sha256=base64.b64decode(sha256).hex() if sha256 else None, actor=actor, on_conflict=upload.on_conflict,
        replaces=replaces,
    )  # fmt: skip
    # A content that came in parts has no SHA-256 of the whole yet: "" says that it is being computed.
    received = {"version_id": version.id, "name": file.name, "size": version.size, "sha256": version.sha256 or ""}
    add_all_to_receipt(viewer, folder, [received])
    # What waits for its virus check is opened by nobody, our own programs included.
    if not version.quarantine:
        emit("contents.make", version_id=version.id)
    upload.state, upload.file_id = "published", file.id
    return file


def _published(upload: Upload) -> File:
    file = db.session.get(File, upload.file_id)
    if file is None:
        raise UploadOver()
    return file


@transactional
def discard(upload: Upload, *, reason: str) -> None:
    """Throw away what arrived, and say so in the log."""
    folder = db.session.get(Folder, upload.folder_id)
    if not mark_aborted(upload):
        return
    db.session.add(ObjectDeletion(object_key=upload.object_key))
    if folder is not None:
        refused = SimpleNamespace(id=None, name=upload.name, client_id=upload.client_id, folder_id=folder.id)
        record(verbs.FILE_REFUSED, file=refused, folder=folder, reason=reason)


def store_bytes(
    folder: Folder,
    name: str,
    data: bytes,
    *,
    actor: Any,
    content_type: str | None = None,
) -> File:
    """A file whose content the server itself has (the demo, an import); published by the same rules.

    :raises Refused: the name, size or format.
    """
    name = acceptance.accepted_name(name)
    acceptance.accepted_size(len(data), name=name)
    acceptance.check_quota(folder.client_id, len(data), name=name)
    found = type_of_content(name, data[:HEAD_BYTES])
    content_type = content_type or found
    stored = storage.put(
        f"{PREFIX}{folder.client_id.hex}/{new_id().hex}",
        data,
        content_type=content_type,
    )
    return _keep(folder, name, stored, content_type, hashlib.sha256(data).hexdigest(), actor)


@transactional
def _keep(folder: Folder, name: str, stored: storage.Stored, content_type: str, sha256: str, actor: Any) -> File:
    lock_folder(folder.id)
    take_room(folder.client_id, stored.size, name=name)
    return publish(folder, name=name, stored=stored, content_type=content_type, sha256=sha256, actor=actor)
