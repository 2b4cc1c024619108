"""How much room the documents of a client take, on its card; administrators set the limit there."""

from __future__ import annotations

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.accounts.policies import can_administer
from portal.clients.models import Client
from portal.clients.policies import can_view_client
from portal.clients.queries import client_files
from portal.files.blueprint import bp
from portal.files.commands.client_room import set_client_room
from portal.files.quota import usage_of
from portal.files.settings_form import ClientRoomForm, gigabytes
from portal.kit.errors import Conflict
from portal.kit.forms import refuse, status_of
from portal.kit.web import allowed, current_viewer, is_fragment_request, redirect_to


@bp.get("/clients/<uuid:client_id>/room")
@allowed(can_view_client, client=client_files)
def room_of_client(client: Client) -> ResponseReturnValue:
    """Used and free: as a part of the card, or as a page with the form."""
    if is_fragment_request():
        return render_template("files/_room.html", client=client, usage=usage_of(client.id))
    return _page(client, _form(client))


@bp.post("/clients/<uuid:client_id>/room")
@allowed(can_administer, client=client_files)
def set_room_of_client(client: Client) -> ResponseReturnValue:
    """Give the client room of its own, or, left empty, as much as each."""
    form = ClientRoomForm()
    if form.validate_on_submit():
        before = request.form.get("before", "")
        seen = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
        try:
            set_client_room(client, quota_bytes=form.size, before=seen, actor=current_viewer())
        except Conflict as refusal:
            refuse(form, refusal)
        else:
            flash(_("The room for documents is saved."), "success")
            return redirect_to("clients.show", client_id=client.id)
    return _page(client, form), status_of(form)


def _form(client: Client) -> ClientRoomForm:
    return ClientRoomForm(data={"quota": gigabytes(client.quota_bytes)})


def _page(client: Client, form: ClientRoomForm) -> str:
    return render_template("files/room.html", client=client, form=form, usage=usage_of(client.id))
