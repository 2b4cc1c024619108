"""Rows of a request, held until the commit: whoever hands in, decides or reminds meanwhile waits."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy import select

from portal.document_requests.commands.mornings import next_morning
from portal.document_requests.models import DocumentRequest, RequestLine
from portal.document_requests.refusals import RequestClosed
from portal.kit.db import db


def hold(request_id: uuid.UUID, *, open_only: bool = True) -> DocumentRequest:
    """The request as it is now, held. Its row comes before those of its lines, so that nobody waits in a circle.

    :raises RequestClosed: with ``open_only``, when it is closed.
    """
    found = db.session.scalars(
        select(DocumentRequest)
        .where(DocumentRequest.id == request_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if open_only and found.closed_at is not None:
        raise RequestClosed()
    return found


def hold_lines(request: DocumentRequest, ids: Collection[uuid.UUID] | None = None) -> list[RequestLine]:
    """Its lines (those with these ids, or all) as they are now, held, in their order."""
    wanted = select(RequestLine).where(RequestLine.request_id == request.id)
    if ids is not None:
        wanted = wanted.where(RequestLine.id.in_(ids))
    ordered = wanted.order_by(RequestLine.position, RequestLine.id).with_for_update()
    return list(db.session.scalars(ordered.execution_options(populate_existing=True)))


def plan_reminder(request: DocumentRequest) -> None:
    """Remind of it while some line is not accepted; leave a morning that is planned already."""
    settled = all(line.state == "accepted" for line in hold_lines(request))
    if settled or not request.remind_every:
        request.next_reminder_at = None
    elif request.next_reminder_at is None:
        request.next_reminder_at = next_morning(request.remind_every)
