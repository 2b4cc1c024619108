"""Administration of client groups and types."""

from __future__ import annotations

from typing import Any

from flask import flash, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.clients import commands
from portal.clients.forms import NameForm
from portal.clients.models import ClientGroup, ClientType
from portal.clients.policies import can_manage_settings
from portal.clients.queries import client_groups, client_types, group_counts, type_counts
from portal.clients.queries.lists import all_groups, all_types
from portal.clients.views.blueprint import bp
from portal.kit.errors import Refused
from portal.kit.forms import refuse, status_of
from portal.kit.web import allowed, current_viewer, redirect_to


def _page(form: NameForm, *, kind: str, editing: Any = None) -> ResponseReturnValue:
    groups = kind == "groups"
    return render_template(
        "clients/lists.html",
        kind=kind,
        items=client_groups() if groups else client_types(),
        counts=group_counts() if groups else type_counts(),
        form=form,
        editing=editing,
    ), status_of(form)


@bp.get("/settings/client-groups")
@allowed(can_manage_settings)
def groups() -> ResponseReturnValue:
    """The client groups with the number of their clients."""
    return _page(NameForm(formdata=None), kind="groups")


@bp.post("/settings/client-groups")
@allowed(can_manage_settings)
def create_group() -> ResponseReturnValue:
    """Make a group."""
    form = NameForm()
    if form.validate_on_submit():
        try:
            commands.create_group(name=form.name.data or "", actor=current_viewer())
            return redirect_to("clients.groups")
        except Refused as refusal:
            refuse(form, refusal)
    return _page(form, kind="groups")


@bp.post("/settings/client-groups/<uuid:group_id>")
@allowed(can_manage_settings, group=all_groups)
def rename_group(group: ClientGroup) -> ResponseReturnValue:
    """Give a group another name."""
    form = NameForm()
    if form.validate_on_submit():
        try:
            commands.rename_group(group, name=form.name.data or "", actor=current_viewer())
            return redirect_to("clients.groups")
        except Refused as refusal:
            refuse(form, refusal)
    return _page(form, kind="groups", editing=group.id)


@bp.post("/settings/client-groups/<uuid:group_id>/removal")
@allowed(can_manage_settings, group=all_groups)
def delete_group(group: ClientGroup) -> ResponseReturnValue:
    """Delete a group; its clients stay."""
    commands.delete_group(group, actor=current_viewer())
    flash(_("The group “%(name)s” was deleted. Its clients stay.", name=group.name), "success")
    return redirect_to("clients.groups")


@bp.get("/settings/client-types")
@allowed(can_manage_settings)
def types() -> ResponseReturnValue:
    """The client types with the number of their clients."""
    return _page(NameForm(formdata=None), kind="types")


@bp.post("/settings/client-types")
@allowed(can_manage_settings)
def create_type() -> ResponseReturnValue:
    """Make a type."""
    form = NameForm()
    if form.validate_on_submit():
        try:
            commands.create_type(name=form.name.data or "", actor=current_viewer())
            return redirect_to("clients.types")
        except Refused as refusal:
            refuse(form, refusal)
    return _page(form, kind="types")


@bp.post("/settings/client-types/<uuid:type_id>")
@allowed(can_manage_settings, type=all_types)
def rename_type(type: ClientType) -> ResponseReturnValue:
    """Give a type another name."""
    form = NameForm()
    if form.validate_on_submit():
        try:
            commands.rename_type(type, name=form.name.data or "", actor=current_viewer())
            return redirect_to("clients.types")
        except Refused as refusal:
            refuse(form, refusal)
    return _page(form, kind="types", editing=type.id)


@bp.post("/settings/client-types/<uuid:type_id>/removal")
@allowed(can_manage_settings, type=all_types)
def delete_type(type: ClientType) -> ResponseReturnValue:
    """Delete a type; its clients stay."""
    commands.delete_type(type, actor=current_viewer())
    flash(_("The type “%(name)s” was deleted. Its clients stay.", name=type.name), "success")
    return redirect_to("clients.types")
