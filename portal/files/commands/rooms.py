"""Taking room for what comes in: counted and taken under one lock, so that no two take the same bytes.

Every command that makes something count (an upload, a copy, a version brought back) takes its bytes here, in its own
transaction. What goes, or is given up, gives nothing back: the number is an upper limit, and is counted anew when
something would not fit, and once a day.
"""

from __future__ import annotations

import uuid
from contextlib import suppress

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from portal.files.acceptance import fit
from portal.files.models import ClientRoom
from portal.files.quota import limits_of, taken_by_all, used_and_taken, used_by, used_by_all
from portal.files.refusals import Gone
from portal.kit.db import db, transactional

# Whoever takes room while there is a limit for all clients together waits for who is at it.
_ALL_CLIENTS = 2**62 + 4


def take_room(client_id: uuid.UUID, size: int, *, name: str) -> None:
    """Take ``size`` bytes for something called ``name``.

    :raises QuotaExceeded: they are not free.
    :raises Gone: the client was erased.
    """
    fit(size, hold_room(client_id, wanted=size), name=name)
    count_in(client_id, size)


def hold_room(client_id: uuid.UUID, *, wanted: int) -> int:
    """Queue with whoever else takes room for this client until the transaction ends. Returns how many bytes are free;
    that is exact where they are fewer than ``wanted``.

    Lock folders and files first: whoever holds room waits for nobody else. Two statements; two more where the firm has
    set a limit for all clients together; all versions are added up where it is not free by what was counted before.
    """
    limits = limits_of(client_id, hold=True)
    if limits.firm is not None:
        db.session.execute(select(func.pg_advisory_xact_lock(_ALL_CLIENTS)))
    left = limits.left(_held(client_id))
    if wanted <= left:
        return left
    used = used_by(client_id)
    _set(client_id, used)
    left = limits.client - used
    if limits.firm is None:
        return left
    together = limits.firm - taken_by_all()
    return min(left, together if wanted <= together else limits.firm - used_by_all())


def count_in(client_id: uuid.UUID, size: int) -> None:
    """Note that so many bytes came in; only while :func:`hold_room` holds."""
    db.session.execute(
        update(ClientRoom).where(ClientRoom.client_id == client_id).values(taken=ClientRoom.taken + size)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def count_again() -> int:
    """Set right what the rows say, each client in a transaction of its own. Returns how many were not exact.

    What was deleted or given up counts no longer; and where a program of an earlier version took room without saying
    so, it counts from now on.
    """
    differing = [row.client_id for row in db.session.execute(used_and_taken()).all()]
    db.session.rollback()
    for client_id in differing:
        with suppress(Gone):
            _count_one(client_id)
    return len(differing)


@transactional
def _count_one(client_id: uuid.UUID) -> None:
    limits_of(client_id, hold=True)
    _held(client_id)
    _set(client_id, used_by(client_id))


def _held(client_id: uuid.UUID) -> int:
    """The client's row, locked, and made where there is none: what its documents take at most, in bytes."""
    row = select(ClientRoom.taken).where(ClientRoom.client_id == client_id).with_for_update()
    taken = db.session.scalar(row)
    if taken is not None:
        return taken
    new = insert(ClientRoom).values(client_id=client_id, taken=0).on_conflict_do_nothing()
    if db.session.scalar(new.returning(ClientRoom.client_id)) is None:
        # Somebody else made it meanwhile, and has committed: the insert has waited for that.
        return int(db.session.scalar(row) or 0)
    used = used_by(client_id)
    _set(client_id, used)
    return used


def _set(client_id: uuid.UUID, taken: int) -> None:
    db.session.execute(
        update(ClientRoom).where(ClientRoom.client_id == client_id).values(taken=taken)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
