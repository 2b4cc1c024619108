"""Many entries of the bin back at once: those that simply stand where they stood in a few statements."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update

from portal import activity
from portal.activity.commands import line, record_many
from portal.files.commands.bin import restore
from portal.files.commands.bulk import NOT_THERE, Done, Named, forget_files
from portal.files.commands.confirmation import people_of_client, refuse_unconfirmed
from portal.files.commands.deleted_many import compared
from portal.files.commands.naming import taken_keys
from portal.files.commands.outcomes import read_outcome
from portal.files.commands.permitted import viewer_of
from portal.files.commands.regions import reread
from portal.files.models import BinEntry, File, Folder
from portal.files.queries import bin_entries
from portal.files.selections import MOST_CHOSEN, NothingChosen, TooMuchChosen
from portal.kit.bulk import any_ids
from portal.kit.db import db, transactional
from portal.kit.names import name_key
from portal.permissions.commands import lock_client

_QUIETLY = {"synchronize_session": False}


@dataclass(frozen=True)
class Entry:
    """What an entry said before it went: plain values, since its row is deleted."""

    id: uuid.UUID
    kind: str
    name: str
    subject_id: uuid.UUID
    parent_id: uuid.UUID
    levels: dict[str, dict[str, int]]


@transactional
def take_back_many(
    client_id: uuid.UUID, entry_ids: Sequence[uuid.UUID], *, actor: Any, confirmed: str | None = None
) -> Done:
    """Restore entries of one client's bin. What stands where it stood, under its name, costs about twenty statements
    for any number; what has to go elsewhere or needs another name is restored one by one.

    :raises NeedsConfirmation: somebody would see or do more or less with them than when they were deleted, and this
        was not what was confirmed.
    :raises NothingChosen: none of them is there for the actor.
    :raises TooMuchChosen: more than 10,000.
    """
    if len(entry_ids) > MOST_CHOSEN:
        raise TooMuchChosen()
    lock_client(client_id)
    seen = bin_entries(viewer_of(actor), client_id).where(BinEntry.id == any_ids(entry_ids))
    rows = list(db.session.scalars(seen.with_for_update(of=BinEntry).execution_options(populate_existing=True)))
    if not rows:
        raise NothingChosen()
    entries = [_entry(row) for row in rows]
    done = Done(len(set(entry_ids)), done=len(rows))
    done.leave(NOT_THERE, [], done.total - len(rows))
    people = people_of_client(client_id)
    ids = [person.id for person in people]
    before = read_outcome(client_id, ids, with_files=True)
    _restore(client_id, rows, entries, actor)
    after = read_outcome(client_id, ids, with_files=True)
    preview = compared(client_id, entries, before, after, people, viewer=viewer_of(actor))
    refuse_unconfirmed(tuple(sorted(entry.id for entry in entries)), preview, confirmed)
    return done


def _entry(row: BinEntry) -> Entry:
    subject = row.folder_id if row.kind == "folder" else row.file_id
    return Entry(row.id, row.kind, row.name, uuid.UUID(str(subject)), row.parent_id, row.levels)


def _restore(client_id: uuid.UUID, rows: list[BinEntry], entries: list[Entry], actor: Any) -> None:
    simple = _simple(entries)
    others = [row for row in rows if row.id not in simple]
    _restore_in_place([entry for entry in entries if entry.id in simple], client_id, actor)
    # Entries above others first, so that what lay in a folder finds it there again.
    for row in sorted(others, key=lambda row: row.id):
        restore(row, actor=actor)


def _simple(entries: Sequence[Entry]) -> set[uuid.UUID]:
    """Those whose place is there, whose name is free in it, and that hold what they held. Locks the places."""
    places: dict[uuid.UUID, list[Entry]] = defaultdict(list)
    for entry in entries:
        places[entry.parent_id].append(entry)
    living = select(Folder.id).where(Folder.id == any_ids(places), Folder.bin_id.is_(None)).order_by(Folder.id)
    held = {
        row.bin_id
        for model in (Folder, File)
        for row in db.session.execute(
            select(model.bin_id).where(model.id == any_ids(entry.subject_id for entry in entries))
        )
    }
    found = set()
    for parent_id in db.session.execute(living.with_for_update(key_share=True)).scalars():
        taken = taken_keys(parent_id, [name_key(entry.name) for entry in places[parent_id]])
        for entry in places[parent_id]:
            key = name_key(entry.name)
            if entry.id in held and key not in taken:
                taken.add(key)
                found.add(entry.id)
    return found


def _restore_in_place(entries: Sequence[Entry], client_id: uuid.UUID, actor: Any) -> None:
    if not entries:
        return
    ids = [entry.id for entry in entries]
    for model in (Folder, File):
        back = update(model).where(model.bin_id == any_ids(ids)).values({"bin_id": None})
        db.session.execute(back.execution_options(**_QUIETLY))
    for known in [row for row in db.session().identity_map.values() if isinstance(row, BinEntry) and row.id in ids]:
        db.session.expunge(known)
    db.session.execute(delete(BinEntry).where(BinEntry.id == any_ids(ids)).execution_options(**_QUIETLY))
    reread(client_id)
    forget_files()
    places = db.session.scalars(select(Folder).where(Folder.id == any_ids(entry.parent_id for entry in entries)))
    parents = {folder.id: folder for folder in places}
    verbs = activity.verbs
    record_many(
        [
            line(
                verbs.FOLDER_RESTORED, actor=actor, folder=Named(entry.subject_id, entry.name, parents[entry.parent_id])
            )
            if entry.kind == "folder"
            else line(
                verbs.FILE_RESTORED,
                actor=actor,
                folder=parents[entry.parent_id],
                file=Named(entry.subject_id, entry.name, parents[entry.parent_id]),
            )
            for entry in entries
        ]
    )
