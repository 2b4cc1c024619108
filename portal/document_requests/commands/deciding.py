"""Accept what was handed in, or refuse it with a reason that is mailed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from portal import activity, mailer
from portal.accounts.models import Person
from portal.clients.models import Client
from portal.document_requests.commands.holding import hold, hold_lines, plan_reminder
from portal.document_requests.models import DocumentRequest, RequestLine
from portal.document_requests.refusals import AnotherFileMeanwhile, NothingToDecide, ReasonMissing
from portal.document_requests.uploaders import uploaders_of
from portal.files.models import Folder
from portal.kit.clock import now_in_sql
from portal.kit.db import db, transactional
from portal.kit.i18n import in_language

REASON_LENGTH = 1000
# By line: when the document was handed in that the decision is about; None asks nothing.
Seen = Mapping[uuid.UUID, datetime | None]


@transactional
def accept_lines(document_request: DocumentRequest, seen: Seen, *, actor: Any) -> int:
    """Accept the documents of these lines. Returns how many were accepted now; accepted ones stay as they are.

    :raises NothingToDecide: no line among them has a document that waits.
    :raises AnotherFileMeanwhile: a line holds another document than was looked at; nothing is accepted.
    :raises RequestClosed: the request is closed.
    """
    request = hold(document_request.id)
    lines = hold_lines(request, list(seen))
    waiting = [line for line in lines if line.uploaded_at is not None and line.state in ("uploaded", "refused")]
    if not waiting:
        if lines and all(line.state == "accepted" for line in lines):
            return 0
        raise NothingToDecide()
    for line in waiting:
        _check_seen(line, seen[line.id])
        line.state, line.reason = "accepted", ""
        line.decided_by_id, line.decided_at = actor.id, now_in_sql()
    folder = db.session.get_one(Folder, request.folder_id)
    activity.commands.record_many(
        [
            activity.commands.line(
                activity.verbs.REQUEST_LINE_ACCEPTED, actor=actor, folder=folder, line=line.label, request=request.title
            )
            for line in waiting
        ]
    )
    db.session.flush()  # the lines are read anew below
    plan_reminder(request)
    return len(waiting)


@transactional
def refuse_line(line: RequestLine, *, reason: str, actor: Any, seen: datetime | None = None) -> RequestLine:
    """Say what is wrong with a document; whoever sent it is told by mail and can send another one.

    :param seen: when the document was handed in that was looked at; None asks nothing.
    :raises ReasonMissing: no reason, or an endless one.
    :raises NothingToDecide: there is no document, or it was refused already.
    :raises AnotherFileMeanwhile: another document was handed in since.
    :raises RequestClosed: the request is closed.
    """
    reason = reason.strip()
    if not reason or len(reason) > REASON_LENGTH:
        raise ReasonMissing()
    request = hold(line.request_id)
    held = next(iter(hold_lines(request, [line.id])), None)
    if held is None or held.uploaded_at is None or held.state not in ("uploaded", "accepted"):
        raise NothingToDecide()
    _check_seen(held, seen)
    held.state, held.reason = "refused", reason
    held.decided_by_id, held.decided_at = actor.id, now_in_sql()
    folder = db.session.get_one(Folder, request.folder_id)
    activity.record(
        activity.verbs.REQUEST_LINE_REFUSED,
        actor=actor,
        folder=folder,
        line=held.label,
        request=request.title,
        reason=reason,
    )
    db.session.flush()  # the lines are read anew below
    plan_reminder(request)
    client = db.session.get_one(Client, request.client_id)
    for person in _concerned(held, folder):
        mailer.send(
            "document_refused",
            to=person,
            client_id=client.id,
            request_id=request.id,
            title=request.title,
            line=held.label,
            reason=reason,
            client_name=client.name,
            sender=actor.full_name,
        )
    return held


@transactional
def refuse_infected(file_id: str) -> None:
    """A virus was found in what was handed in: the line waits for another document. Its sender is told by another mail.

    Run twice it does nothing more; a line whose document was decided about or replaced meanwhile stays as it is.
    """
    ident = uuid.UUID(file_id)
    lines = list(db.session.scalars(select(RequestLine).where(RequestLine.file_id == ident)))
    for line in lines:
        request = hold(line.request_id, open_only=False)
        held = next(iter(hold_lines(request, [line.id])), None)
        if held is None or request.closed_at is not None or held.file_id != ident or held.state != "uploaded":
            continue
        sender = db.session.get(Person, held.uploaded_by_id) if held.uploaded_by_id is not None else None
        with in_language(sender.language if sender is not None else ""):
            held.reason = _("A virus was found in this file. Please send another one.")
        held.state, held.decided_by_id, held.decided_at = "refused", None, now_in_sql()
        db.session.flush()  # the lines are read anew below
        plan_reminder(request)


def _check_seen(line: RequestLine, seen: datetime | None) -> None:
    if seen is not None and line.uploaded_at != seen:
        raise AnotherFileMeanwhile()


def _concerned(line: RequestLine, folder: Folder) -> list[Person]:
    """Who can send another document: whoever sent this one, else whom it is asked of, else any."""
    able = uploaders_of([folder.id])[folder.id]
    for wanted in (line.uploaded_by_id, line.person_id):
        chosen = [person for person in able if person.id == wanted]
        if chosen:
            return chosen
    return [] if line.person_id is not None else able
