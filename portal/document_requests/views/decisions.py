"""What staff decide about a request: accept, refuse, close, take a line out."""

from __future__ import annotations

import uuid
from datetime import datetime

from flask import flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.document_requests import commands
from portal.document_requests.forms import RefusalForm
from portal.document_requests.models import DocumentRequest, RequestLine
from portal.document_requests.policies import can_decide, can_decide_line
from portal.document_requests.queries import visible_lines, visible_requests
from portal.document_requests.views.blueprint import bp
from portal.document_requests.views.client import review
from portal.kit.db import db
from portal.kit.errors import Refused
from portal.kit.forms import refuse
from portal.kit.web import allowed, current_viewer, redirect_to


@bp.post("/requests/<uuid:document_request_id>/acceptance")
@allowed(can_decide, document_request=visible_requests)
def accept(document_request: DocumentRequest) -> ResponseReturnValue:
    """Accept the ticked lines, or with ``all`` those that the page showed as waiting.

    Each is written "id@when its document was handed in"; without the second half whatever is there is accepted.
    """
    marks = request.form.getlist("waiting" if "all" in request.form else "line")
    try:
        accepted = commands.accept_lines(document_request, _seen(marks), actor=current_viewer())
        flash(ngettext("One document was accepted.", "%(num)s documents were accepted.", accepted), "success")
    except Refused as refusal:
        flash(str(refusal), "error")
    return redirect_to("document_requests.show", document_request_id=document_request.id)


def _seen(marks: list[str]) -> dict[uuid.UUID, datetime | None]:
    """Lines by id; what is no id is left out, as a line of another request would be."""
    found = {}
    for mark in marks[:1000]:
        ident, _at, moment = mark.partition("@")
        try:
            found[uuid.UUID(ident)] = _moment(moment)
        except ValueError:
            continue
    return found


def _moment(text: str) -> datetime | None:
    """When the document was handed in that was looked at, as the page wrote it."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


@bp.post("/request-lines/<uuid:request_line_id>/refusal")
@allowed(can_decide_line, request_line=visible_lines)
def refuse_line(request_line: RequestLine) -> ResponseReturnValue:
    """Refuse a document with a reason."""
    form = RefusalForm()
    asked = db.session.get_one(DocumentRequest, request_line.request_id)
    if form.validate_on_submit():
        try:
            commands.refuse_line(
                request_line,
                reason=str(form.reason.data),
                seen=_moment(str(form.seen.data or "")),
                actor=current_viewer(),
            )
            flash(
                _("“%(line)s” was refused; your contact gets a mail with the reason.", line=request_line.label),
                "success",
            )
            return redirect_to("document_requests.show", document_request_id=asked.id)
        except Refused as refusal:
            refuse(form, refusal)
    return review(asked, refused=request_line.id, form=form)


@bp.post("/request-lines/<uuid:request_line_id>/removal")
@allowed(can_decide_line, request_line=visible_lines)
def remove_line(request_line: RequestLine) -> ResponseReturnValue:
    """Ask for this document no longer."""
    label, asked_id = request_line.label, request_line.request_id
    try:
        commands.remove_line(request_line, confirmed=request.form.get("confirmed") == "1", actor=current_viewer())
        flash(_("“%(line)s” is no longer asked for.", line=label), "success")
    except Refused as refusal:
        flash(str(refusal), "error")
    return redirect_to("document_requests.show", document_request_id=asked_id)


@bp.post("/requests/<uuid:document_request_id>/closure")
@allowed(can_decide, document_request=visible_requests)
def close(document_request: DocumentRequest) -> ResponseReturnValue:
    """Close the request."""
    commands.close_request(document_request, actor=current_viewer())
    flash(_("“%(title)s” is closed. Nobody is reminded any more.", title=document_request.title), "success")
    return redirect_to("document_requests.show", document_request_id=document_request.id)


@bp.post("/requests/<uuid:document_request_id>/reopening")
@allowed(can_decide, document_request=visible_requests)
def reopen(document_request: DocumentRequest) -> ResponseReturnValue:
    """Open the request again."""
    commands.reopen_request(document_request, actor=current_viewer())
    flash(_("“%(title)s” is open again.", title=document_request.title), "success")
    return redirect_to("document_requests.show", document_request_id=document_request.id)
