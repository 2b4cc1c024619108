"""Reads of document requests, always through the viewer."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Select, exists, func, or_, select

from portal.accounts.models import Person
from portal.accounts.viewer import Viewer
from portal.clients.models import Client
from portal.document_requests.models import DocumentRequest, RequestLine, RequestTemplate
from portal.files.models import File, Folder, Upload
from portal.files.queries import visible_files
from portal.files.upload_access import visible_uploads
from portal.kit.db import db
from portal.permissions.levels import Level
from portal.permissions.queries import with_level

# With *read* alone nothing can be handed in.
UPLOADS = (int(Level.DEPOSIT), int(Level.FULL))
OPEN_STATES = ("pending", "refused")
_MOST_ON_HOME = 30


def visible_requests(viewer: Viewer) -> Select[Any]:
    """Requests into living folders: staff see those whose folder they read.

    Contacts see those that ask something of them, as long as they may upload there: a right that was taken away takes
    the request away as well.
    """
    selected, level = with_level(
        select(DocumentRequest).join(Folder, Folder.id == DocumentRequest.folder_id),
        viewer,
        scope_id=Folder.scope_id,
        client_id=Folder.client_id,
        at_least=Level.READ if viewer.is_staff else Level.DEPOSIT,
    )
    selected = selected.where(Folder.bin_id.is_(None))
    if viewer.is_staff:
        return selected
    mine = exists().where(RequestLine.request_id == DocumentRequest.id, concerns(viewer.person_id))
    return selected.where(level.in_(UPLOADS), mine)


def concerns(person_id: uuid.UUID) -> Any:
    """The condition on a line that is asked of this contact, or of any."""
    return or_(RequestLine.person_id.is_(None), RequestLine.person_id == person_id)


def visible_lines(viewer: Viewer) -> Select[Any]:
    """Lines of visible requests; of contacts only what is asked of them."""
    requests = visible_requests(viewer).with_only_columns(DocumentRequest.id)
    lines = select(RequestLine).where(RequestLine.request_id.in_(requests))
    return lines if viewer.is_staff else lines.where(concerns(viewer.person_id))


def visible_request_templates(viewer: Viewer) -> Select[Any]:
    """Templates are the firm's: every collaborator may know them, no contact."""
    found = select(RequestTemplate)
    return found if viewer.is_staff else found.where(RequestTemplate.id.is_(None))


def request_templates() -> list[RequestTemplate]:
    """Templates by name."""
    return list(db.session.scalars(select(RequestTemplate).order_by(RequestTemplate.name_key)))


def requests_of(viewer: Viewer, client_id: uuid.UUID) -> Select[Any]:
    """(DocumentRequest, name of its folder) of a client, newest first."""
    seen = visible_requests(viewer).where(DocumentRequest.client_id == client_id)
    return seen.add_columns(Folder.name).order_by(DocumentRequest.id.desc())


@dataclass(frozen=True)
class Progress:
    """How far a request is. ``due_on`` is the earliest day of what is still missing."""

    total: int = 0
    accepted: int = 0
    uploaded: int = 0
    missing: int = 0
    due_on: date | None = None

    def state(self, *, closed: bool, today: date) -> str:
        """closed, done, review (something waits for a decision), late or waiting."""
        if closed:
            return "closed"
        if self.total and self.accepted == self.total:
            return "done"
        if self.uploaded:
            return "review"
        return "late" if self.due_on is not None and self.due_on < today else "waiting"


def progress_of(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Progress]:
    """How far these requests are, with one statement."""
    if not ids:
        return {}
    missing = RequestLine.state.in_(OPEN_STATES)
    rows = db.session.execute(
        select(
            RequestLine.request_id,
            func.count(),
            func.count().filter(RequestLine.state == "accepted"),
            func.count().filter(RequestLine.state == "uploaded"),
            func.count().filter(missing),
            func.min(RequestLine.due_on).filter(missing),
        )
        .where(RequestLine.request_id.in_(ids))
        .group_by(RequestLine.request_id)
    )
    found = {row[0]: Progress(*row[1:]) for row in rows}
    return {ident: found.get(ident, Progress()) for ident in ids}


def client_progress(viewer: Viewer, client_id: uuid.UUID) -> Progress:
    """All open requests of a client together, for its card. One statement."""
    open_ones = (
        visible_requests(viewer)
        .where(DocumentRequest.client_id == client_id, DocumentRequest.closed_at.is_(None))
        .with_only_columns(DocumentRequest.id)
    )
    missing = RequestLine.state.in_(OPEN_STATES)
    row = db.session.execute(
        select(
            func.count(),
            func.count().filter(RequestLine.state == "accepted"),
            func.count().filter(RequestLine.state == "uploaded"),
            func.count().filter(missing),
            func.min(RequestLine.due_on).filter(missing),
        ).where(RequestLine.request_id.in_(open_ones))
    ).one()
    return Progress(*row)


@dataclass
class Shown:
    """A request with what a page shows of it. ``files`` are those that the reader may open, by id."""

    request: DocumentRequest
    client: Client
    folder: Folder
    lines: list[RequestLine] = field(default_factory=list)
    files: dict[uuid.UUID, File] = field(default_factory=dict)

    @property
    def missing(self) -> int:
        """Lines for which something is to be handed in."""
        return 0 if self.request.closed_at is not None else sum(line.state in OPEN_STATES for line in self.lines)


def shown(viewer: Viewer, requests: Sequence[DocumentRequest]) -> list[Shown]:
    """These visible requests with their lines, files, clients and folders. Four statements, however many there are."""
    if not requests:
        return []
    lines = list(
        db.session.scalars(
            visible_lines(viewer)
            .where(RequestLine.request_id.in_([request.id for request in requests]))
            .order_by(RequestLine.position, RequestLine.id)
        )
    )
    wanted = {line.file_id for line in lines if line.file_id is not None}
    files = (
        {file.id: file for file in db.session.scalars(visible_files(viewer).where(File.id.in_(wanted)))}
        if wanted
        else {}
    )
    clients = _by_id(Client, {request.client_id for request in requests})
    folders = _by_id(Folder, {request.folder_id for request in requests})
    return [
        Shown(
            request, clients[request.client_id], folders[request.folder_id],
            [line for line in lines if line.request_id == request.id], files,
        )
        for request in requests
    ]  # fmt: skip


def needs_of(viewer: Viewer) -> list[Shown]:
    """What the firm needs from this contact, the most urgent first: open requests with something missing from them."""
    if viewer.is_staff:
        return []
    missing = exists().where(
        RequestLine.request_id == DocumentRequest.id, concerns(viewer.person_id), RequestLine.state.in_(OPEN_STATES)
    )
    first_due = (
        select(func.min(RequestLine.due_on))
        .where(
            RequestLine.request_id == DocumentRequest.id,
            concerns(viewer.person_id),
            RequestLine.state.in_(OPEN_STATES),
        )
        .scalar_subquery()
    )
    found = (
        visible_requests(viewer)
        .where(DocumentRequest.closed_at.is_(None), missing)
        .order_by(first_due.asc().nulls_last(), DocumentRequest.id)
    )
    return shown(viewer, list(db.session.scalars(found.limit(_MOST_ON_HOME))))


@dataclass(frozen=True)
class ToReview:
    """A request of which documents wait for a decision."""

    request: DocumentRequest
    client_name: str
    count: int


def to_review(viewer: Viewer, limit: int = 5) -> list[ToReview]:
    """Requests with documents that nobody has looked at yet, the longest waiting first. One statement."""
    if not viewer.is_staff:
        return []
    waiting = (
        select(RequestLine.request_id, func.count().label("count"), func.min(RequestLine.uploaded_at).label("since"))
        .where(RequestLine.state == "uploaded")
        .group_by(RequestLine.request_id)
        .subquery()
    )
    found = (
        visible_requests(viewer)
        .join(waiting, waiting.c.request_id == DocumentRequest.id)
        .join(Client, Client.id == DocumentRequest.client_id)
        .where(DocumentRequest.closed_at.is_(None))
        .add_columns(Client.name, waiting.c.count)
        .order_by(waiting.c.since, DocumentRequest.id)
        .limit(limit)
    )
    return [ToReview(*row) for row in db.session.execute(found)]


def file_of_upload(viewer: Viewer, upload_id: uuid.UUID) -> uuid.UUID | None:
    """The file that one of the viewer's own uploads has become, or None."""
    return db.session.scalar(visible_uploads(viewer).where(Upload.id == upload_id).with_only_columns(Upload.file_id))


def people(ids: set[uuid.UUID]) -> dict[uuid.UUID, Person]:
    """Names of whom lines are asked, or who handed them in."""
    return (
        {person.id: person for person in db.session.scalars(select(Person).where(Person.id.in_(ids))).unique()}
        if ids
        else {}
    )


def _by_id(model: Any, ids: set[uuid.UUID]) -> dict[uuid.UUID, Any]:
    return {row.id: row for row in db.session.scalars(select(model).where(model.id.in_(ids)))}
