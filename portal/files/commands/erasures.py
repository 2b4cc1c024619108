"""Entries of the bin that somebody deletes for good, before their time."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from portal.files.commands.for_ever import Going, delete_for_ever, going
from portal.files.commands.permitted import viewer_of
from portal.files.models import BinEntry
from portal.files.queries import bin_entries
from portal.files.refusals import Gone
from portal.files.selections import NothingChosen
from portal.kit.bulk import any_ids
from portal.kit.db import db, transactional
from portal.permissions.commands import lock_client

# Each is counted and deleted by itself, with all that it holds: in one go no more than this.
MOST_ERASED = 200


@dataclass(frozen=True)
class Erasure:
    """What goes for good: entries by id, and what they hold together."""

    ids: list[uuid.UUID]
    names: list[str]
    sum: Going


def entries_to_erase(viewer: Any, client_id: uuid.UUID, ids: Collection[uuid.UUID] | None) -> Erasure:
    """What would go: these entries, or with None the newest of the whole bin; 200 at most.

    :raises NothingChosen: the viewer sees none of them.
    """
    entries = _entries(viewer, client_id, ids)
    parts = [going(entry) for entry in entries]
    total = Going(*(sum(getattr(part, name) for part in parts) for name in ("folders", "files", "size", "entries")))
    return Erasure([entry.id for entry in entries], [entry.name for entry in entries], total)


@transactional
def erase_entries(client_id: uuid.UUID, ids: Collection[uuid.UUID], *, actor: Any) -> int:
    """Delete entries for good, with all versions of what they hold. Returns how many went.

    :raises NothingChosen: none of them is there for the actor.
    """
    lock_client(client_id)
    gone = 0
    for entry in _entries(viewer_of(actor), client_id, ids):
        try:
            delete_for_ever(entry, actor=actor)
            gone += 1
        except Gone:
            # It lay in another one and went with it.
            continue
    return gone


def _entries(viewer: Any, client_id: uuid.UUID, ids: Collection[uuid.UUID] | None) -> list[BinEntry]:
    rows = bin_entries(viewer, client_id)
    if ids is not None:
        rows = rows.where(BinEntry.id == any_ids(ids))
    found = list(db.session.scalars(rows.limit(MOST_ERASED)))
    if not found:
        raise NothingChosen()
    return found
