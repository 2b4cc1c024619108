"""The documents page and downloads."""

from __future__ import annotations

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.viewer import Viewer
from portal.clients.models import Client
from portal.clients.queries import visible_clients
from portal.files.blueprint import bp
from portal.files.commands.downloads import open_download
from portal.files.models import File, Folder
from portal.files.policies import can_download, can_open_folder, can_view_bin
from portal.files.queries import reachable_folders, root_of, visible_files
from portal.files.space import ROWS, FolderPage, access_of, folder_page, opened_below
from portal.files.template_policies import can_apply_to
from portal.kit.web import allowed, current_viewer

# Rows of a piece that is fetched while scrolling, and of all pieces at once by who comes back.
MORE_ROWS, MOST_ROWS = 300, 10_000


def can_open_space(viewer: Viewer, client: Client) -> bool:
    """Whoever belongs to the client may open its documents; what they see there is another question."""
    return True


@bp.get("/clients/<uuid:client_id>/documents")
@allowed(can_open_space, client=visible_clients)
def space(client: Client) -> ResponseReturnValue:
    """A client's documents: the top of the space. Words lead to the search inside of it."""
    words = request.args.get("q", "").strip()[:200]
    if words:
        return redirect(url_for("contents.results", q=words, client=client.id), 303)
    root = root_of(client.id)
    if root is None:
        return render_template("files/no_space.html", client=client)
    return _show(root)


@bp.get("/folders/<uuid:folder_id>")
@allowed(can_open_folder, folder=reachable_folders)
def folder(folder: Folder) -> ResponseReturnValue:
    """A folder's page."""
    if folder.is_root:
        return redirect(url_for("files.space", client_id=folder.client_id), 303)
    return _show(folder)


@bp.get("/folders/<uuid:folder_id>/contents")
@allowed(can_open_folder, folder=reachable_folders)
def contents(folder: Folder) -> ResponseReturnValue:
    """The folder's rows alone: further ones by scrolling, or all anew after a change.

    ``rows`` asks for as many as were there, for somebody who comes back to a place far down.
    """
    place = request.args.get("files") or request.args.get("folders")
    page = folder_page(
        current_viewer(),
        folder,
        size=MORE_ROWS if place else _wanted_rows(),
        folders_place=request.args.get("folders"),
        files_place=request.args.get("files"),
    )
    # Further rows: sub-folders come first, so a place among files means that all sub-folders are shown.
    part = "files" if request.args.get("files") else "folders" if request.args.get("folders") else None
    return render_template("files/_rows.html" if part else "files/_contents.html", page=page, part=part)


def _wanted_rows() -> int:
    asked = request.args.get("rows", "")
    # As a text first: a number of a million digits takes its time.
    return min(max(int(asked), ROWS), MOST_ROWS) if asked.isascii() and asked.isdigit() and len(asked) < 9 else ROWS


def _show(folder: Folder) -> ResponseReturnValue:
    viewer = current_viewer()
    page = folder_page(viewer, folder)
    access = access_of(folder) if viewer.is_staff else []
    only_below = 0
    if viewer.is_staff:
        opened = opened_below(folder)
        contacts = [entry for entry in access if not entry.person.is_staff]
        only_below = sum(1 for entry in contacts if not entry.level and entry.person.id in opened)
    return render_template(
        "files/folder.html",
        page=page,
        client=page.client,
        access=access,
        only_below=only_below,
        root=_root_id(page),
        may_apply=can_apply_to(viewer, page.client),
        may_view_bin=can_view_bin(viewer, page.client),
    )


def _root_id(page: FolderPage) -> str:
    return str(page.crumbs[0].folder.id)


@bp.get("/files/<uuid:file_id>/content")
@allowed(can_download, file=visible_files)
def download(file: File) -> ResponseReturnValue:
    """To the file's content in the store: an attachment, by an address that is good for 60 s."""
    response = Response(status=303, headers={"Location": open_download(file, actor=current_viewer())})
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
