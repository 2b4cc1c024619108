"""Downloads of many files at once, as a ZIP that is written while it is sent."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from urllib.parse import quote

from flask import Flask, Response, current_app, request
from flask.typing import ResponseReturnValue

from portal.accounts.sessions import current_session_id
from portal.accounts.viewer import Viewer
from portal.clients.models import Client
from portal.clients.queries import visible_clients
from portal.files.commands.archives import Archive, NothingToPack, open_archive, stream
from portal.files.models import Folder
from portal.files.policies import can_open_folder
from portal.files.queries import reachable_folders
from portal.files.views import bp
from portal.kit.web import allowed, current_viewer


def can_pack(viewer: Viewer, client: Client) -> bool:
    """Whoever belongs to the client; the archive holds what they may read."""
    return True


@bp.get("/folders/<uuid:folder_id>/archive")
@allowed(can_open_folder, folder=reachable_folders)
def folder_archive(folder: Folder) -> ResponseReturnValue:
    """All that the viewer may read in a folder and below it."""
    name = folder.name
    return send_archive(open_archive(current_viewer(), folder.client_id, folder_ids=[folder.id], file_ids=[], name=name))


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
    """The archive as an attachment of known length, written while it is sent."""
    viewer, session_id = current_viewer(), current_session_id()
    if session_id is None:
        raise NothingToPack()
    body = stream(archive, person_id=viewer.person_id, session_id=session_id)
    response = Response(_within(current_app._get_current_object(), body), mimetype="application/zip")  # type: ignore[attr-defined]
    response.content_length = archive.size
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(archive.name, safe='')}"
    response.headers["Cache-Control"] = "no-store"
    return response


def _within(app: Flask, body: Iterator[bytes]) -> Iterator[bytes]:
    """Each piece is made in an application context of its own: nothing is left open when a browser goes away."""
    while True:
        with app.app_context():
            piece = next(body, None)
        if piece is None:
            return
        yield piece
