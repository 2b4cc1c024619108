"""Promise work, do it once, try it again, give it up visibly."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import delete, func, or_, select, update

from portal.kit.db import after_commit, db, new_id, transactional
from portal.outbox.models import OutboxEntry
from portal.outbox.registry import TASKS, RetryLater, Task

log = structlog.get_logger(__name__)

# How the broker is rung. The application sets it; without one (a command line tool), the sweep finds the work.
_ring: Callable[[str, str], None] | None = None


def connect_bell(ring: Callable[[str, str], None]) -> None:
    """Tell the outbox how to wake a worker: ``ring(queue, entry id)``."""
    global _ring
    _ring = ring


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
        after_commit(lambda: nudge(name, entry_id))
    else:
        entry.available_at = at
    db.session.add(entry)
    return entry_id


def nudge(name: str, entry_id: uuid.UUID) -> None:
    """Wake a worker. The broker is only a doorbell: when it is down the sweep finds the work a little later."""
    if _ring is None:
        return
    known = TASKS.get(name)
    try:
        _ring(known.queue if known else "default", str(entry_id))
    except Exception as error:  # noqa: BLE001 - whatever the broker's client raises, the work is safe in the table
        log.warning("outbox.bell_silent", task=name, error=repr(error))


def sweep(limit: int = 500) -> int:
    """Ring again for all open work that is due and held by nobody. Returns how many."""
    due = db.session.execute(
        select(OutboxEntry.id, OutboxEntry.name)
        .where(
            OutboxEntry.done_at.is_(None),
            OutboxEntry.failed_at.is_(None),
            OutboxEntry.available_at <= func.now(),
            or_(OutboxEntry.leased_until.is_(None), OutboxEntry.leased_until < func.now()),
        )
        .order_by(OutboxEntry.available_at)
        .limit(limit)
    ).all()
    db.session.rollback()
    for entry_id, name in due:
        nudge(name, entry_id)
    return len(due)


def work(entry_id: uuid.UUID) -> bool:
    """Do one promised piece of work, if it is due and nobody else is at it. Returns whether it is done now."""
    claimed = _claim(entry_id)
    if claimed is None:
        return False
    name, payload, attempt = claimed
    known = TASKS.get(name)
    if known is None:
        _give_up(entry_id, f"no task is called {name}")
        return False
    try:
        if known.atomic:
            _work_atomically(entry_id, known, payload)
        else:
            known.handler(**payload)
            _mark_done(entry_id)
        return True
    except Exception as error:  # noqa: BLE001 - a failing task must be recorded, whatever it raised
        db.session.rollback()
        expected = isinstance(error, RetryLater)
        log.log(30 if expected else 40, "outbox.failed", task=name, attempt=attempt, exc_info=None if expected else error)
        _postpone(entry_id, known, attempt, error)
        return False


@transactional
def _claim(entry_id: uuid.UUID) -> tuple[str, dict[str, Any], int] | None:
    entry = db.session.scalars(
        select(OutboxEntry)
        .where(
            OutboxEntry.id == entry_id,
            OutboxEntry.done_at.is_(None),
            OutboxEntry.failed_at.is_(None),
            OutboxEntry.available_at <= func.now(),
            or_(OutboxEntry.leased_until.is_(None), OutboxEntry.leased_until < func.now()),
        )
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if entry is None:
        return None
    known = TASKS.get(entry.name)
    lease = known.lease if known else timedelta(minutes=1)
    entry.attempts += 1
    db.session.execute(
        update(OutboxEntry)
        .where(OutboxEntry.id == entry_id)
        .values(leased_until=func.now() + lease)
        .execution_options(synchronize_session=False)
    )
    return entry.name, dict(entry.payload), entry.attempts


@transactional
def _work_atomically(entry_id: uuid.UUID, known: Task, payload: dict[str, Any]) -> None:
    # The lock and the second look keep a redelivered twin out even when the lease ran out under a slow worker.
    still_open = db.session.scalars(
        select(OutboxEntry.id).where(OutboxEntry.id == entry_id, OutboxEntry.done_at.is_(None)).with_for_update()
    ).one_or_none()
    if still_open is None:
        return
    known.handler(**payload)
    _mark_done(entry_id)


@transactional
def _mark_done(entry_id: uuid.UUID) -> None:
    db.session.execute(
        update(OutboxEntry)
        .where(OutboxEntry.id == entry_id)
        .values(done_at=func.now(), leased_until=None, last_error=None)
        .execution_options(synchronize_session=False)
    )


@transactional
def _postpone(entry_id: uuid.UUID, known: Task, attempt: int, error: Exception) -> None:
    wait = error.after if isinstance(error, RetryLater) and error.after is not None else backoff(attempt)
    values: dict[str, Any] = {"leased_until": None, "last_error": f"{type(error).__name__}: {error}"[:2000]}
    if attempt >= known.max_attempts:
        values["failed_at"] = func.now()
    else:
        values["available_at"] = func.now() + wait
    db.session.execute(
        update(OutboxEntry).where(OutboxEntry.id == entry_id).values(**values).execution_options(synchronize_session=False)
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
        .values(failed_at=None, attempts=0, available_at=func.now())
        .execution_options(synchronize_session=False)
    )


@transactional
def forget_done(older_than: timedelta = timedelta(days=30)) -> None:
    """Delete what was done long ago."""
    db.session.execute(delete(OutboxEntry).where(OutboxEntry.done_at < func.now() - older_than))


def backoff(attempt: int) -> timedelta:
    """How long to wait after failed attempt ``attempt`` (1, 2, ...): 10 s doubling to 1 h, with a fifth of jitter."""
    seconds = min(10 * 2 ** (attempt - 1), 3600)
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311 - jitter, not a secret
