"""Downloads of many files at once, as a ZIP that is written while it is sent."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, current_app, request
from flask.typing import ResponseReturnValue

from portal.accounts.sessions import current_session_id
from portal.accounts.viewer import Viewer
from portal.clients.models import Client
from portal.clients.queries import visible_clients
from portal.files.blueprint import bp
from portal.files.commands.archives import Archive, NothingToPack, note_taken, open_archive, stream
from portal.files.models import Folder
from portal.files.policies import can_open_folder
from portal.files.queries import reachable_folders
from portal.kit.web import allowed, current_viewer


def can_pack(viewer: Viewer, client: Client) -> bool:
    """Whoever belongs to the client; the archive holds what they may read."""
    return True


@bp.get("/folders/<uuid:folder_id>/archive")
@allowed(can_open_folder, folder=reachable_folders)
def folder_archive(folder: Folder) -> ResponseReturnValue:
    """All that the viewer may read in a folder and below it."""
    name = folder.name
    return send_archive(
        open_archive(current_viewer(), folder.client_id, folder_ids=[folder.id], file_ids=[], name=name)
    )


@bp.get("/clients/<uuid:client_id>/archive")
@allowed(can_pack, client=visible_clients)
def archive(client: Client) -> ResponseReturnValue:
    """The chosen folders and files: ``?folder=id&folder=id&file=id``; what the viewer may not read is left out."""
    folders, files = _ids("folder"), _ids("file")
    return send_archive(open_archive(current_viewer(), client.id, folder_ids=folders, file_ids=files, name=client.name))


def _ids(name: str) -> list[uuid.UUID]:
    found = []
    for text in request.args.getlist(name)[:1000]:
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            raise NothingToPack() from None
    return found


def send_archive(archive: Archive) -> ResponseReturnValue:
    """All of the archive, or what is still missing of the same one (RFC 9110, 14.2 and 13.1.5).

    A part is given only to who says which archive it belongs to, by ``If-Range``: where anything about it changed, or a
    right ended, the new one is sent whole, so that nobody pastes two archives together.
    """
    viewer, session_id = current_viewer(), current_session_id()
    if session_id is None:
        raise NothingToPack()
    part, size = _part(archive), archive.size
    if part is not None and part[0] >= size:
        return Response(status=416, headers={"Content-Range": f"bytes */{size}", "Cache-Control": "no-store"})
    start, stop = part or (0, size)
    if request.method != "HEAD":
        note_taken(archive, actor=viewer, start=start, stop=stop)
    body = stream(archive, person_id=viewer.person_id, session_id=session_id, start=start, stop=stop)
    response = Response(_within(current_app._get_current_object(), body), mimetype="application/zip")  # type: ignore[attr-defined]
    response.content_length = stop - start
    if part is not None:
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["ETag"] = archive.etag
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(archive.name, safe='')}"
    response.headers["Cache-Control"] = "no-store"
    return response


def _part(archive: Archive) -> tuple[int, int] | None:
    """(first byte, byte after the last) that is asked for; None where the whole is to be sent."""
    wanted = request.range
    if wanted is None or wanted.units != "bytes" or len(wanted.ranges) != 1:
        return None
    if request.headers.get("If-Range", "").strip() != archive.etag:
        return None
    return wanted.range_for_length(archive.size) or (archive.size, archive.size)


def _within(app: Flask, body: Any) -> Iterator[bytes]:
    """Each piece is made in an application context of its own: nothing is left open when a browser goes away."""
    try:
        while True:
            with app.app_context():
                piece = next(body, None)
            if piece is None:
                return
            yield piece
    finally:
        # The browser may have gone away in the middle of a file: the store's connection goes back at once.
        with app.app_context():
            body.close()
