"""Uploads: small JSON requests between the browser's script and the portal; the bytes go to the store."""

from __future__ import annotations

from typing import Any

from flask import current_app, jsonify, request
from flask.typing import ResponseReturnValue

from portal.files.acceptance import PROGRAMS, part_count
from portal.files.blueprint import bp
from portal.files.commands.completion import complete_upload
from portal.files.commands.uploads import abort_upload, begin_upload, parts_held, sign_parts
from portal.files.models import Folder, Upload
from portal.files.policies import can_upload
from portal.files.queries import visible_folders
from portal.files.upload_access import can_continue_upload, own_upload, visible_uploads
from portal.files.upload_refusals import BadChecksum, Incomplete, NameTaken
from portal.kit.errors import Refused
from portal.kit.web import allowed, current_viewer

MOST_PER_REQUEST = 20


@bp.app_template_global()
def upload_limits() -> dict[str, Any]:
    """What the script refuses before a byte is sent: formats that are programs, and the largest size in bytes."""
    return {"programs": " ".join(sorted(PROGRAMS)), "bytes": current_app.config["SETTINGS"].max_file_bytes}


@bp.post("/folders/<uuid:folder_id>/uploads")
@allowed(can_upload, folder=visible_folders)
def begin(folder: Folder) -> ResponseReturnValue:
    """Begin an upload: {name, size, on_conflict} -> {id, part_size, parts}."""
    sent = json_sent()
    name = sent.get("name")
    try:
        upload = begin_upload(
            folder,
            name=name if isinstance(name, str) else "",
            size=sent.get("size"),  # type: ignore[arg-type]  # checked there, with a sentence
            on_conflict=str(sent.get("on_conflict", "ask")),
            actor=current_viewer(),
        )
    except NameTaken as taken:
        return _problem(taken, code="name_taken")
    return jsonify(_state(upload)), 201


@bp.get("/uploads/<uuid:upload_id>")
@allowed(own_upload, upload=visible_uploads)
def upload(upload: Upload) -> ResponseReturnValue:
    """Where an upload stands: which parts the store has, so that only the others are sent."""
    return jsonify({**_state(upload), "held": parts_held(upload)})


@bp.post("/uploads/<uuid:upload_id>/addresses")
@allowed(can_continue_upload, upload=visible_uploads)
def sign(upload: Upload) -> ResponseReturnValue:
    """Addresses for parts: {parts: {number: sum in base64}}, twenty at most at once."""
    wanted = json_sent().get("parts")
    if not isinstance(wanted, dict) or not 0 < len(wanted) <= MOST_PER_REQUEST:
        raise BadChecksum()
    if not all(isinstance(key, str) and key.isascii() and key.isdigit() and len(key) < 6 for key in wanted):
        raise BadChecksum()
    signed = sign_parts(upload, {int(number): checksum for number, checksum in wanted.items()})
    return jsonify(
        {"addresses": [{"number": part.number, "url": part.url, "headers": part.headers} for part in signed]}
    )


@bp.post("/uploads/<uuid:upload_id>/completion")
@allowed(own_upload, upload=visible_uploads)
def complete(upload: Upload) -> ResponseReturnValue:
    """All is sent: {checksums: [...]} -> the file. Whether the right still holds is checked by the command."""
    checksums = json_sent().get("checksums")
    if not isinstance(checksums, list) or not all(isinstance(checksum, str) for checksum in checksums):
        raise BadChecksum()
    try:
        file = complete_upload(upload, actor=current_viewer(), checksums=checksums)
    except Incomplete as missing:
        return _problem(missing, code="incomplete")
    return jsonify({"id": str(file.id), "name": file.name, "size": file.size})


@bp.delete("/uploads/<uuid:upload_id>")
@allowed(own_upload, upload=visible_uploads)
def cancel(upload: Upload) -> ResponseReturnValue:
    """Give an upload up."""
    abort_upload(upload, actor=current_viewer())
    return jsonify({})


def _state(upload: Upload) -> dict[str, Any]:
    return {
        "id": str(upload.id),
        "state": upload.state,
        "part_size": upload.part_size,
        "parts": part_count(upload.size, upload.part_size),
    }


def json_sent() -> dict[str, Any]:
    """The request's JSON object; anything else counts as an empty one, which the commands refuse with a sentence."""
    found = request.get_json(silent=True)
    return found if isinstance(found, dict) else {}


def _problem(refusal: Refused, *, code: str) -> ResponseReturnValue:
    """A refusal that the script must tell apart (RFC 9457, with a code of ours)."""
    response = jsonify(
        {"type": "about:blank", "status": refusal.status, "title": str(refusal), "detail": str(refusal), "code": code}
    )
    response.content_type = "application/problem+json"
    return response, refusal.status
