"""A line in the log for who opened a file to read it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from portal.activity import record, verbs
from portal.activity.models import Activity
from portal.files.models import File, Folder
from portal.kit.db import db, transactional

# Turning back to a file within this time is the same reading.
SAME_READING = timedelta(hours=1)


@transactional
def note_reading(file: File, *, actor: Any) -> None:
    """Say in the log that somebody opened a file; once an hour, however often they turn back to it."""
    known = (
        select(Activity.id)
        .where(Activity.actor_id == actor.id, Activity.file_id == file.id, Activity.verb == verbs.FILE_OPENED.key)
        .where(Activity.at > func.now() - SAME_READING)
        .limit(1)
    )
    if db.session.scalar(known) is None:
        record(verbs.FILE_OPENED, actor=actor, file=file, folder=db.session.get(Folder, file.folder_id))
