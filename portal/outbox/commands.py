"""Promise work, do it once, try it again, give it up visibly."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy import case, delete, func, literal, or_, select, update

from portal.kit.bulk import insert_rows
from portal.kit.db import after_commit, db, new_id, transactional
from portal.outbox.models import OutboxEntry
from portal.outbox.registry import TASKS, RetryLater, Task

log = structlog.get_logger(__name__)

# Work that was rung for is rung for again after this long: the message may have been lost with the broker or a worker.
RING_AGAIN = timedelta(minutes=1)
# Of many pieces of work that are promised together, this many are rung for by the request itself.
RUNG_AT_ONCE = 4


@dataclass(frozen=True)
class Claim:
    """One try: ``attempt`` counts from 1 and is the fence that keeps a worker out whose lease was given to another."""

    entry_id: uuid.UUID
    name: str
    payload: dict[str, Any]
    attempt: int


# What this worker is at, for :func:`keep_lease`.
_current: ContextVar[Claim | None] = ContextVar("outbox_claim", default=None)

# How the broker is rung. The application sets it; without one (a command line tool), the sweep finds the work.
_ring: Callable[[str, str], None] | None = None


def connect_bell(ring: Callable[[str, str], None]) -> None:
    """Tell the outbox how to wake a worker: ``ring(queue, entry id)``."""
    global _ring
    _ring = ring


@contextmanager
def without_bell() -> Iterator[None]:
    """Inside, no worker is woken: for who promises hundreds of pieces of work and does them itself (the demo)."""
    global _ring
    before, _ring = _ring, None
    try:
        yield
    finally:
        _ring = before


def emit(name: str, *, at: datetime | None = None, **payload: Any) -> uuid.UUID:
    """Promise that task ``name`` runs with ``payload`` after the commit of the running command.

    :param name: a name of ``registry.TASKS``.
    :param at: not before this moment.
    :param payload: JSON values; ids, never whole objects.
    :raises RuntimeError: outside of a command.
    """
    values = {key: str(value) if isinstance(value, uuid.UUID) else value for key, value in payload.items()}
    entry_id = new_id()
    entry = OutboxEntry(id=entry_id, name=name, payload=values)
    if at is None:
        after_commit(partial(_ring_at_once, name, entry_id))
    else:
        entry.available_at = at
    db.session.add(entry)
    return entry_id


def emit_many(name: str, payloads: Sequence[Mapping[str, Any]]) -> list[uuid.UUID]:
    """:func:`emit` for many payloads of one task, with one statement. Returns the ids in the same order.

    Workers are rung for the first few at once; the sweep rings for the others within seconds, so that a request does
    not wait for a hundred rings.

    :raises RuntimeError: outside of a command.
    """
    texts = [(new_id(), json.dumps(payload, default=_as_text)) for payload in payloads]
    for entry_id, _ in texts[:RUNG_AT_ONCE]:
        after_commit(partial(_ring_at_once, name, entry_id))
    insert_rows(OutboxEntry, [{"id": entry_id, "name": name, "payload": payload} for entry_id, payload in texts])
    return [entry_id for entry_id, _ in texts]


def _as_text(value: Any) -> str:
    if isinstance(value, uuid.UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be promised")


def _ring_at_once(name: str, entry_id: uuid.UUID) -> None:
    nudge(name, entry_id)


def nudge(name: str, entry_id: uuid.UUID) -> bool:
    """Wake a worker; False when the broker is away. It is only a doorbell: the sweep finds the work a little later."""
    if _ring is None:
        return False
    known = TASKS.get(name)
    try:
        _ring(known.queue if known else "default", str(entry_id))
    except Exception as error:  # noqa: BLE001 - whatever the broker's client raises, the work is safe in the table
        log.warning("outbox.bell_silent", task=name, error=repr(error))
        return False
    return True


def sweep(limit: int = 500) -> int:
    """Ring again for open work that is due, held by nobody and not rung for lately. Returns how many.

    Without the look at ``rung_at`` a backlog would be rung for every five seconds and fill the broker with copies.
    """
    # Noted before it is rung for: a worker that answers at once must not find the row locked by the note, for it would
    # pass on, and the work would wait until it is rung for again.
    due = _due(limit)
    _note_rung([entry_id for entry_id, _name in due])
    for rung, (entry_id, name) in enumerate(due):
        if not nudge(name, entry_id):
            _note_rung([unheard for unheard, _name in due[rung:]], heard=False)
            return rung
    return len(due)


@transactional
def _due(limit: int) -> list[tuple[uuid.UUID, str]]:
    free = or_(OutboxEntry.leased_until.is_(None), OutboxEntry.leased_until < func.now())
    heard = func.greatest(OutboxEntry.available_at, OutboxEntry.leased_until, func.now() - RING_AGAIN)
    rows = db.session.execute(
        select(OutboxEntry.id, OutboxEntry.name)
        .where(
            OutboxEntry.done_at.is_(None),
            OutboxEntry.failed_at.is_(None),
            OutboxEntry.available_at <= func.now(),
            free,
            or_(OutboxEntry.rung_at.is_(None), OutboxEntry.rung_at < heard),
        )
        .order_by(OutboxEntry.available_at)
        .limit(limit)
    )
    return [(entry_id, name) for entry_id, name in rows]


@transactional
def _note_rung(entry_ids: list[uuid.UUID], *, heard: bool = True) -> None:
    if not entry_ids:
        return
    db.session.execute(
        update(OutboxEntry)
        .where(OutboxEntry.id.in_(entry_ids))
        .values(rung_at=func.now() if heard else None)
        .execution_options(synchronize_session=False)
    )


def work(entry_id: uuid.UUID) -> bool:
    """Do one promised piece of work, if it is due and nobody else is at it. Returns whether it is done now."""
    claim = _claim(entry_id)
    if claim is None:
        return False
    known = TASKS.get(claim.name)
    if known is None:
        _give_up(entry_id, f"no task is called {claim.name}")
        return False
    token = _current.set(claim)
    try:
        if known.atomic:
            return _work_atomically(claim, known)
        known.handler(**claim.payload)
        _mark_done(entry_id)
        return True
    except Exception as error:  # noqa: BLE001 - a failing task must be recorded, whatever it raised
        db.session.rollback()
        _report(claim, error)
        _postpone(claim, known, error)
        return False
    finally:
        _current.reset(token)


def _report(claim: Claim, error: Exception) -> None:
    values = {"task": claim.name, "attempt": claim.attempt}
    if isinstance(error, RetryLater):
        log.warning("outbox.postponed", reason=str(error), **values)
    else:
        log.error("outbox.failed", exc_info=error, **values)


@transactional
def _claim(entry_id: uuid.UUID) -> Claim | None:
    entry = db.session.scalars(
        select(OutboxEntry)
        .where(
            OutboxEntry.id == entry_id,
            OutboxEntry.done_at.is_(None),
            OutboxEntry.failed_at.is_(None),
            OutboxEntry.available_at <= func.now(),
            or_(
                OutboxEntry.leased_until.is_(None),
                OutboxEntry.leased_until < func.now(),
            ),
        )
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if entry is None:
        return None
    known = TASKS.get(entry.name)
    # A lease that ran out means that the worker died. Work that kills every worker must end, too.
    if known is not None and entry.leased_until is not None and entry.attempts >= known.max_attempts:
        _give_up(entry_id, "every worker that tried it died")
        return None
    lease = known.lease if known else timedelta(minutes=1)
    db.session.execute(
        update(OutboxEntry)
        .where(OutboxEntry.id == entry_id)
        .values(attempts=OutboxEntry.attempts + 1, leased_until=func.now() + lease)
        .execution_options(synchronize_session=False)
    )
    return Claim(entry_id, entry.name, dict(entry.payload), entry.attempts + 1)


@transactional
def keep_lease() -> None:
    """Say that the work in hand is still alive: long tasks call it between their steps. No effect outside of a task."""
    claim = _current.get()
    known = TASKS.get(claim.name) if claim is not None else None
    if claim is None or known is None:
        return
    db.session.execute(
        update(OutboxEntry)
        .where(OutboxEntry.id == claim.entry_id, OutboxEntry.attempts == claim.attempt)
        .values(leased_until=func.clock_timestamp() + known.lease)
        .execution_options(synchronize_session=False)
    )


@transactional
def note(**facts: Any) -> None:
    """Keep what came of the work in hand beside what was promised (``payload["noted"]``), for a page that shows it.

    For atomic tasks, whose effect and note are one. No effect outside of a task.

    :param facts: JSON values.
    """
    claim = _current.get()
    if claim is None:
        return
    db.session.execute(
        update(OutboxEntry)
        .where(OutboxEntry.id == claim.entry_id)
        .values(payload=OutboxEntry.payload.concat({"noted": facts}))
        .execution_options(synchronize_session=False)
    )


@transactional
def _work_atomically(claim: Claim, known: Task) -> bool:
    # The lock and the second look keep a twin out even when the lease ran out under a slow worker: whoever holds the
    # row is at it, and whoever comes second finds it done.
    still_open = db.session.scalars(
        select(OutboxEntry.id)
        .where(OutboxEntry.id == claim.entry_id, OutboxEntry.done_at.is_(None))
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if still_open is None:
        return False
    known.handler(**claim.payload)
    _mark_done(claim.entry_id)
    return True


@transactional
def _mark_done(entry_id: uuid.UUID) -> None:
    db.session.execute(
        update(OutboxEntry)
        .where(OutboxEntry.id == entry_id)
        .values(done_at=func.now(), leased_until=None, last_error=None)
        .execution_options(synchronize_session=False)
    )


@transactional
def _postpone(claim: Claim, known: Task, error: Exception) -> None:
    outside = isinstance(error, RetryLater)
    wait = error.after if isinstance(error, RetryLater) and error.after is not None else backoff(claim.attempt)
    # A server that is away over a weekend must not cost the mails of that weekend: what failed for a reason outside is
    # given up by age, a fault of ours by the number of tries.
    too_often: Any = (
        OutboxEntry.created_at < func.now() - known.patience
        if outside
        else literal(claim.attempt >= known.max_attempts)
    )
    db.session.execute(
        update(OutboxEntry)
        .where(
            OutboxEntry.id == claim.entry_id,
            OutboxEntry.attempts == claim.attempt,
            OutboxEntry.done_at.is_(None),
        )
        .values(
            leased_until=None,
            last_error=f"{type(error).__name__}: {error}"[:2000].replace("\x00", ""),
            available_at=func.now() + wait,
            failed_at=case((too_often, func.now()), else_=None),
        )
        .execution_options(synchronize_session=False)
    )


@transactional
def _give_up(entry_id: uuid.UUID, reason: str) -> None:
    db.session.execute(
        update(OutboxEntry)
        .where(OutboxEntry.id == entry_id)
        .values(failed_at=func.now(), leased_until=None, last_error=reason)
        .execution_options(synchronize_session=False)
    )


@transactional
def retry(entry_id: uuid.UUID) -> None:
    """Open a given-up piece of work again (administration's job list)."""
    db.session.execute(
        update(OutboxEntry)
        .where(OutboxEntry.id == entry_id, OutboxEntry.done_at.is_(None))
        .values(failed_at=None, attempts=0, available_at=func.now(), leased_until=None)
        .execution_options(synchronize_session=False)
    )


@transactional
def forget_done(older_than: timedelta = timedelta(days=30)) -> None:
    """Delete what was done long ago."""
    db.session.execute(delete(OutboxEntry).where(OutboxEntry.done_at < func.now() - older_than))


def backoff(attempt: int) -> timedelta:
    """How long to wait after failed attempt ``attempt`` (1, 2, ...): 10 s doubling to 1 h, with a fifth of jitter."""
    seconds = min(10 * 2 ** min(attempt - 1, 10), 3600)
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))
