"""The tab Connectors of a client."""

from __future__ import annotations

from flask import flash, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.clients.models import Client
from portal.clients.queries import visible_clients
from portal.connectors import commands, queries
from portal.connectors.base import Answer, DeliveryFailed
from portal.connectors.forms import PlainForm
from portal.connectors.models import ClientConnector
from portal.connectors.policies import can_change_link, can_connect, can_view_connectors
from portal.connectors.queries import visible_links
from portal.connectors.registry import available
from portal.connectors.views.blueprint import bp
from portal.connectors.views.firm import installed_or_404
from portal.kit.errors import Refused
from portal.kit.forms import refuse, status_of
from portal.kit.web import allowed, current_viewer, get_or_404, redirect_to


@bp.get("/clients/<uuid:client_id>/connectors")
@allowed(can_view_connectors, client=visible_clients)
def of_client(client: Client) -> ResponseReturnValue:
    """The connectors of this client, and those that it could get."""
    return render_template("connectors/of_client.html", **_card(client))


def _card(client: Client) -> dict[str, object]:
    attached = queries.attached_to(client.id)
    used = {item.link.key for item in attached}
    return {
        "client": client,
        "attached": attached,
        "offered": [found for found in available() if found.key not in used],
        "may_change": can_connect(current_viewer(), client),
        "latest": queries.latest_deliveries([item.link.id for item in attached]),
        "form": PlainForm(),
    }


@bp.route("/clients/<uuid:client_id>/connectors/<key>/new", methods=["GET", "POST"])
@allowed(can_connect, client=visible_clients)
def attach(client: Client, key: str) -> ResponseReturnValue:
    """Give the client a connector."""
    found = installed_or_404(key)
    form = PlainForm()
    settings = found.client_form(request.form if request.method == "POST" else None)
    if form.validate_on_submit() and settings.validate():
        try:
            commands.attach(client, key, settings.values(), actor=current_viewer())
            flash(_("The connector was added."), "success")
            return redirect_to("connectors.of_client", client_id=client.id)
        except Refused as refusal:
            refuse(settings, refusal)
    page = render_template("connectors/edit.html", client=client, found=found, form=form, settings=settings, link=None)
    return page, status_of(settings)


@bp.route("/client-connectors/<uuid:link_id>", methods=["GET", "POST"])
@allowed(can_change_link, link=visible_links)
def edit(link: ClientConnector) -> ResponseReturnValue:
    """Change the settings of a client's connector; secrets stay and are not shown."""
    found = installed_or_404(link.key)
    client = _client_of(link)
    form = PlainForm()
    typed = request.form if request.method == "POST" else None
    settings = found.client_form(typed, settings=queries.settings_of(link))
    if form.validate_on_submit() and settings.validate():
        try:
            commands.change_settings(link, settings.values(), actor=current_viewer())
            flash(_("The settings were saved."), "success")
            return redirect_to("connectors.of_client", client_id=link.client_id)
        except Refused as refusal:
            refuse(settings, refusal)
    page = render_template("connectors/edit.html", client=client, found=found, form=form, settings=settings, link=link)
    return page, status_of(settings)


def _client_of(link: ClientConnector) -> Client:
    client: Client = get_or_404(visible_clients(current_viewer()), link.client_id)
    return client


@bp.post("/clients/<uuid:client_id>/connectors/<key>/checks")
@allowed(can_connect, client=visible_clients)
def check(client: Client, key: str) -> ResponseReturnValue:
    """Try the settings that stand in the form, before they are saved."""
    found = installed_or_404(key)
    settings = found.client_form(request.form)
    answer: Answer | None = None
    failure: DeliveryFailed | None = None
    if settings.validate():
        firm = queries.settings_of(queries.firm_connector(key))
        try:
            answer = found.check(found.clean(settings.values(), firm=firm), firm=firm)
        except Refused as refusal:
            refuse(settings, refusal)
        except DeliveryFailed as problem:
            failure = problem
    faults = [error for errors in settings.errors.values() for error in errors]
    return render_template("connectors/_check.html", answer=answer, failure=failure, faults=faults)


@bp.post("/client-connectors/<uuid:link_id>/pause")
@allowed(can_change_link, link=visible_links)
def pause(link: ClientConnector) -> ResponseReturnValue:
    """Send nothing until it is resumed."""
    commands.pause(link, actor=current_viewer())
    flash(_("The connector is paused. Nothing is sent until you resume it."), "success")
    return redirect_to("connectors.of_client", client_id=link.client_id)


@bp.post("/client-connectors/<uuid:link_id>/resumption")
@allowed(can_change_link, link=visible_links)
def resume(link: ClientConnector) -> ResponseReturnValue:
    """Send again."""
    commands.resume(link, actor=current_viewer())
    flash(_("The connector is at work again."), "success")
    return redirect_to("connectors.of_client", client_id=link.client_id)


@bp.post("/client-connectors/<uuid:link_id>/detachment")
@allowed(can_change_link, link=visible_links)
def detach(link: ClientConnector) -> ResponseReturnValue:
    """Take it away from the client."""
    client_id = link.client_id
    commands.detach(link, actor=current_viewer())
    flash(_("The connector was removed."), "success")
    return redirect_to("connectors.of_client", client_id=client_id)


@bp.post("/client-connectors/<uuid:link_id>/secret")
@allowed(can_change_link, link=visible_links)
def reveal_secret(link: ClientConnector) -> ResponseReturnValue:
    """Show the signing secret, once."""
    secret = commands.reveal_secret(link, actor=current_viewer())
    found = installed_or_404(link.key)
    page = render_template("connectors/secret.html", client=_client_of(link), link=link, found=found, secret=secret)
    response = make_response(page, 200 if secret else 409)
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/client-connectors/<uuid:link_id>/secret/renewal")
@allowed(can_change_link, link=visible_links)
def renew_secret(link: ClientConnector) -> ResponseReturnValue:
    """Make a new signing secret; the old one no longer signs."""
    commands.renew_secret(link, actor=current_viewer())
    flash(_("There is a new signing secret. Show it once and enter it at the receiver."), "success")
    return redirect_to("connectors.of_client", client_id=link.client_id)
