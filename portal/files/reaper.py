"""What nobody finished and nothing refers to: swept a while later, never in the middle of something.

The store's own lifecycle rules are not relied upon: not every store has them, and none knows our rows.
"""

from __future__ import annotations

import hashlib
import uuid
import zlib
from datetime import UTC, datetime, timedelta
from itertools import chain

import structlog
from sqlalchemy import column as sql_column
from sqlalchemy import delete, func, select, table, update

from portal.files import acceptance
from portal.files.commands.uploads import PREFIX
from portal.files.models import FileVersion, ObjectDeletion, Upload
from portal.files.rendition_objects import PREFIX as MADE
from portal.files.rendition_objects import RENDITION
from portal.kit import multipart, storage
from portal.kit.db import db, transactional
from portal.outbox.registry import RetryLater

log = structlog.get_logger(__name__)

BATCH = 500
# A young object may belong to a transaction that has not committed yet.
GRACE = timedelta(hours=24)
KEEP_HISTORY = timedelta(days=30)


def reap() -> None:
    """Everything that is due: expired uploads, promised deletions, orphans in the store, old rows."""
    expire_uploads()
    delete_due_objects()
    sweep_orphans()
    sweep_multiparts()
    forget_old_uploads()


def expire_uploads() -> int:
    """Give up the uploads whose seven days are over. Returns how many."""
    expired = _claim_expired()
    for key, multipart_id in expired:
        if multipart_id is not None:
            multipart.abort(key, multipart_id)
    return len(expired)


@transactional
def _claim_expired() -> list[tuple[str, str | None]]:
    due = (
        select(Upload.id)
        .where(Upload.state == "pending", Upload.expires_at <= func.now())
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    rows = db.session.execute(
        update(Upload).where(Upload.id.in_(due)).values(state="aborted")
        .returning(Upload.object_key, Upload.multipart_id).execution_options(synchronize_session=False)
    ).all()  # fmt: skip
    db.session.add_all(ObjectDeletion(object_key=key) for key, _ in rows)
    return [(key, multipart_id) for key, multipart_id in rows]


def delete_due_objects() -> int:
    """Delete from the store what commands promised to delete. A row goes only after its object went."""
    due = db.session.execute(
        select(ObjectDeletion.id, ObjectDeletion.object_key).where(ObjectDeletion.due_at <= func.now()).limit(BATCH)
    ).all()
    db.session.rollback()
    for deletion_id, key in due:
        if not _is_referred_to([key]):
            storage.delete(key)
        _forget_deletion(deletion_id)
    return len(due)


@transactional
def _forget_deletion(deletion_id: uuid.UUID) -> None:
    db.session.execute(delete(ObjectDeletion).where(ObjectDeletion.id == deletion_id))


def sweep_orphans(*, grace: timedelta = GRACE) -> int:
    """Delete objects that no row knows and that are older than ``grace``. Returns how many."""
    before = datetime.now(UTC) - grace
    batch: list[str] = []
    swept = 0
    for entry in chain(storage.entries(PREFIX), storage.entries(MADE)):
        if entry.modified < before:
            batch.append(entry.key)
        if len(batch) == BATCH:
            swept += _sweep(batch)
            batch = []
    return swept + _sweep(batch)


def _sweep(keys: list[str]) -> int:
    known = _is_referred_to(keys) | _is_promised(keys)
    orphans = [key for key in keys if key not in known]
    for key in orphans:
        log.warning("files.orphan_swept", key=key)
        storage.delete(key)
    return len(orphans)


def _is_referred_to(keys: list[str]) -> set[str]:
    """Those of the keys that a version, an open upload or something made of a version refers to."""
    if not keys:
        return set()
    versions = select(FileVersion.object_key).where(FileVersion.object_key.in_(keys))
    uploads = select(Upload.object_key).where(Upload.object_key.in_(keys), Upload.state == "pending")
    made = select(RENDITION.c.object_key).where(RENDITION.c.object_key.in_(keys))
    known = set(db.session.scalars(versions.union_all(uploads, made)))
    db.session.rollback()
    return known


def _is_promised(keys: list[str]) -> set[str]:
    """Those whose deletion is promised for later: they stay until then, for a backup that began before."""
    if not keys:
        return set()
    known = set(db.session.scalars(select(ObjectDeletion.object_key).where(ObjectDeletion.object_key.in_(keys))))
    db.session.rollback()
    return known


def sweep_multiparts(*, grace: timedelta = GRACE) -> int:
    """Abort multipart uploads in the store that no open row knows. Returns how many."""
    before = datetime.now(UTC) - grace
    stale = [(key, ident) for key, ident, begun in multipart.running(PREFIX) if begun < before]
    swept = 0
    for start in range(0, len(stale), BATCH):
        some = stale[start : start + BATCH]
        known = _open_multiparts([ident for _, ident in some])
        for key, ident in some:
            if ident not in known:
                multipart.abort(key, ident)
                swept += 1
    return swept


def _open_multiparts(idents: list[str]) -> set[str]:
    """Those that an open upload waits for.

    By their own ids: where the store's answer to the beginning was lost and it was asked again, two bear the key of one
    upload, and only the second is known.
    """
    open_ones = select(Upload.multipart_id).where(Upload.multipart_id.in_(idents), Upload.state == "pending")
    known = {ident for ident in db.session.scalars(open_ones) if ident is not None}
    db.session.rollback()
    return known


@transactional
def forget_old_uploads() -> None:
    """Delete rows of uploads that ended long ago."""
    db.session.execute(
        delete(Upload).where(Upload.state != "pending", Upload.created_at < func.now() - KEEP_HISTORY)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def forget_client(client_id: str) -> int:
    """Delete every object of a client that was erased: its rows are gone, its keys begin with its id.

    :raises RetryLater: the client is still there; nothing is deleted.
    """
    clients = table("client", sql_column("id"))
    ident = uuid.UUID(client_id)
    if db.session.scalar(select(clients.c.id).where(clients.c.id == ident)) is not None:
        raise RetryLater("the client is still there")
    db.session.rollback()
    keys = [key for prefix in (PREFIX, MADE) for key, _ in storage.keys(f"{prefix}{ident.hex}/")]
    for key in keys:
        storage.delete(key)
    return len(keys)


def hash_version(version_id: str) -> None:
    """Compute the SHA-256 of a version that came in parts, and compare the parts with what the store vouched for.

    :raises RetryLater: the store does not answer, or the content is not what was sent; after the last try this stands
        in the job list.
    """
    version = db.session.get(FileVersion, uuid.UUID(version_id))
    if version is None or version.sha256 is not None:
        return
    key, size = version.object_key, version.size
    db.session.rollback()
    try:
        whole, parts = _digests(key, acceptance.part_bytes(size))
        stored = storage.head(key)
    except storage.StoreAway as away:
        # Not a fault of ours that is given up after some tries: a store may be away for a night.
        raise RetryLater(str(away)) from away
    if stored is not None and stored.crc32 not in (None, parts):
        raise RetryLater(f"{key} is not what was sent")
    _set_hash(key, whole)


def _digests(key: str, part: int) -> tuple[str, str]:
    """(SHA-256 of all in hex, the composite of the parts' CRC-32 as S3 writes it), read once."""
    whole, current, room = hashlib.sha256(), 0, part
    sums: list[str] = []
    for chunk in storage.read(key):
        whole.update(chunk)
        rest = memoryview(chunk)
        while part and len(rest) >= room:
            sums.append(multipart.crc32_said(zlib.crc32(rest[:room], current)))
            rest, current, room = rest[room:], 0, part
        current = zlib.crc32(rest, current)
        room -= len(rest)
    if part and room < part:
        sums.append(multipart.crc32_said(current))
    return whole.hexdigest(), multipart.composite(sums)


@transactional
def _set_hash(key: str, sha256: str) -> None:
    """For every version of this object: a copy may have been made before its checksum was known."""
    db.session.execute(
        update(FileVersion).where(FileVersion.object_key == key, FileVersion.sha256.is_(None)).values(sha256=sha256)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
