"""The virus check itself, and what follows from its answer. Runs in workers; each step may come twice."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import structlog
from botocore.exceptions import ClientError
from sqlalchemy import Text, cast, exists, func, select, update

from portal import activity
from portal.accounts.models import Person
from portal.clients.models import Client
from portal.files.models import File, FileVersion, Folder
from portal.files.scanning import INFECTED, TOO_LARGE, WAITING, scanner_url, was_not_looked_into
from portal.kit import antivirus, storage
from portal.kit.db import db, transactional
from portal.mailer.commands import send
from portal.outbox import emit
from portal.outbox.models import OutboxEntry
from portal.outbox.registry import RetryLater

log = structlog.get_logger(__name__)

TASK = "files.scan"
# Contents promised in one run of the catch-up; the next run takes the others.
MOST_PROMISED = 500
# What waits for this long has lost its promise, or was never given one.
OVERLOOKED = timedelta(minutes=5)


def scan_version(version_id: str) -> None:
    """Check one content that waits. Without a scanner it goes on waiting: an administrator may release it.

    What the scanner does not look into (it is larger than its limit) is not let through: it waits for an administrator.

    :raises RetryLater: the scanner or the store does not answer.
    """
    url = scanner_url()
    waiting = select(FileVersion.object_key).where(
        FileVersion.id == uuid.UUID(version_id), FileVersion.quarantine == WAITING
    )
    key = db.session.scalar(waiting)
    db.session.rollback()  # reading a large content must not hold a transaction open
    if key is None or url is None:
        return
    try:
        found = antivirus.scan(url, storage.read(key, antivirus.CHUNK))
    except antivirus.TooLong:
        found = TOO_LARGE
    except antivirus.ScannerAway as away:
        raise RetryLater(f"the virus scanner does not answer: {away}") from away
    except storage.StoreAway as away:
        raise RetryLater(str(away)) from away
    except ClientError as error:
        raise RetryLater(f"the content cannot be read: {error}") from error
    if found is None:
        pass_clean(uuid.UUID(version_id))
    elif was_not_looked_into(found):
        _leave_waiting(uuid.UUID(version_id), found)
    else:
        keep_away(uuid.UUID(version_id), found)


@transactional
def pass_clean(version_id: uuid.UUID) -> None:
    """Nothing was found: let the content free, and have made what shows it."""
    held = _hold(version_id, WAITING)
    if held is not None:
        free(held)


def free(version: FileVersion) -> File:
    """Let a content that the running command holds free. Returns its file, which now shows it if it is the latest."""
    version.quarantine, version.signature = "", ""
    db.session.flush()  # the file's latest clean content is looked for by SQL
    file = follow_latest(version.file_id)
    emit("contents.make", version_id=version.id)
    return file


@transactional
def keep_away(version_id: uuid.UUID, signature: str) -> None:
    """A virus was found: whoever uploaded it is told, and the file goes on with its latest clean content, if any."""
    version = _hold(version_id, WAITING)
    if version is None:
        return
    version.quarantine, version.signature = INFECTED, signature
    db.session.flush()  # the file's latest clean content is looked for by SQL
    file = follow_latest(version.file_id)
    folder = db.session.get_one(Folder, file.folder_id)
    log.warning("files.infected", version_id=str(version_id), file_id=str(file.id), signature=signature)
    activity.record(activity.verbs.FILE_INFECTED, file=file, folder=folder, signature=signature)
    emit("document_requests.infected", file_id=file.id)
    person = db.session.get(Person, version.uploaded_by_id) if version.uploaded_by_id else None
    if person is not None and person.disabled_at is None:
        client = db.session.get_one(Client, file.client_id)
        send(
            "file_infected", to=person, client_id=client.id, name=file.name, client_name=client.name,
            folder_id=folder.id, earlier=file.quarantine == "",
        )  # fmt: skip


@transactional
def _leave_waiting(version_id: uuid.UUID, why: str) -> None:
    version = _hold(version_id, WAITING)
    if version is not None:
        version.signature = why
        log.warning("files.not_scanned", version_id=str(version_id), why=why)


def hold(version_id: uuid.UUID) -> FileVersion | None:
    """A content that is held back, locked with its file; None where it is free or gone."""
    return _hold(version_id, WAITING, INFECTED)


def _hold(version_id: uuid.UUID, *states: str) -> FileVersion | None:
    """The file's row is locked first, as everywhere: a new content may be coming in at this moment."""
    of_version = select(FileVersion.file_id).where(FileVersion.id == version_id).scalar_subquery()
    db.session.execute(select(File.id).where(File.id == of_version).with_for_update(key_share=True))
    held: FileVersion | None = db.session.scalars(
        select(FileVersion)
        .where(FileVersion.id == version_id, FileVersion.quarantine.in_(states))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    return held


def follow_latest(file_id: uuid.UUID) -> File:
    """Let a file show its latest clean content; where none is clean it is held back with the one that it has.

    The caller holds the file's row.
    """
    versions = (
        select(FileVersion)
        .where(FileVersion.file_id == file_id)
        .order_by((FileVersion.quarantine == "").desc(), FileVersion.number.desc())
        .execution_options(populate_existing=True)
    )
    file = db.session.get_one(File, file_id, populate_existing=True)
    latest = db.session.scalars(versions.limit(1)).one()
    if latest.quarantine:
        # None is clean: the file keeps the facts of the content that made it, as long as that is there.
        latest = db.session.get(FileVersion, file.version_id, populate_existing=True) or latest
    facts: dict[str, Any] = {"quarantine": latest.quarantine}
    if latest.id != file.version_id:
        facts |= {
            "version_id": latest.id,
            "size": latest.size,
            "content_type": latest.content_type,
            "uploaded_by_id": latest.uploaded_by_id,
            "uploaded_at": latest.created_at,
        }
    db.session.execute(
        update(File).where(File.id == file_id).values(**facts).execution_options(synchronize_session=False)
    )
    db.session.refresh(file)
    return file


@transactional
def catch_up() -> int:
    """Promise the check of what waits and was overlooked: the scanner was set up later, or a promise was given up.

    Returns how many. Nothing without a scanner, and nothing twice: what is promised and open is left alone.
    """
    if scanner_url() is None:
        return 0
    promised = exists().where(
        OutboxEntry.name == TASK,
        OutboxEntry.done_at.is_(None),
        OutboxEntry.failed_at.is_(None),
        OutboxEntry.payload["version_id"].astext == cast(FileVersion.id, Text),
    )
    overlooked = (
        select(FileVersion.id)
        .where(
            FileVersion.quarantine == WAITING,
            FileVersion.signature == "",
            FileVersion.created_at < func.now() - OVERLOOKED,
            ~promised,
        )
        .order_by(FileVersion.created_at)
    )
    found = list(db.session.scalars(overlooked.limit(MOST_PROMISED)))
    for ident in found:
        emit(TASK, version_id=ident)
    return len(found)
