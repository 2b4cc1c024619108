"""What an administrator decides about a content that the virus check holds back."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select

from portal import activity
from portal.files.commands.scanning import TASK, follow_latest, free, hold
from portal.files.models import BinEntry, File, FileVersion, Folder, ObjectDeletion
from portal.files.refusals import Gone
from portal.files.scanning import WAITING, scanner_url
from portal.kit.db import db, transactional
from portal.kit.errors import Refused
from portal.outbox import emit

REASON_LENGTH = 500


class NoReason(Refused):
    """Who lets out what may be dangerous says why."""

    sentence = _l("Say why this file may be opened: the reason stands in the activity.")
    field = "reason"


class NoScanner(Refused):
    """There is nothing to check with."""

    sentence = _l("No virus scanner is set up, so nothing can be checked. You can release the file, or delete it.")
    status = 409


class DecidedMeanwhile(Gone):
    """The scanner or a colleague was quicker."""

    sentence = _l("This file is not held back any more: the scanner or a colleague was quicker.")


@transactional
def release(version: FileVersion, *, reason: str, actor: Any) -> File:
    """Let a content be opened although it was not found clean, for a reason that the log keeps.

    :raises NoReason: there is none, or one that is endless.
    :raises DecidedMeanwhile: it is not held back any more.
    """
    reason = " ".join(reason.split())
    if not reason or len(reason) > REASON_LENGTH:
        raise NoReason()
    file = free(_held(version))
    folder = db.session.get(Folder, file.folder_id)
    activity.record(activity.verbs.FILE_RELEASED, actor=actor, file=file, folder=folder, reason=reason)
    return file


@transactional
def erase(version: FileVersion, *, actor: Any) -> None:
    """Delete a content that is held back for good, and its file where it has no other. Receipts keep their lines.

    :raises DecidedMeanwhile: it is not held back any more.
    """
    held = _held(version)
    file = db.session.get_one(File, held.file_id, populate_existing=True)
    folder = db.session.get(Folder, file.folder_id)
    activity.record(activity.verbs.FILE_QUARANTINE_ERASED, actor=actor, file=file, folder=folder)
    # At once, unlike other deletions: no backup needs what is infected. The reaper looks who else has the object.
    db.session.add(ObjectDeletion(object_key=held.object_key))
    db.session.delete(held)
    db.session.flush()  # what is left is counted by SQL
    if db.session.scalar(select(func.count()).where(FileVersion.file_id == file.id)):
        follow_latest(file.id)
        return
    entry_id = file.bin_id
    db.session.execute(delete(File).where(File.id == file.id))
    db.session.execute(delete(BinEntry).where(BinEntry.id == entry_id, BinEntry.file_id == file.id))
    db.session.expunge(file)


@transactional
def check_again(version: FileVersion, *, actor: Any) -> None:
    """Have a content checked that waits: the scanner's limits were raised, or it was away for too long.

    :raises NoScanner: none is set up.
    :raises DecidedMeanwhile: it does not wait any more.
    """
    if scanner_url() is None:
        raise NoScanner()
    held = _held(version)
    if held.quarantine != WAITING:
        raise DecidedMeanwhile()
    held.signature = ""
    emit(TASK, version_id=held.id)


def _held(version: FileVersion) -> FileVersion:
    held = hold(version.id)
    if held is None:
        raise DecidedMeanwhile()
    return held
