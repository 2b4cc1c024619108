"""The matrix of rights: folders in rows, people in columns. Changing them stands in ``views_rights_changes``."""

from __future__ import annotations

import uuid
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.viewer import Viewer
from portal.clients.models import Client
from portal.clients.queries import visible_clients
from portal.files.blueprint import bp
from portal.files.models import Folder
from portal.files.queries import breadcrumbs, reachable_folders, root_of
from portal.files.rights_page import (
    COLLABORATORS,
    CONTACTS,
    ROWS_AT_ONCE,
    TABS,
    People,
    Rows,
    people_of,
    rows_again,
    rows_below,
    top_row,
)
from portal.kit.db import db
from portal.kit.web import allowed, current_viewer

DEEPEST = 64
# As many chosen folders are shown together: their ids stand in the address.
MOST_CHOSEN = 40


def can_view_rights(viewer: Viewer, folder: Folder) -> bool:
    """Staff who may open the folder see who else may; setting levels asks for more."""
    return viewer.is_staff


def can_view_client_rights(viewer: Viewer, client: Client) -> bool:
    """The same, for the top of a client's space."""
    return viewer.is_staff


@bp.get("/clients/<uuid:client_id>/documents/rights")
@allowed(can_view_client_rights, client=visible_clients)
def client_rights(client: Client) -> ResponseReturnValue:
    """The rights at the top of a client's space."""
    root = root_of(client.id)
    if root is None:
        return redirect(url_for("files.space", client_id=client.id), 303)
    return redirect(url_for("files.rights", folder_id=root.id, **_kept()), 303)


@bp.get("/folders/<uuid:folder_id>/rights")
@allowed(can_view_rights, folder=reachable_folders)
def rights(folder: Folder) -> ResponseReturnValue:
    """The matrix from this folder down: the folder's own row and those right below; with ``folders`` just these."""
    viewer = current_viewer()
    people = _people(folder)
    chosen = _ids(request.args.getlist("folders"), most=MOST_CHOSEN)
    if chosen:
        top, below = Rows([]), rows_again(viewer, folder.client_id, chosen, people)
    else:
        top = top_row(viewer, folder, people)
        below = rows_below(viewer, folder, people, depth=1, place=request.args.get("after"))
    return render_template(
        "files/rights.html",
        folder=folder,
        client=db.session.get(Client, folder.client_id),
        crumbs=breadcrumbs(viewer, folder),
        people=people,
        top=top,
        below=below,
        chosen=[str(ident) for ident in chosen],
        kept=_kept(),
        only=_id(request.args.get("only")),
    )


@bp.get("/folders/<uuid:folder_id>/rights/rows")
@allowed(can_view_rights, folder=reachable_folders)
def rights_rows(folder: Folder) -> ResponseReturnValue:
    """Further rows: those right below a folder that is opened, or (``at``) those that are shown already, anew."""
    viewer = current_viewer()
    people = _people(folder)
    again = _ids(request.args.getlist("at"), most=ROWS_AT_ONCE)
    if again:
        rows = rows_again(viewer, folder.client_id, again, people)
    else:
        depth = min(max(request.args.get("depth", 1, int), 0), DEEPEST)
        rows = rows_below(viewer, folder, people, depth=depth, place=request.args.get("after"))
    return render_template("files/_rights_rows.html", folder=folder, people=people, rows=rows, kept=_kept())


def _people(folder: Folder) -> People:
    return people_of(
        current_viewer(),
        folder.client_id,
        tab=_tab(),
        ticked=_ids(request.args.getlist("people"), most=ROWS_AT_ONCE),
        only=_id(request.args.get("only")),
    )


def _tab() -> str:
    asked = request.args.get("tab")
    return COLLABORATORS if asked == COLLABORATORS else CONTACTS


def _kept() -> dict[str, Any]:
    """What the address says about the columns, for the addresses of rows and tabs."""
    kept: dict[str, Any] = {}
    if request.args.get("tab") in TABS:
        kept["tab"] = request.args["tab"]
    ticked = _ids(request.args.getlist("people"), most=ROWS_AT_ONCE)
    if ticked:
        kept["people"] = [str(ident) for ident in ticked]
    only = _id(request.args.get("only"))
    if only is not None:
        kept["only"] = str(only)
    return kept


def _ids(values: list[str], *, most: int) -> list[uuid.UUID]:
    return [ident for ident in map(_id, values[:most]) if ident is not None]


def _id(value: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(value) if value else None
    except ValueError:
        return None
