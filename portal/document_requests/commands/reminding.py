"""Remind contacts of what is still missing from them: one mail for each contact and request, in the firm's morning.

The mails and the next morning are written in one transaction under the request's lock: run twice, by two workers at
once, or killed in between, everybody is reminded once. A mail server that is away delays the mail, not the plan.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from portal import mailer
from portal.accounts.models import Person
from portal.clients.models import Client
from portal.document_requests.commands.mornings import is_morning, next_morning
from portal.document_requests.commands.sending import MOST_IN_MAIL, in_mail
from portal.document_requests.models import DocumentRequest, RequestLine
from portal.document_requests.queries import OPEN_STATES
from portal.document_requests.uploaders import uploaders_of
from portal.kit.clock import now
from portal.kit.db import db, transactional

BATCH = 100


def remind() -> int:
    """Send the reminders that are due; nothing outside of the morning. Returns the number of mails."""
    if not is_morning():
        return 0
    mails = 0
    while (sent := _remind_some()) is not None:
        mails += sent
    return mails


@transactional
def _remind_some() -> int | None:
    """Some requests; the number of mails, or None when nothing is due. A fixed number of statements and the mails."""
    due = (
        select(DocumentRequest)
        .where(DocumentRequest.closed_at.is_(None), DocumentRequest.next_reminder_at <= now())
        .order_by(DocumentRequest.next_reminder_at, DocumentRequest.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    requests = list(db.session.scalars(due))
    if not requests:
        return None
    lines = _open_lines(requests)
    able = uploaders_of({request.folder_id for request in requests})
    clients = {
        client.id: client
        for client in db.session.scalars(select(Client).where(Client.id.in_({one.client_id for one in requests})))
    }
    mails = 0
    for request in requests:
        open_ones = [line for line in lines if line.request_id == request.id]
        request.next_reminder_at = next_morning(request.remind_every) if open_ones and request.remind_every else None
        missing = [line for line in open_ones if line.state in OPEN_STATES and line.required]
        for person in able[request.folder_id]:
            theirs = [line for line in missing if line.person_id in (None, person.id)]
            if theirs:
                _mail(person, request, clients[request.client_id], theirs)
                mails += 1
    return mails


def _open_lines(requests: Sequence[DocumentRequest]) -> list[RequestLine]:
    """What is not accepted: while something waits for a decision it may come back, so the plan goes on."""
    ids = [request.id for request in requests]
    return list(
        db.session.scalars(
            select(RequestLine)
            .where(RequestLine.request_id.in_(ids), RequestLine.state != "accepted")
            .order_by(RequestLine.position, RequestLine.id)
        )
    )


def _mail(person: Person, request: DocumentRequest, client: Client, lines: Sequence[RequestLine]) -> None:
    mailer.send(
        "document_reminder",
        to=person,
        client_id=client.id,
        request_id=request.id,
        title=request.title,
        client_name=client.name,
        lines=[in_mail(line.label, line.due_on, line.required, line.reason) for line in lines[:MOST_IN_MAIL]],
        count=len(lines),
    )
