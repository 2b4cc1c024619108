"""The delivery log."""

from __future__ import annotations

import json

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.clients.queries import visible_clients
from portal.connectors import commands, queries
from portal.connectors import deliveries as sending
from portal.connectors.models import ClientConnector, Delivery
from portal.connectors.policies import can_change_link, can_view_delivery
from portal.connectors.queries import visible_deliveries, visible_links
from portal.connectors.registry import connector
from portal.connectors.views.blueprint import bp
from portal.kit.paging import page_of
from portal.kit.web import allowed, current_viewer, get_or_404, is_fragment_request, redirect_to

PAGE = 50


@bp.get("/client-connectors/<uuid:link_id>/deliveries")
@allowed(can_change_link, link=visible_links)
def log(link: ClientConnector) -> ResponseReturnValue:
    """What was sent through this connector, newest first. While something is on its way, the page looks again."""
    page = page_of(queries.deliveries_of(link), size=PAGE, place=request.args.get("after"))
    values = {"link": link, "page": page, "settings": queries.settings_of(link)}
    if is_fragment_request():
        part = "connectors/_rows.html" if request.args.get("after") else "connectors/_log.html"
        return render_template(part, **values)
    client = get_or_404(visible_clients(current_viewer()), link.client_id)
    return render_template("connectors/log.html", client=client, found=connector(link.key), **values)


@bp.post("/client-connectors/<uuid:link_id>/tests")
@allowed(can_change_link, link=visible_links)
def send_test(link: ClientConnector) -> ResponseReturnValue:
    """Send a test message."""
    commands.send_test(link, actor=current_viewer())
    flash(_("A test message is on its way. How it went stands below."), "success")
    return redirect_to("connectors.log", link_id=link.id)


@bp.get("/deliveries/<uuid:delivery_id>")
@allowed(can_view_delivery, delivery=visible_deliveries)
def show_delivery(delivery: Delivery) -> ResponseReturnValue:
    """One message: what was sent, what came back."""
    client = get_or_404(visible_clients(current_viewer()), delivery.client_id)
    payload = json.dumps(delivery.payload, ensure_ascii=False, indent=2)
    return render_template("connectors/delivery.html", client=client, delivery=delivery, payload=payload)


@bp.post("/deliveries/<uuid:delivery_id>/retry")
@allowed(can_view_delivery, delivery=visible_deliveries)
def retry(delivery: Delivery) -> ResponseReturnValue:
    """Send a failed message once more."""
    sending.retry(delivery, actor=current_viewer())
    flash(_("The message is being sent again."), "success")
    return redirect_to("connectors.log", link_id=delivery.client_connector_id)
