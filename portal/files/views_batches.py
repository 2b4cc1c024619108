"""Batches of small uploads: two JSON requests for up to a hundred files; the bytes go to the store."""

from __future__ import annotations

import uuid
from typing import Any

from flask import jsonify
from flask.typing import ResponseReturnValue

from portal.files.blueprint import bp
from portal.files.commands.batch_completion import Outcome, complete_batch
from portal.files.commands.batches import Begun, begin_batch
from portal.files.models import Folder
from portal.files.policies import can_upload
from portal.files.queries import visible_folders
from portal.files.upload_refusals import Incomplete, NameTaken, TooMuchAtOnce
from portal.files.views_uploads import json_sent
from portal.kit.errors import Refused
from portal.kit.web import allowed, current_viewer, signed_in

CODES: dict[type[Refused], str] = {NameTaken: "name_taken", Incomplete: "incomplete"}


@bp.post("/folders/<uuid:folder_id>/upload-batches")
@allowed(can_upload, folder=visible_folders)
def begin_together(folder: Folder) -> ResponseReturnValue:
    """Begin small uploads: {files: [{name, size, sha256}], on_conflict} -> {files: [{id, url, headers}, {problem}]}."""
    sent = json_sent()
    files = sent.get("files")
    if not isinstance(files, list):
        raise TooMuchAtOnce()
    begun = begin_batch(folder, files, actor=current_viewer(), on_conflict=str(sent.get("on_conflict", "ask")))
    return jsonify({"files": [_begun(answer) for answer in begun]}), 201


@bp.post("/upload-batches/completion")
@signed_in
def complete_together() -> ResponseReturnValue:
    """All is sent: {uploads: [ids]} -> {files: [{id, file} or {id, problem}]}. Whose they are, the command asks."""
    ids = json_sent().get("uploads")
    if not isinstance(ids, list):
        raise TooMuchAtOnce()
    outcomes = complete_batch(list(dict.fromkeys(_id(raw) for raw in ids)), actor=current_viewer())
    return jsonify({"files": [_outcome(ident, outcome) for ident, outcome in outcomes.items()]})


def _id(raw: object) -> uuid.UUID:
    try:
        return uuid.UUID(raw if isinstance(raw, str) else "")
    except ValueError as no_id:
        raise TooMuchAtOnce() from no_id


def _begun(answer: Begun | Refused) -> dict[str, Any]:
    if isinstance(answer, Refused):
        return {"problem": _problem(answer)}
    return {"id": str(answer.upload_id), "url": answer.address.url, "headers": answer.address.headers}


def _outcome(ident: uuid.UUID, outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome, Refused):
        return {"id": str(ident), "problem": _problem(outcome)}
    return {"id": str(ident), "file": {"id": str(outcome.id), "name": outcome.name, "size": outcome.size}}


def _problem(refusal: Refused) -> dict[str, Any]:
    return {"status": refusal.status, "detail": str(refusal), "code": CODES.get(type(refusal), "")}
