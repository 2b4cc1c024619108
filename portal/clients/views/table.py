"""The table of clients."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.accounts.queries import collaborators
from portal.clients import commands
from portal.clients.fields import STATUS_TONES, STATUSES
from portal.clients.models import Attribute
from portal.clients.policies import can_create_clients, can_export, can_list_clients
from portal.clients.queries import all_attributes, client_groups, client_types
from portal.clients.queries.columns import DEFAULT, chosen_columns, known_columns
from portal.clients.queries.filters import PAIRS, Filters
from portal.clients.queries.table import COUNTED, client_page, count_clients
from portal.clients.values import shown
from portal.clients.views.blueprint import bp
from portal.kit.i18n import LANGUAGES, label_in
from portal.kit.web import allowed, current_viewer, is_fragment_request, redirect_to


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


@bp.get("/clients")
@allowed(can_list_clients)
def index() -> ResponseReturnValue:
    """The clients that the viewer sees, narrowed and ordered as the address says."""
    viewer = current_viewer()
    filters = Filters.of(request.args.to_dict(flat=False))
    attributes = all_attributes()
    known = known_columns(attributes)
    columns = chosen_columns(viewer.id, known)
    sort, place = request.args.get("sort", "name"), request.args.get("after")
    page = client_page(viewer, filters, sort=sort, columns=columns, known=known, place=place)
    arguments: dict[str, Any] = {**filters.arguments(), **({"sort": sort} if sort != "name" else {})}
    # How many stand on the page already travels with the address of the next part; it is shown, never used.
    seen = request.args.get("seen", 0, type=int) + len(page.items)
    total = request.args.get("of", type=int) if place else None
    total = count_clients(viewer, filters) if total is None else total
    onward: dict[str, Any] = {"after": page.next_place, "seen": seen, "of": total}
    context = {
        "rows": page.items,
        "seen": seen,
        "total": total,
        "counted": COUNTED,
        "filters": filters,
        "columns": columns,
        "next_url": url_for("clients.index", **arguments, **onward) if page.next_place else None,
        "shown_value": shown,
        "statuses": STATUSES,
        "status_tones": STATUS_TONES,
        "language_names": LANGUAGES,
    }
    if place and is_fragment_request():
        return render_template("clients/_rows.html", **context)
    menus = _menus(filters, arguments, attributes)
    return render_template(
        "clients/index.html",
        **context,
        arguments=arguments,
        sort=sort,
        menus=menus,
        known=known,
        may_create=can_create_clients(viewer),
        may_export=can_export(viewer),
    )


def _menus(filters: Filters, arguments: dict[str, Any], attributes: Iterable[Attribute]) -> list[FilterMenu]:
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

    groups = [(str(group.id), group.name) for group in client_groups()]
    kinds = [(str(kind.id), kind.name) for kind in client_types()]
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
