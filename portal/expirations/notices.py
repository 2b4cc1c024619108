"""Tell people 7 days and 1 day before an access ends: who has it, and who can let it go on.

The notice and its mails are one transaction, and the notice's key is unique: run twice, or by two workers at once, or
killed in between, everybody is told once. After a time without workers the closest notice is told, not each that was
missed. An access that was renewed has another end, of which people are told anew.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, case, delete, exists, func, select, union_all
from sqlalchemy.dialects.postgresql import insert

from portal.accounts.models import Person
from portal.clients.models import Client
from portal.expirations.models import ExpiryNotice
from portal.expirations.readers import Readers
from portal.expirations.sources import ending_files, ending_grants, ending_memberships, one_per_grant
from portal.files.models import File, Folder
from portal.kit import days
from portal.kit.db import db, new_id, transactional
from portal.mailer.commands import send

# Days before the end on which people are told, the closest first.
BEFORE = (1, 7)
BATCH = 500
# A mail of hundreds of lines helps nobody; the page has them all.
MOST_IN_MAIL = 20
KEPT = timedelta(days=400)


def tell() -> int:
    """Tell whoever has to be told now. Returns of how many accesses."""
    told = 0
    while batch := _tell_some():
        told += batch
    forget_old()
    return told


@transactional
def _tell_some() -> int:
    due = db.session.execute(_due().limit(BATCH)).all()
    if not due:
        return 0
    noted = _noted(due)
    _mail([row for row in due if _key(row) in noted])
    return len(due)


def _due() -> Any:
    """Accesses that end within a week and of which nobody was told for this day before."""
    every = union_all(ending_memberships(), one_per_grant(ending_grants()), ending_files()).subquery()
    left = every.c.ends_at - func.now()
    before = case(*[(left <= timedelta(days=number), number) for number in BEFORE])
    told = exists().where(
        ExpiryNotice.kind == every.c.kind,
        ExpiryNotice.subject_id == every.c.subject_id,
        ExpiryNotice.person_id.is_not_distinct_from(every.c.person_id),
        ExpiryNotice.ends_at == every.c.ends_at,
        # Who was told a day before need not hear that it was a week.
        ExpiryNotice.days <= before,
    )
    return (
        select(*every.c, before.label("days"))
        .join(Client, and_(Client.id == every.c.client_id, Client.binned_at.is_(None)))
        .where(every.c.ends_at > func.now(), left <= timedelta(days=max(BEFORE)), ~told)
        .order_by(every.c.ends_at, every.c.kind, every.c.subject_id, every.c.person_id)
    )


def _noted(due: Sequence[Any]) -> set[tuple[Any, ...]]:
    """Write the notices; those that another worker has written meanwhile are left to it."""
    rows = [
        {
            "id": new_id(),
            "kind": row.kind,
            "client_id": row.client_id,
            "person_id": row.person_id,
            "subject_id": row.subject_id,
            "ends_at": row.ends_at,
            "days": row.days,
        }
        for row in due
    ]
    written = (
        insert(ExpiryNotice)
        .values(rows)
        .on_conflict_do_nothing()
        .returning(ExpiryNotice.kind, ExpiryNotice.subject_id, ExpiryNotice.person_id, ExpiryNotice.ends_at)
    )
    return {tuple(row) for row in db.session.execute(written)}


def _key(row: Any) -> tuple[Any, ...]:
    return row.kind, row.subject_id, row.person_id, row.ends_at


def _mail(rows: Sequence[Any]) -> None:
    """One mail to each reader, whatever the number of lines."""
    if not rows:
        return
    readers = Readers({row.client_id for row in rows}, {row.folder_id for row in rows if row.folder_id is not None})
    lines = _Lines(rows)
    own: dict[uuid.UUID, list[dict[str, str]]] = {}
    staff: dict[uuid.UUID, list[dict[str, str]]] = {}
    for row in rows:
        person = lines.people.get(row.person_id)
        if person is not None and person.is_active and not (lines.is_closed(row) and not person.is_staff):
            own.setdefault(person.id, []).append(lines.line(row))
        for reader in readers.of(row):
            staff.setdefault(reader.id, []).append(lines.line(row))
    people = {**lines.people, **readers.people}
    for told, for_staff in ((own, False), (staff, True)):
        for ident, texts in told.items():
            send(
                "access_ends", to=people[ident], for_staff=for_staff, lines=texts[:MOST_IN_MAIL], count=len(texts),
                is_staff=people[ident].is_staff,
            )  # fmt: skip


class _Lines:
    """Writes rows as lines of a mail: names and the last day, looked up for all rows together."""

    def __init__(self, rows: Sequence[Any]) -> None:
        self.people: dict[uuid.UUID, Person] = _by_id(Person, (row.person_id for row in rows))
        self.clients: dict[uuid.UUID, Client] = _by_id(Client, (row.client_id for row in rows))
        self.folders: dict[uuid.UUID, Folder] = _by_id(Folder, (row.folder_id for row in rows))
        self.files: dict[uuid.UUID, File] = _by_id(File, (row.subject_id for row in rows))

    def is_closed(self, row: Any) -> bool:
        """The client is disabled: its contacts see nothing of it anyway."""
        return self.clients[row.client_id].disabled_at is not None

    def line(self, row: Any) -> dict[str, str]:
        """JSON values: kind, client, person, folder, file and last (ISO 8601)."""
        person, folder, file = (
            self.people.get(row.person_id), self.folders.get(row.folder_id), self.files.get(row.subject_id)
        )  # fmt: skip
        return {
            "kind": row.kind,
            "client": self.clients[row.client_id].name,
            "person": person.full_name if person is not None else "",
            "folder": folder.name if folder is not None else "",
            "file": file.name if file is not None else "",
            "last": days.last_day(row.ends_at).isoformat(),
        }


def _by_id(model: Any, ids: Iterable[uuid.UUID | None]) -> dict[Any, Any]:
    wanted = {ident for ident in ids if ident is not None}
    if not wanted:
        return {}
    return {row.id: row for row in db.session.scalars(select(model).where(model.id.in_(wanted))).unique()}


@transactional
def forget_old() -> None:
    """Delete notices of what ended long ago."""
    old = ExpiryNotice.ends_at < func.now() - KEPT
    db.session.execute(delete(ExpiryNotice).where(old).execution_options(synchronize_session=False))
