"""What is done with many at once: to the bin and back, a ZIP, an order; and how somebody wants to see folders."""

from __future__ import annotations

import uuid

from flask import flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext
from flask_login import current_user

from portal.clients.models import Client
from portal.clients.queries import visible_clients
from portal.files.blueprint import bp
from portal.files.commands.archives import open_archive
from portal.files.commands.bin_many import bin_chosen
from portal.files.commands.confirmation import NeedsConfirmation
from portal.files.commands.ordering import put_before
from portal.files.commands.restores import take_back_many
from portal.files.commands.viewing import choose_view
from portal.files.models import Folder
from portal.files.policies import can_change_folder, can_open_folder
from portal.files.queries import reachable_folders, visible_folders
from portal.files.refusals import Gone
from portal.files.selection_forms import left_said, sent_selection
from portal.files.selections import ids_sent, read_chosen
from portal.files.views_archives import send_archive
from portal.files.views_pages import can_open_space
from portal.files.views_places import confirm_page
from portal.kit.web import allowed, current_viewer, redirect_to, safe_next, signed_in, wants_json


@bp.post("/folders/<uuid:folder_id>/selection/deletion")
@allowed(can_open_folder, folder=reachable_folders)
def bin_selection(folder: Folder) -> ResponseReturnValue:
    """What was chosen goes to the bin; the answer to a script says how to take it back."""
    done = bin_chosen(sent_selection(folder), actor=current_viewer())
    said = ngettext("%(num)s item was moved to the bin.", "%(num)s items were moved to the bin.", done.done)
    if wants_json():
        undo = url_for("files.restore_entries", client_id=folder.client_id)
        return jsonify({"said": said, "left": left_said(done), "undo": undo, "items": done.ids})
    flash(said, "success")
    if done.left:
        flash(left_said(done), "warning")
    return redirect_to("files.folder", folder_id=folder.id)


@bp.post("/folders/<uuid:folder_id>/selection/archive")
@allowed(can_open_folder, folder=reachable_folders)
def selection_archive(folder: Folder) -> ResponseReturnValue:
    """All that the viewer may read of what was chosen, as a ZIP."""
    viewer = current_viewer()
    chosen = read_chosen(viewer, sent_selection(folder))
    ids = [row.id for row in chosen.folders], [row.id for row in chosen.files]
    return send_archive(open_archive(viewer, folder.client_id, folder_ids=ids[0], file_ids=ids[1], name=folder.name))


@bp.post("/clients/<uuid:client_id>/documents/bin/restoration")
@allowed(can_open_space, client=visible_clients)
def restore_entries(client: Client) -> ResponseReturnValue:
    """Take entries out of the bin, of those that the viewer may restore."""
    entries = ids_sent(request.values.getlist("item"))
    confirmed = request.form.get("confirmed")
    try:
        done = take_back_many(client.id, list(entries), actor=current_viewer(), confirmed=confirmed)
    except NeedsConfirmation as asked:
        if wants_json():
            return jsonify({"title": str(asked), "detail": str(asked), "status": 409, "code": "confirm"}), 409
        return confirm_page(
            asked.preview, "restore", _Entries(len(entries)), action=request.path,
            fields=[("item", str(ident)) for ident in entries], cancel=url_for("files.bin", client_id=client.id),
        )  # fmt: skip
    said = ngettext("%(num)s item is back.", "%(num)s items are back.", done.done)
    if wants_json():
        return jsonify({"said": said, "left": left_said(done)})
    flash(said, "success")
    return redirect_to("files.bin", client_id=client.id)


class _Entries:
    """Stands for many where the page of a confirmation speaks of one."""

    def __init__(self, count: int) -> None:
        self.name = ngettext("%(num)s item", "%(num)s items", count)


@bp.post("/folders/<uuid:folder_id>/order")
@allowed(can_change_folder, folder=visible_folders)
def put_in_order(folder: Folder) -> ResponseReturnValue:
    """The firm's own order: ``item=id&item=id`` stand before ``before=id``, or at the end."""
    try:
        before = uuid.UUID(request.form["before"]) if request.form.get("before") else None
    except ValueError:
        raise Gone() from None
    put_before(folder, ids_sent(request.form.getlist("item")), before=before, actor=current_viewer())
    if wants_json():
        return jsonify({})
    return redirect_to("files.folder", folder_id=folder.id)


@bp.app_template_global()
def reader_layout() -> str:
    """How the reader of this page wants to see folders: list or grid."""
    return str(getattr(current_user, "documents_layout", "") or "list")


@bp.post("/documents-view")
@signed_in
def choose_documents_view() -> ResponseReturnValue:
    """How this person wants to see folders: ``sort=-date``, ``layout=grid``; kept for all folders."""
    choose_view(current_viewer(), sort=request.form.get("sort"), layout=request.form.get("layout"))
    if wants_json():
        return jsonify({})
    return redirect(safe_next(url_for("home.index")), 303)
