"""The table of clients."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.accounts.queries import collaborators
from portal.accounts.roles import Feature
from portal.clients import commands
from portal.clients.fields import STATUS_TONES, STATUSES
from portal.clients.models import Attribute, ClientGroup, ClientType
from portal.clients.policies import can_change_clients, can_create_clients, can_export, can_list_clients
from portal.clients.queries import all_attributes, client_groups, client_types
from portal.clients.queries.columns import DEFAULT, Column, chosen_columns, known_columns
from portal.clients.queries.filters import PAIRS, Filters
from portal.clients.queries.table import COUNTED, PAGE, client_page, count_clients
from portal.clients.values import shown
from portal.clients.views.blueprint import bp
from portal.kit.i18n import LANGUAGES, label_in
from portal.kit.web import allowed, current_viewer, is_fragment_request, redirect_to

# Permissions that do something with many clients at once: set group and type, export, apply a folder template.
CHOOSES = (Feature.MANAGE_CLIENTS, Feature.EXPORTS, Feature.TEMPLATES)
# As many rows are brought at once to somebody who comes back to a place far down.
MOST_ROWS = 1000


@dataclass(frozen=True)
class Choice:
    """One value that the table can be narrowed to, and the address that does or undoes it."""

    label: str
    href: str
    current: bool


@dataclass(frozen=True)
class FilterMenu:
    """One chip with its choices."""

    key: str
    label: str
    choices: list[Choice]
    # A chip of its own; the others share one menu.
    first: bool = False


@dataclass(frozen=True)
class Choices:
    """What a client can be put into: to narrow by, and to set for those that are chosen."""

    groups: list[ClientGroup]
    types: list[ClientType]


@bp.get("/clients")
@allowed(can_list_clients)
def index() -> ResponseReturnValue:
    """The clients that the viewer sees, narrowed and ordered as the address says.

    To a script: further rows (``after``), or the list alone (``part=list``) with as many ``rows`` as were there.
    """
    viewer = current_viewer()
    filters = Filters.of(request.args.to_dict(flat=False))
    attributes = all_attributes()
    known = known_columns(attributes)
    context = _list(viewer, filters, known)
    if is_fragment_request() and request.args.get("after"):
        return render_template("clients/_rows.html", **context)
    if is_fragment_request() and request.args.get("part") == "list":
        return render_template("clients/_found.html", **context)
    choices = Choices(client_groups(), client_types())
    menus = _menus(filters, context["arguments"], attributes, choices)
    return render_template("clients/index.html", **context, menus=menus, known=known, choices=choices)


def _list(viewer: Any, filters: Filters, known: dict[str, Column]) -> dict[str, Any]:
    """What the rows and their frame are drawn from."""
    columns = chosen_columns(viewer.id, known)
    sort, place = request.args.get("sort", "name"), request.args.get("after")
    size = PAGE if place else _wanted_rows()
    page = client_page(viewer, filters, sort=sort, columns=columns, known=known, place=place, size=size)
    arguments: dict[str, Any] = {**filters.arguments(), **({"sort": sort} if sort != "name" else {})}
    # How many stand on the page already travels with the address of the next part; it is shown, never used.
    seen = request.args.get("seen", 0, type=int) + len(page.items)
    total = request.args.get("of", type=int) if place else None
    total = count_clients(viewer, filters) if total is None else total
    onward: dict[str, Any] = {"after": page.next_place, "seen": seen, "of": total}
    return {
        "rows": page.items,
        "seen": seen,
        "total": total,
        "counted": COUNTED,
        "filters": filters,
        "arguments": arguments,
        "sort": sort,
        "columns": columns,
        "next_url": url_for("clients.index", **arguments, **onward) if page.next_place else None,
        "shown_value": shown,
        "statuses": STATUSES,
        "status_tones": STATUS_TONES,
        "language_names": LANGUAGES,
        "may_create": can_create_clients(viewer),
        "may_export": can_export(viewer),
        "may_change": can_change_clients(viewer),
        # Whoever can do nothing with many clients has no boxes to choose them by.
        "may_choose": any(viewer.may(feature) for feature in CHOOSES),
    }


def _wanted_rows() -> int:
    """As many as were there when somebody comes back to a place far down, or after a change."""
    asked = request.args.get("rows", "")
    return min(max(PAGE, int(asked)), MOST_ROWS) if asked.isascii() and asked.isdigit() and len(asked) < 6 else PAGE


def _menus(
    filters: Filters, arguments: dict[str, Any], attributes: Iterable[Attribute], labels: Choices
) -> list[FilterMenu]:
    """A chip for each thing that can be narrowed."""

    def choices(key: str, pairs: Iterable[tuple[str, Any]], separator: str = ",") -> list[Choice]:
        chosen = [part for part in arguments.get(key, "").split(separator) if part]
        found = []
        for value, label in pairs:
            others = [part for part in chosen if part != value]
            wanted = others if value in chosen else [*chosen, value]
            changed = {**arguments, key: separator.join(wanted)}
            address = url_for("clients.index", **{name: text for name, text in changed.items() if text})
            found.append(Choice(str(label), address, value in chosen))
        return found

    groups = [(str(group.id), group.name) for group in labels.groups]
    kinds = [(str(kind.id), kind.name) for kind in labels.types]
    people = [(str(one.id), one.full_name) for one in collaborators()]
    menus = [
        FilterMenu("group", _("Group"), choices("group", groups), first=True),
        FilterMenu("status", _("Status"), choices("status", STATUSES.items()), first=True),
        FilterMenu("collaborator", _("Collaborator"), choices("collaborator", people), first=True),
        FilterMenu("type", _("Type"), choices("type", kinds)),
    ]
    for attribute in attributes:
        values = _filter_values(attribute)
        if values:
            pairs = [(f"{attribute.id}:{value}", label) for value, label in values]
            menus.append(FilterMenu(f"field-{attribute.id}", label_in(attribute.label), choices("field", pairs, PAIRS)))
    return [menu for menu in menus if menu.choices]


def _filter_values(attribute: Attribute) -> list[tuple[str, str]]:
    if attribute.type == "yes_no":
        return [("yes", _("Yes")), ("no", _("No"))]
    return [(option["key"], label_in(option["label"])) for option in attribute.options]


@bp.post("/clients/columns")
@allowed(can_list_clients)
def choose_columns() -> ResponseReturnValue:
    """Keep the viewer's columns in the order of the form; what is not known is left out."""
    known = known_columns(all_attributes())
    # "keys" is the order of all columns on the page, "shown" those that are ticked.
    ticked = set(request.form.getlist("shown"))
    order = list(dict.fromkeys(request.form.getlist("keys"))) or list(DEFAULT)
    wanted = [key for key in order if key in known and key in ticked]
    commands.choose_columns(current_viewer().id, [] if "reset" in request.form else wanted)
    flash(_("Your columns have been saved."), "success")
    query = Filters.of(request.form.to_dict(flat=False)).arguments()
    return redirect_to("clients.index", **query)
