"""Do database and bucket agree? Every version has its object with its size and content, every object has its row."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from botocore.exceptions import ClientError
from sqlalchemy import select, union_all

from portal.files.commands.uploads import PREFIX
from portal.files.models import FileVersion, ObjectDeletion, Upload
from portal.files.quota import used_and_taken
from portal.files.rendition_objects import PREFIX as MADE
from portal.files.rendition_objects import RENDITION
from portal.kit import storage
from portal.kit.db import db


def verify(*, read_contents: bool = True) -> list[str]:
    """What does not agree, one sentence each; empty when all is well.

    :param read_contents: also read every object and compare its SHA-256 (as long as reading the bucket takes);
        otherwise only existence and sizes are compared.
    """
    objects = dict(storage.keys(PREFIX)) | dict(storage.keys(MADE))
    faults = [*_check_versions(objects, read_contents), *_check_renditions(objects)]
    faults += [f"{key}: no row refers to this object." for key in sorted(set(objects) - _known_keys())]
    faults += _check_rooms()
    db.session.rollback()
    return faults


def _check_versions(objects: dict[str, int], read_contents: bool) -> Iterator[str]:
    contents: dict[str, str] = {}  # copies share objects: each is read once
    versions = select(FileVersion.id, FileVersion.object_key, FileVersion.size, FileVersion.sha256)
    for version_id, key, size, sha256 in db.session.execute(versions.order_by(FileVersion.id)).all():
        if key not in objects:
            yield f"{key}: the object of version {version_id} is missing."
        elif objects[key] != size:
            yield f"{key}: {objects[key]} bytes in the store, {size} in the database."
        elif sha256 is None:
            yield f"{key}: the checksum of version {version_id} has not been computed yet."
        elif read_contents and (found := contents.get(key) or contents.setdefault(key, _sha256(key))) != sha256:
            yield f"{key}: SHA-256 {found} in the store, {sha256} in the database."


def _check_renditions(objects: dict[str, int]) -> Iterator[str]:
    """Thumbnails and pages: they can be made again, so existence and size are enough."""
    for key, size in db.session.execute(select(RENDITION.c.object_key, RENDITION.c.size)).all():
        if objects.get(key) != size:
            yield f"{key}: {objects.get(key)} bytes of a preview in the store, {size} in the database."


def _check_rooms() -> Iterator[str]:
    """What the quotas go by may be more than is there, never less."""
    for client_id, used, taken in db.session.execute(used_and_taken()).all():
        if taken is not None and taken < used:
            yield f"Client {client_id}: its documents take {used} bytes, and {taken} are counted."


def _sha256(key: str) -> str:
    digest = hashlib.sha256()
    try:
        for chunk in storage.read(key):
            digest.update(chunk)
    except ClientError as error:
        return f"unreadable ({error.response['Error'].get('Code')})"
    return digest.hexdigest()


def _known_keys() -> set[str]:
    """Keys that may be in the store: of versions, their previews, open uploads, and what is about to be deleted."""
    return set(
        db.session.scalars(
            union_all(
                select(FileVersion.object_key),
                select(Upload.object_key).where(Upload.state == "pending"),
                select(ObjectDeletion.object_key),
                select(RENDITION.c.object_key),
            )
        )
    )
