"""The activity of one client, and of the firm."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from portal.clients.models import Client
from portal.clients.queries import visible_clients
from portal.feed import choices
from portal.feed.filters import Filters, from_address
from portal.feed.lines import days_of
from portal.feed.policies import can_view_activity, can_view_firm_activity
from portal.feed.queries import visible_activity
from portal.kit.assets import url_with
from portal.kit.paging import page_of
from portal.kit.web import allowed, current_viewer, is_fragment_request

bp = Blueprint("feed", __name__)

# F70: the last 1,000 at once, older ones by scrolling.
FIRST, NEXT = 1000, 250


@bp.get("/clients/<uuid:client_id>/activity")
@allowed(can_view_activity, client=visible_clients)
def of_client(client: Client) -> ResponseReturnValue:
    """What happened at one client."""
    return _show("feed/of_client.html", client=client)


@bp.get("/activity")
@allowed(can_view_firm_activity)
def firm() -> ResponseReturnValue:
    """What happened at all clients that the collaborator sees."""
    return _show("feed/firm.html", client=None)


def _show(template: str, *, client: Client | None) -> ResponseReturnValue:
    viewer, place = current_viewer(), request.args.get("after")
    filters = from_address(request.args)
    lines = visible_activity(viewer, client=client, filters=filters)
    page = page_of(lines, size=NEXT if place else FIRST, place=place)
    days = days_of(page.items, viewer, began=request.args.get("day", "") if place else "", name_clients=client is None)
    more = url_with(after=page.next_place, day=days[-1].key) if page.next_place and days else None
    if place and is_fragment_request():
        return render_template("feed/_lines.html", days=days, more=more)
    return render_template(template, client=client, days=days, more=more, filters=filters, **_choices(filters, client))


def _choices(filters: Filters, client: Client | None) -> dict[str, Any]:
    viewer = current_viewer()
    folders = choices.folders(viewer, client, filters)
    people = choices.people(viewer, client, filters)
    return {
        "types": choices.types(viewer),
        "formats": choices.formats(filters),
        "folders": folders,
        "people": people,
        "chips": choices.chips(filters, folders, people),
    }
