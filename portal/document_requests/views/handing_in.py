"""What a contact's browser says when an upload for a line is complete."""

from __future__ import annotations

import uuid
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from portal.accounts.viewer import Viewer
from portal.document_requests import commands, queries
from portal.document_requests.models import DocumentRequest, RequestLine
from portal.document_requests.policies import can_hand_in
from portal.document_requests.queries import visible_lines
from portal.document_requests.views.blueprint import bp
from portal.kit.db import db
from portal.kit.web import allowed, current_viewer


@bp.post("/request-lines/<uuid:request_line_id>/file")
@allowed(can_hand_in, request_line=visible_lines)
def hand_in(request_line: RequestLine) -> ResponseReturnValue:
    """Tie a file to the line: {file_id}, or {upload_id} of a complete upload. Answers with the line as it looks now."""
    viewer = current_viewer()
    commands.hand_in(request_line, _file_id(viewer), actor=viewer)
    asked = db.session.get_one(DocumentRequest, request_line.request_id)
    [shown] = queries.shown(viewer, [asked])
    line = next(one for one in shown.lines if one.id == request_line.id)
    return render_template("document_requests/_line.html", shown=shown, line=line, today=None)


def _file_id(viewer: Viewer) -> uuid.UUID | None:
    sent: Any = request.get_json(silent=True)
    given = sent if isinstance(sent, dict) else request.form
    upload_id = _uuid(given.get("upload_id"))
    return queries.file_of_upload(viewer, upload_id) if upload_id is not None else _uuid(given.get("file_id"))


def _uuid(text: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if isinstance(text, str) else None
    except ValueError:
        return None
