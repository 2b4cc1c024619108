"""Bytes from the browser to the store, and what makes them a file.

begin (checks, row, key) -> the browser sends to signed addresses -> complete (the store's word on size and checksum,
rights again) -> published. Bytes never pass through here; what is not published is never visible.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update

from portal.files import acceptance
from portal.files.commands.publish import KEEP_BOTH, VERSION
from portal.files.commands.rooms import take_room
from portal.files.models import Folder, ObjectDeletion, Upload
from portal.files.policies import can_upload
from portal.files.upload_access import file_to_replace, viewer_of
from portal.files.upload_refusals import BadChecksum, NameTaken, UploadOver
from portal.kit import multipart, storage
from portal.kit.db import db, transactional
from portal.kit.errors import Forbidden
from portal.kit.names import name_key

PREFIX = "files/"
KEPT_FOR = timedelta(days=7)
ASK = "ask"
MODES = (ASK, VERSION, KEEP_BOTH)


@dataclass(frozen=True)
class Address:
    """Where and how the browser sends one part: a PUT with exactly these headers, within 60 s."""

    number: int
    url: str
    headers: dict[str, str]


def begin_upload(
    folder: Folder,
    *,
    name: str,
    size: int,
    actor: Any,
    on_conflict: str = ASK,
    sha256: str | None = None,
) -> Upload:
    """Accept an upload into this folder and choose its random key in the store.

    :param size: bytes, as the browser says; the store refuses any other.
    :param on_conflict: "ask" refuses a taken name, "version" or "keep_both" say what to do then.
    :param sha256: of the whole content in base64, where it is known (a single PUT).
    :raises Refused: the name, size, format or quota; NameTaken with "ask".
    :raises StoreAway: the store does not answer; no row was written.
    """
    if not can_upload(viewer_of(actor), folder):
        raise Forbidden()
    name = acceptance.accepted_name(name)
    size = acceptance.accepted_size(size, name=name)
    if on_conflict not in MODES:
        on_conflict = ASK
    if on_conflict == ASK and file_to_replace(viewer_of(actor), folder, name_key(name)) is not None:
        raise NameTaken(name=name)
    if sha256 is not None:
        check_sha256(sha256)
    acceptance.check_quota(folder.client_id, size, name=name)
    part = acceptance.part_bytes(size)
    content_type = acceptance.content_type_of(name)
    key = f"{PREFIX}{folder.client_id.hex}/{uuid.uuid4().hex}"
    # The store is asked outside of the transaction: a slow answer must not hold rows. What it opened for a row that
    # is then not written is swept like any orphan.
    multipart_id = multipart.begin(key, content_type=content_type) if part else None
    upload = Upload(
        person_id=actor.id, client_id=folder.client_id, folder_id=folder.id, name=name, size=size,
        content_type=content_type, object_key=key, multipart_id=multipart_id, part_size=part, sha256=sha256,
        on_conflict=on_conflict if on_conflict != ASK else KEEP_BOTH,
    )  # fmt: skip
    return _register(upload)


@transactional
def _register(upload: Upload) -> Upload:
    take_room(upload.client_id, upload.size, name=upload.name)
    upload.expires_at = func.now() + KEPT_FOR
    db.session.add(upload)
    db.session.flush()  # the end is the database's clock plus seven days
    db.session.refresh(upload)
    return upload


def sign_parts(upload: Upload, checksums: Mapping[int, str]) -> list[Address]:
    """Addresses for some parts, each bound to its size and its sum (:func:`check_sum`).

    :raises UploadOver: it is not open any more.
    :raises BadChecksum: a part that the upload does not have, no sum, or not the one of this content.
    """
    check_open(upload)
    count = acceptance.part_count(upload.size, upload.part_size)
    addresses = []
    for number, checksum in checksums.items():
        check_sum(upload, checksum)
        if not 1 <= number <= count:
            raise BadChecksum()
        addresses.append(_address(upload, number, checksum))
    return addresses


def _address(upload: Upload, number: int, checksum: str) -> Address:
    size = acceptance.size_of_part(upload.size, upload.part_size, number)
    if upload.multipart_id is None:
        return whole_address(upload.object_key, size=size, content_type=upload.content_type, sha256=checksum)
    url = multipart.part_address(upload.object_key, upload.multipart_id, number=number, size=size, crc32=checksum)
    return Address(number, url, {"x-amz-checksum-crc32": checksum})


def whole_address(key: str, *, size: int, content_type: str, sha256: str) -> Address:
    """The address for an object in one piece of ``size`` bytes, with its SHA-256 in base64."""
    url = multipart.put_address(key, size=size, content_type=content_type, sha256=sha256)
    return Address(1, url, {"x-amz-checksum-sha256": sha256, "Content-Type": content_type})


def parts_held(upload: Upload) -> list[int]:
    """Numbers of the parts that the store has whole: what a browser that comes back need not send again.

    :raises UploadOver: the store threw the parts away.
    """
    if upload.state != "pending":
        return []
    if upload.multipart_id is None:
        found = storage.head(upload.object_key)
        return [1] if found is not None and found.size == upload.size else []
    try:
        held = multipart.parts(upload.object_key, upload.multipart_id)
    except multipart.NoSuchMultipart as gone:
        whole = storage.head(upload.object_key)
        if whole is None:
            raise UploadOver() from gone
        return list(range(1, acceptance.part_count(upload.size, upload.part_size) + 1))
    size_of = acceptance.size_of_part
    return [part.number for part in held if part.size == size_of(upload.size, upload.part_size, part.number)]


def abort_upload(upload: Upload, *, actor: Any) -> None:
    """Give an upload up; its parts are removed from the store. A published one stays."""
    if _abort(upload) and upload.multipart_id is not None:
        multipart.abort(upload.object_key, upload.multipart_id)


@transactional
def _abort(upload: Upload) -> bool:
    aborted = mark_aborted(upload)
    if aborted:
        db.session.add(ObjectDeletion(object_key=upload.object_key))
    return aborted


def mark_aborted(upload: Upload) -> bool:
    """Close an open upload; False when it was not open any more."""
    changed = db.session.execute(
        update(Upload).where(Upload.id == upload.id, Upload.state == "pending").values(state="aborted")
        .returning(Upload.id)
    ).scalar_one_or_none()  # fmt: skip
    return changed is not None


def check_open(upload: Upload) -> None:
    """Refuse what was given up, published or left for seven days."""
    open_still = db.session.scalar(
        select(Upload.id).where(
            Upload.id == upload.id,
            Upload.state == "pending",
            Upload.expires_at > func.now(),
        )
    )
    if open_still is None:
        raise UploadOver()


def check_sum(upload: Upload, value: object) -> None:
    """Refuse what cannot be the sum of this upload: a CRC-32 of each part, or the SHA-256 of the whole.

    Where that was promised at the beginning, only those very bytes are taken.
    """
    if upload.multipart_id is not None:
        _check_digest(value, 4)
        return
    check_sha256(value)
    if upload.sha256 is not None and upload.sha256 != value:
        raise BadChecksum()


def check_sha256(value: object) -> None:
    """Refuse what is no SHA-256 in base64."""
    _check_digest(value, 32)


def _check_digest(value: object, size: int) -> None:
    try:
        valid = isinstance(value, str) and len(base64.b64decode(value, validate=True)) == size
    except (binascii.Error, ValueError):
        valid = False
    if not valid:
        raise BadChecksum()
