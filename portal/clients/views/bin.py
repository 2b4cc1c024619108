"""The bin of clients."""

from __future__ import annotations

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func

from portal.clients import commands
from portal.clients.commands.bin import KEPT_FOR
from portal.clients.forms import NameForm, TypedNameForm
from portal.clients.models import Client
from portal.clients.policies import can_bin_client, can_see_bin
from portal.clients.queries import binned_clients, client_files
from portal.clients.views.blueprint import bp
from portal.kit.errors import Refused
from portal.kit.forms import refuse, status_of
from portal.kit.paging import page_of
from portal.kit.web import allowed, current_viewer, is_fragment_request, redirect_to


@bp.get("/clients/bin", endpoint="bin")
@allowed(can_see_bin)
def show_bin() -> ResponseReturnValue:
    """Clients in the bin, the latest first."""
    # The key of a page must not be nullable; everything in the bin has a moment.
    since = func.coalesce(Client.binned_at, Client.created_at)
    found = binned_clients(current_viewer()).order_by(since.desc(), Client.id)
    page = page_of(found, size=50, place=request.args.get("after"))
    template = "clients/_bin_rows.html" if request.args.get("after") and is_fragment_request() else "clients/bin.html"
    return render_template(template, clients=page.items, next_place=page.next_place, kept_for=KEPT_FOR)


@bp.route("/clients/<uuid:client_id>/binning", methods=["GET", "POST"])
@allowed(can_bin_client, client=client_files)
def bin_client(client: Client) -> ResponseReturnValue:
    """Ask for the name, then move the client to the bin."""
    form = TypedNameForm()
    if form.validate_on_submit():
        try:
            commands.bin_client(client, confirmed_name=form.typed_name.data or "", actor=current_viewer())
            flash(_("“%(name)s” is in the bin. It can be restored for 30 days.", name=client.name), "success")
            return redirect_to("clients.index")
        except Refused as refusal:
            refuse(form, refusal)
    return render_template("clients/bin_client.html", client=client, form=form), status_of(form)


@bp.route("/clients/bin/<uuid:client_id>/restoration", methods=["GET", "POST"])
@allowed(can_bin_client, client=binned_clients)
def restore(client: Client) -> ResponseReturnValue:
    """Take the client back, under another name when its own was given away."""
    form = NameForm(name=client.name)
    if form.is_submitted():
        try:
            commands.restore_client(client, name=form.name.data or None, actor=current_viewer())
            flash(_("“%(name)s” is back, with its whole space.", name=client.name), "success")
            return redirect_to("clients.show", client_id=client.id)
        except Refused as refusal:
            refuse(form, refusal)
    return render_template("clients/restore.html", client=client, form=form), status_of(form)


@bp.route("/clients/bin/<uuid:client_id>/erasure", methods=["GET", "POST"])
@allowed(can_bin_client, client=binned_clients)
def erase(client: Client) -> ResponseReturnValue:
    """Ask for the name, then delete the client for good."""
    form = TypedNameForm()
    if form.validate_on_submit():
        try:
            commands.erase_client(client, confirmed_name=form.typed_name.data or "", actor=current_viewer())
            flash(_("“%(name)s” was erased.", name=client.name), "success")
            return redirect_to("clients.bin")
        except Refused as refusal:
            refuse(form, refusal)
    return render_template("clients/erase.html", client=client, form=form), status_of(form)
