"""What was kept long enough goes: earlier versions of files, and what lies in the bin."""

from __future__ import annotations

import uuid
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from portal import activity
from portal.clients.models import Client
from portal.files.commands.files import lock_file
from portal.files.commands.for_ever import delete_for_ever
from portal.files.commands.leaving import promise_objects
from portal.files.commands.naming import lock_folder
from portal.files.models import BinEntry, File, FileVersion
from portal.files.refusals import Gone
from portal.files.retention import due_entries, due_versions, present
from portal.kit.bulk import any_ids
from portal.kit.db import db, transactional
from portal.kit.errors import Refused
from portal.permissions.commands import lock_client

# What one run does at most, so that a rule that was shortened does not hold a worker for hours: the next run goes on.
CLIENTS = 500
VERSIONS = 5_000
ENTRIES = 200


class IsCurrent(Refused):
    """The current version is the file itself."""

    sentence = _l("This is the current version. Bring back another one first, or delete the file.")
    status = 409


def clean_up() -> None:
    """Delete what the firm's retention no longer keeps. Harmless when run twice, at once or not at all for a while."""
    delete_old_versions()
    empty_bins()


def delete_old_versions() -> int:
    """Earlier versions beyond the firm's number or age. Returns how many went, 5,000 of a client at most."""
    rule = present()
    if rule.keeps_all_versions:
        return 0
    rows = due_versions(rule).subquery()
    clients = list(db.session.scalars(select(rows.c.client_id).distinct().limit(CLIENTS)))
    db.session.rollback()  # each client is a transaction of its own
    return sum(_delete_versions_of(client_id) for client_id in clients)


@transactional
def _delete_versions_of(client_id: uuid.UUID) -> int:
    """The versions of one client and the line that says so, both or neither."""
    lock_client(client_id)
    client = db.session.get(Client, client_id)
    rows = db.session.execute(due_versions(present(), client_id=client_id).limit(VERSIONS)).all()
    if client is None or not rows:
        return 0
    _delete([row.id for row in rows])
    size = sum(row.size for row in rows)
    activity.record(activity.verbs.VERSIONS_EXPIRED, client=client, count=len(rows), bytes=size)
    return len(rows)


def _delete(ids: list[uuid.UUID]) -> None:
    which = FileVersion.id == any_ids(ids)
    promise_objects(select(FileVersion.id).where(which))
    db.session.execute(delete(FileVersion).where(which).execution_options(synchronize_session=False))


@transactional
def delete_version(version: FileVersion, *, actor: Any) -> None:
    """Delete an earlier version for good.

    :raises IsCurrent: it is what the file holds now.
    :raises Gone: it, or its file, is not there any more.
    """
    file = db.session.get(File, version.file_id)
    if file is None:
        raise Gone()
    folder = lock_folder(file.folder_id)
    file = lock_file(file)
    found = db.session.scalar(select(FileVersion.number).where(FileVersion.id == version.id))
    if found is None or file.folder_id != folder.id:
        raise Gone()
    if file.version_id == version.id:
        raise IsCurrent()
    activity.record(activity.verbs.FILE_VERSION_DELETED, actor=actor, file=file, folder=folder, version=found)
    _delete([version.id])


def empty_bins() -> int:
    """Entries of the bin whose days are over, each in a transaction of its own. Returns how many went."""
    entries = list(db.session.scalars(due_entries(present()).order_by(BinEntry.id).limit(ENTRIES)))
    db.session.rollback()
    gone = 0
    for entry in entries:
        try:
            delete_for_ever(entry, actor=None)
            gone += 1
        except Gone:
            # It went with an entry that held it, or somebody restored it meanwhile.
            continue
    return gone
