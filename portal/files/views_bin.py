"""The bin of a client's document space."""

from __future__ import annotations

from flask import flash, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.clients.models import Client
from portal.clients.queries import visible_clients
from portal.files.blueprint import bp
from portal.files.commands.confirmation import NeedsConfirmation, take_back
from portal.files.commands.erasures import entries_to_erase, erase_entries
from portal.files.models import BinEntry, File
from portal.files.policies import can_empty_bin, can_restore, can_view_bin
from portal.files.queries import bin_entries, places_of
from portal.files.retention import bin_until, present
from portal.files.selections import ids_sent
from portal.files.space import people_by_id
from portal.files.views_places import confirm_page
from portal.kit.paging import page_of
from portal.kit.web import allowed, current_viewer, is_fragment_request, redirect_to, wants_json


@bp.get("/clients/<uuid:client_id>/documents/bin")
@allowed(can_view_bin, client=visible_clients)
def bin(client: Client) -> ResponseReturnValue:
    """What was deleted and may be taken back by the viewer: by whom, when, from where, and until when it is kept."""
    viewer = current_viewer()
    entries = page_of(bin_entries(viewer, client.id), size=50, place=request.args.get("after"))
    people = people_by_id({entry.binned_by_id for entry in entries.items})
    template = "files/_bin_rows.html" if is_fragment_request() else "files/bin.html"
    return render_template(
        template, client=client, entries=entries, people=people,
        places=places_of(viewer, {entry.parent_id for entry in entries.items}),
        ends={entry.id: bin_until(entry) for entry in entries.items}, days=present().bin_days,
        may_empty=can_empty_bin(viewer, client),
    )  # fmt: skip


@bp.post("/bin-entries/<uuid:entry_id>/restoration")
@allowed(can_restore, entry=bin_entries)
def restore_entry(entry: BinEntry) -> ResponseReturnValue:
    """Take an entry out of the bin."""
    try:
        restored = take_back(entry, actor=current_viewer(), confirmed=request.form.get("confirmed"))
    except NeedsConfirmation as asked:
        if wants_json():
            raise
        back = url_for("files.bin", client_id=entry.client_id)
        return confirm_page(asked.preview, "restore", entry, action=request.path, cancel=back)
    said = _("“%(name)s” is back.", name=restored.name)
    if wants_json():
        return jsonify({"said": said})
    flash(said, "success")
    folder_id = restored.folder_id if isinstance(restored, File) else restored.parent_id
    return redirect_to("files.folder", folder_id=folder_id)


@bp.get("/clients/<uuid:client_id>/documents/bin/erasure")
@allowed(can_empty_bin, client=visible_clients)
def choose_erasure(client: Client) -> ResponseReturnValue:
    """What would go for good, of the chosen entries or of the whole bin."""
    chosen = None if request.args.get("all") == "1" else ids_sent(request.args.getlist("item"))
    going = entries_to_erase(current_viewer(), client.id, chosen)
    return render_template("files/bin_erasure.html", client=client, going=going)


@bp.post("/clients/<uuid:client_id>/documents/bin/erasure")
@allowed(can_empty_bin, client=visible_clients)
def erase(client: Client) -> ResponseReturnValue:
    """Delete entries for good, those that were shown."""
    gone = erase_entries(client.id, ids_sent(request.form.getlist("item")), actor=current_viewer())
    flash(ngettext("%(num)s item was deleted for good.", "%(num)s items were deleted for good.", gone), "success")
    return redirect_to("files.bin", client_id=client.id)
