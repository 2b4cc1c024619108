"""Close a request, open it again, take a line out."""

from __future__ import annotations

from typing import Any

from portal import activity
from portal.document_requests.commands.holding import hold, hold_lines, plan_reminder
from portal.document_requests.models import DocumentRequest, RequestLine
from portal.document_requests.refusals import AskBeforeRemoving
from portal.files.models import Folder
from portal.kit.clock import now_in_sql
from portal.kit.db import db, transactional


@transactional
def close_request(document_request: DocumentRequest, *, actor: Any) -> None:
    """Nothing more is asked for: contacts no longer see it on their home, reminders stop. Twice is as once."""
    request = hold(document_request.id, open_only=False)
    if request.closed_at is not None:
        return
    request.closed_at, request.closed_by_id = now_in_sql(), actor.id
    request.next_reminder_at = None
    request.version += 1
    _record(activity.verbs.REQUEST_CLOSED, request, actor)


@transactional
def reopen_request(document_request: DocumentRequest, *, actor: Any) -> None:
    """Go on asking for what is missing. Twice is as once."""
    request = hold(document_request.id, open_only=False)
    if request.closed_at is None:
        return
    request.closed_at = request.closed_by_id = None
    request.version += 1
    plan_reminder(request)
    _record(activity.verbs.REQUEST_REOPENED, request, actor)


@transactional
def remove_line(line: RequestLine, *, actor: Any, confirmed: bool = False) -> None:
    """Ask for this document no longer. A file that was uploaded stays in its folder.

    :param confirmed: the line may go although there is a document.
    :raises AskBeforeRemoving: there is one, and that was not confirmed.
    :raises RequestClosed: the request is closed.
    """
    request = hold(line.request_id)
    held = next(iter(hold_lines(request, [line.id])), None)
    if held is None:
        return
    if held.uploaded_at is not None and not confirmed:
        raise AskBeforeRemoving()
    label = held.label
    db.session.delete(held)
    request.version += 1
    db.session.flush()  # the lines that are left are read anew below
    plan_reminder(request)
    _record(activity.verbs.REQUEST_LINE_REMOVED, request, actor, line=label)


def _record(verb: Any, request: DocumentRequest, actor: Any, **details: str) -> None:
    folder = db.session.get(Folder, request.folder_id)
    activity.record(verb, actor=actor, folder=folder, request=request.title, **details)
