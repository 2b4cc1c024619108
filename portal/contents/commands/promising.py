"""Finding what was not made yet, and asking for more pages."""

from __future__ import annotations

import uuid

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert

from portal.contents.commands.making import GROUP
from portal.contents.models import Preview
from portal.files.models import FileVersion
from portal.kit.db import db, transactional
from portal.outbox import emit
from portal.outbox.models import OutboxEntry

# Versions looked at in one statement, and promised in one run: old files must not keep new ones waiting for long.
STEP = 5000
MOST_PROMISED = 500


def catch_up() -> int:
    """Promise what was published without a promise: files of before, and those let free by the virus check.

    Walks over the ids of versions in bounded steps, each a range of two primary keys. Returns how many were promised.
    """
    promised = 0
    after: uuid.UUID | None = uuid.UUID(int=0)
    while after is not None and promised < MOST_PROMISED:
        after, some = _promise_from(after, MOST_PROMISED - promised)
        promised += some
    return promised


@transactional
def _promise_from(after: uuid.UUID, most: int) -> tuple[uuid.UUID | None, int]:
    """(where to go on, how many were promised) among the next 5,000 versions."""
    step = select(FileVersion.id).where(FileVersion.id > after).order_by(FileVersion.id).limit(STEP)
    ids = list(db.session.scalars(step))
    if not ids:
        return None, 0
    missing = (
        select(FileVersion.id)
        .where(FileVersion.id > after, FileVersion.id <= ids[-1], FileVersion.quarantine == "")
        .where(~exists().where(Preview.version_id == FileVersion.id))
        .order_by(FileVersion.id)
        .limit(most)
    )
    found = list(db.session.scalars(missing))
    if found:
        rows = [{"version_id": ident} for ident in found]
        db.session.execute(insert(Preview).values(rows).on_conflict_do_nothing())
    for ident in found:
        emit("contents.make", version_id=ident)
    return ids[-1], len(found)


@transactional
def ask_for_pages(version_id: uuid.UUID, number: int) -> None:
    """Have the pages from ``number`` on made, unless that is promised already."""
    first = (number - 1) // GROUP * GROUP + 1
    waiting = select(OutboxEntry.id).where(
        OutboxEntry.name == "contents.make_pages",
        OutboxEntry.payload == {"version_id": str(version_id), "first": first},
        OutboxEntry.done_at.is_(None),
        OutboxEntry.failed_at.is_(None),
    )
    if db.session.scalar(waiting.limit(1)) is None:
        emit("contents.make_pages", version_id=version_id, first=first)
