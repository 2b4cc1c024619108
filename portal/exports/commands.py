"""Ask for a workbook, make it once, forget it after a week."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from portal import activity, mailer
from portal.accounts.models import Person
from portal.exports.models import Export
from portal.exports.policies import can_export
from portal.exports.progress import Progress
from portal.exports.refusals import NotAllowedAnyMore, TooManyExports
from portal.exports.workbook import count_rows, write_export
from portal.kit import storage
from portal.kit.db import db, transactional
from portal.kit.errors import Refused
from portal.kit.i18n import in_language
from portal.outbox import RetryLater, emit

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KEPT = timedelta(days=7)
# Whoever waited longer than this has looked away: the link comes by mail.
LONG = timedelta(seconds=20)
AT_ONCE = 3
GIVEN_UP = timedelta(hours=12)


@transactional
def request_export(*, actor: Person, parameters: dict[str, Any], language: str) -> Export:
    """Promise a workbook of the client base.

    :param parameters: as ``parameters.clean`` gives them.
    :param language: of the heads and of choices.
    :raises TooManyExports: three of this person's are still being made.
    """
    # One person's requests wait for each other, or many at once would all find few open ones.
    db.session.execute(select(Person.id).where(Person.id == actor.id).with_for_update())
    unfinished = select(func.count()).where(
        Export.requested_by_id == actor.id,
        Export.state.in_(("waiting", "running")),
        Export.created_at > func.now() - timedelta(hours=1),
    )
    if db.session.execute(unfinished).scalar_one() >= AT_ONCE:
        raise TooManyExports()
    export = Export(requested_by_id=actor.id, parameters=parameters, language=language)
    db.session.add(export)
    emit("exports.make", export_id=export.id)
    return export


def make_workbook(export_id: uuid.UUID) -> None:
    """Make the workbook that was promised. Done again from the start when a worker died over it: one object, one line
    in the log, one mail.

    What it holds is what the requester may see at this moment, whatever they saw when they asked.
    """
    export = _begin(export_id)
    if export is None:
        return
    try:
        with tempfile.TemporaryDirectory(prefix="export-") as folder:
            path = Path(folder) / "clients.xlsx"
            with _reading() as reader, in_language(export.language):
                person = _requester(export)
                counts = count_rows(reader, person.viewer, export.parameters)
                progress = Progress(export_id, total=sum(counts.values()))
                name = write_export(reader, path, person, export.parameters, progress)
            progress.show()
            key = f"exports/{export_id}.xlsx"
            with path.open("rb") as body:
                stored = storage.put(key, body, content_type=XLSX)
        _finish(export_id, key=key, file_name=name, size=stored.size, rows=counts["clients"])
    except storage.StoreAway as away:
        # Nobody's fault that a person could mend: the outbox tries again.
        raise RetryLater(type(away).__name__) from away
    except Refused as refusal:
        with in_language(export.language):
            _fail(export_id, str(refusal))


def _reading() -> Session:
    """A session of its own that only reads: one snapshot for all sheets, while progress is committed beside it."""
    engine = db.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    reader = Session(bind=engine)
    # All rows will be fetched: without this, a cursor is planned for whoever wants the first tenth quickly.
    # And one export at a time may sort in memory.
    reader.execute(text("SET LOCAL cursor_tuple_fraction = 1"))
    reader.execute(text("SET LOCAL work_mem = '64MB'"))
    return reader


def _requester(export: Export) -> Person:
    person = db.session.get(Person, export.requested_by_id, populate_existing=True)
    if person is None or not person.is_active or not can_export(person.viewer):
        raise NotAllowedAnyMore()
    return person


@transactional
def _begin(export_id: uuid.UUID) -> Export | None:
    export = _locked(export_id)
    if export is None or export.state in ("done", "failed"):
        return None
    export.state, export.rows_done = "running", 0
    return export


@transactional
def _finish(export_id: uuid.UUID, *, key: str, file_name: str, size: int, rows: int) -> None:
    """Publish the workbook. A twin that was slower finds it published and adds nothing."""
    export = _locked(export_id)
    if export is None or export.state == "done":
        return
    person = db.session.get_one(Person, export.requested_by_id)
    now = db.session.execute(select(func.clock_timestamp())).scalar_one()
    export.state, export.object_key, export.file_name, export.size = "done", key, file_name, size
    export.rows_done, export.finished_at, export.expires_at = export.rows_total, now, now + KEPT
    activity.record(activity.verbs.EXPORTED, actor=person, rows=rows)
    if now - export.created_at > LONG:
        mailer.send("export_ready", to=person, language=export.language, export_id=export.id, file_name=file_name)


@transactional
def _fail(export_id: uuid.UUID, sentence: str) -> None:
    db.session.execute(
        update(Export)
        .where(Export.id == export_id, Export.state != "done")
        .values(state="failed", error=sentence, finished_at=func.now(), expires_at=func.now() + KEPT)
        .execution_options(synchronize_session=False)
    )


def _locked(export_id: uuid.UUID) -> Export | None:
    return db.session.scalars(
        select(Export).where(Export.id == export_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()


def forget_expired() -> int:
    """Delete workbooks after a week, object first: a row without object is tried again. Returns how many."""
    _stop_waiting()
    gone = 0
    for export_id, key in _expired():
        if key is not None:
            storage.delete(key)
        _forget(export_id)
        gone += 1
    return gone


@transactional
def _stop_waiting() -> None:
    """What the outbox has given up must not look as if it were still being made."""
    db.session.execute(
        update(Export)
        .where(Export.state.in_(("waiting", "running")), Export.created_at < func.now() - GIVEN_UP)
        .values(state="failed", finished_at=func.now(), expires_at=func.now() + KEPT)
        .execution_options(synchronize_session=False)
    )


def _expired() -> Iterator[tuple[uuid.UUID, str | None]]:
    rows = db.session.execute(
        select(Export.id, Export.object_key).where(Export.expires_at < func.now()).limit(500)
    ).all()
    db.session.rollback()
    return iter([(ident, key) for ident, key in rows])


@transactional
def _forget(export_id: uuid.UUID) -> None:
    export = _locked(export_id)
    if export is not None:
        db.session.delete(export)
