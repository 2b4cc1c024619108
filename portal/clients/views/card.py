"""The card: its first tab, and its fields saved one by one."""

from __future__ import annotations

from flask import abort, flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.clients import commands
from portal.clients.fields import LABELS, STATUSES, editable_field
from portal.clients.models import Client
from portal.clients.policies import can_manage_client, can_view_client
from portal.clients.queries import (
    client_files,
    client_groups,
    client_types,
    main_contact_of,
    other_clients_of,
)
from portal.clients.refusals import ValueConflict
from portal.clients.views.blueprint import bp
from portal.clients.views.editing import Editable, answer
from portal.kit.errors import Refused
from portal.kit.i18n import LANGUAGES, language_name
from portal.kit.web import allowed, current_viewer, redirect_to

SECTIONS = (
    ("status", ("status", "group_id", "type_id", "language")),
    ("address", ("address", "postal_code", "city", "country", "phone", "email")),
    ("terms", ("tax", "price_list", "discount_percent")),
)
_KINDS = {"address": "long", "note": "long", "email": "email", "phone": "tel"}
_SELECTS = ("status", "group_id", "type_id", "language")


def field_of(client: Client, field: str) -> Editable:
    """A field of the card as it is shown and edited."""
    value = editable_field(client, field)
    options = _options(field)
    shown = dict(options).get(value, "") if field in _SELECTS and value else value
    return Editable(
        key=field,
        label=str(LABELS[field]),
        kind="select" if field in _SELECTS else _KINDS.get(field, "text"),
        value=value,
        before=value,
        shown=language_name(value) if field == "language" else shown,
        options=options,
        endpoint="clients.field",
        arguments={"client_id": client.id, "field": field},
        required=field in ("name", "status", "language"),
    )


def _options(field: str) -> list[tuple[str, str]]:
    if field == "status":
        return [(key, str(label)) for key, label in STATUSES.items()]
    if field == "language":
        return list(LANGUAGES.items())
    if field == "group_id":
        return [("", _("No group")), *((str(group.id), group.name) for group in client_groups())]
    if field == "type_id":
        return [("", _("No type")), *((str(kind.id), kind.name) for kind in client_types())]
    return []


@bp.get("/clients/<uuid:client_id>")
@allowed(can_view_client, client=client_files)
def show(client: Client) -> ResponseReturnValue:
    """The first tab: status, notes, address, and the main contact with their other clients."""
    viewer = current_viewer()
    main = main_contact_of(client.id)
    return render_template(
        "clients/show.html",
        client=client,
        sections=[(key, [field_of(client, field) for field in fields]) for key, fields in SECTIONS],
        note=field_of(client, "note"),
        name=field_of(client, "name"),
        main=main,
        others=other_clients_of(main.id, client.id, viewer) if main is not None else [],
        may_change=can_manage_client(viewer, client),
    )


def _known(field: str) -> str:
    if field not in LABELS:
        abort(404)
    return field


@bp.get("/clients/<uuid:client_id>/fields/<field>")
@allowed(can_manage_client, client=client_files)
def field(client: Client, field: str) -> ResponseReturnValue:
    """The form of one field; with ``?shown=1`` the field as it is (Cancel)."""
    return answer(client, field_of(client, _known(field)), "clients.show", editing="shown" not in request.args)


@bp.post("/clients/<uuid:client_id>/fields/<field>")
@allowed(can_manage_client, client=client_files)
def save_field(client: Client, field: str) -> ResponseReturnValue:
    """Save one field by itself; a conflict shows both values."""
    raw = request.form.get("value", "")
    now = field_of(client, _known(field))
    try:
        commands.save_field(client, field, raw, before=request.form.get("before", ""), actor=current_viewer())
    except ValueConflict as conflict:
        fresh = field_of(client, field)
        return answer(
            client, fresh.conflicting(raw, theirs=fresh.shown), "clients.show", editing=True, refusal=conflict
        )
    except Refused as refusal:
        return answer(
            client,
            now.holding(raw, before=request.form.get("before", "")),
            "clients.show",
            editing=True,
            refusal=refusal,
        )
    return answer(client, field_of(client, field), "clients.show", editing=False)


@bp.post("/clients/<uuid:client_id>/disablement")
@allowed(can_manage_client, client=client_files)
def disable(client: Client) -> ResponseReturnValue:
    """Hide the client and shut its contacts out."""
    commands.disable_client(client, actor=current_viewer())
    flash(
        _("“%(name)s” is disabled: it is hidden from lists, and its contacts cannot open it.", name=client.name),
        "success",
    )
    return redirect_to("clients.show", client_id=client.id)


@bp.post("/clients/<uuid:client_id>/enablement")
@allowed(can_manage_client, client=client_files)
def enable(client: Client) -> ResponseReturnValue:
    """Show a disabled client again."""
    commands.enable_client(client, actor=current_viewer())
    flash(_("“%(name)s” is active again.", name=client.name), "success")
    return redirect_to("clients.show", client_id=client.id)
