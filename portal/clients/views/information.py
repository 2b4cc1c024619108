"""The card's tab of attributes."""

from __future__ import annotations

import uuid
from typing import Any

from flask import abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.clients import commands, values
from portal.clients.models import Client, ClientAttribute
from portal.clients.policies import can_manage_client, can_manage_templates, can_view_client
from portal.clients.queries import all_attributes, attribute_templates, client_attributes, client_files
from portal.clients.refusals import ValueConflict
from portal.clients.views.blueprint import bp
from portal.clients.views.editing import Editable, answer
from portal.kit.errors import Refused
from portal.kit.i18n import label_in
from portal.kit.web import allowed, current_viewer, redirect_to

_KINDS = {
    "long_text": "long",
    "address": "long",
    "date": "date",
    "email": "email",
    "phone": "tel",
    "one_of": "select",
    "yes_no": "select",
    "many_of": "several",
    "number": "number",
    "money": "number",
}


def attribute_of(client: Client, row: ClientAttribute) -> Editable:
    """An attribute of the card as it is shown and edited."""
    attribute = row.attribute
    options: list[tuple[str, str]] = []
    if attribute.type == "yes_no":
        options = [("", ""), ("yes", _("Yes")), ("no", _("No"))]
    elif attribute.type in values.WITH_OPTIONS:
        empty = [("", "")] if attribute.type == "one_of" else []
        options = [*empty, *((option["key"], label_in(option["label"])) for option in attribute.options)]
    arguments: dict[str, Any] = {"client_id": client.id, "attribute_id": attribute.id}
    return Editable(
        key=str(attribute.id),
        label=label_in(attribute.label),
        kind=_KINDS.get(attribute.type, "text"),
        value=values.editable(attribute, row.value),
        before=row.value or "",
        shown=values.shown(attribute, row.value),
        options=options,
        required=row.required,
        endpoint="clients.attribute_value",
        arguments=arguments,
        remove_url=url_for("clients.remove_attribute", **arguments),
    )


@bp.get("/clients/<uuid:client_id>/information")
@allowed(can_view_client, client=client_files)
def information(client: Client) -> ResponseReturnValue:
    """The attributes by section, each edited in place."""
    viewer = current_viewer()
    rows = client_attributes(client.id)
    sections: dict[str, list[Editable]] = {}
    for row in rows:
        sections.setdefault(row.attribute.section, []).append(attribute_of(client, row))
    present = {row.attribute_id for row in rows}
    return render_template(
        "clients/information.html",
        client=client,
        sections=sections,
        addable=[attribute for attribute in all_attributes() if attribute.id not in present],
        templates=attribute_templates(),
        may_change=can_manage_client(viewer, client),
        may_define=can_manage_templates(viewer),
    )


def _row(client: Client, attribute_id: uuid.UUID) -> ClientAttribute:
    for row in client_attributes(client.id):
        if row.attribute_id == attribute_id:
            return row
    abort(404)


@bp.get("/clients/<uuid:client_id>/attributes/<uuid:attribute_id>")
@allowed(can_manage_client, client=client_files)
def attribute_value(client: Client, attribute_id: uuid.UUID) -> ResponseReturnValue:
    """The form of one attribute; with ``?shown=1`` the value as it is."""
    editable = attribute_of(client, _row(client, attribute_id))
    return answer(client, editable, "clients.information", editing="shown" not in request.args)


@bp.post("/clients/<uuid:client_id>/attributes/<uuid:attribute_id>")
@allowed(can_manage_client, client=client_files)
def save_value(client: Client, attribute_id: uuid.UUID) -> ResponseReturnValue:
    """Save one attribute by itself; a conflict shows both values."""
    editable = attribute_of(client, _row(client, attribute_id))
    raw: Any = request.form.getlist("value") if editable.kind == "several" else request.form.get("value", "")
    before = request.form.get("before", "")
    try:
        commands.save_value(client, attribute_id, raw, before=before, actor=current_viewer())
    except ValueConflict as conflict:
        fresh = attribute_of(client, _row(client, attribute_id))
        refused = fresh.conflicting(raw, theirs=fresh.shown)
        return answer(client, refused, "clients.information", editing=True, refusal=conflict)
    except Refused as refusal:
        return answer(
            client, editable.holding(raw, before=before), "clients.information", editing=True, refusal=refusal
        )
    return answer(client, attribute_of(client, _row(client, attribute_id)), "clients.information", editing=False)


@bp.post("/clients/<uuid:client_id>/attributes")
@allowed(can_manage_client, client=client_files)
def add_attributes(client: Client) -> ResponseReturnValue:
    """Put fields on the card: single ones, or those of a template."""
    wanted: dict[uuid.UUID, bool] = {}
    chosen = set(request.form.getlist("template"))
    for template in attribute_templates():
        if str(template.id) in chosen:
            wanted |= {item.attribute_id: item.required for item in template.items}
    for raw in request.form.getlist("attribute"):
        try:
            wanted.setdefault(uuid.UUID(raw), False)
        except ValueError:
            continue
    if wanted:
        commands.add_attributes(client, wanted.items(), actor=current_viewer())
        flash(_("The fields are on the card."), "success")
    else:
        flash(_("Choose at least one field or template."), "error")
    return redirect_to("clients.information", client_id=client.id)


@bp.post("/clients/<uuid:client_id>/attributes/<uuid:attribute_id>/removal")
@allowed(can_manage_client, client=client_files)
def remove_attribute(client: Client, attribute_id: uuid.UUID) -> ResponseReturnValue:
    """Take a field off the card."""
    commands.remove_attribute(client, attribute_id, actor=current_viewer())
    flash(_("The field was taken off the card."), "success")
    return redirect_to("clients.information", client_id=client.id)
