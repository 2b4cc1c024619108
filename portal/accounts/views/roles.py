"""The roles: what each allows, for those who administer the firm."""

from __future__ import annotations

from typing import Any

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.accounts import commands
from portal.accounts.forms import RoleForm
from portal.accounts.models import Role
from portal.accounts.policies import can_administer
from portal.accounts.queries import people_by_role, visible_roles
from portal.accounts.queries import roles as all_roles
from portal.accounts.roles import FEATURE_GROUPS, FEATURE_LABELS, FEATURE_NOTES, PRESET_NAMES, PRESETS
from portal.accounts.views.blueprint import bp
from portal.kit.db import db
from portal.kit.errors import Conflict, Refused
from portal.kit.forms import id_or_none, refuse, status_of
from portal.kit.web import allowed, current_viewer, redirect_to


@bp.get("/roles")
@allowed(can_administer)
def collaborator_roles() -> ResponseReturnValue:
    """What each role allows, and how many people have it."""
    return render_template(
        "accounts/roles.html",
        roles=all_roles(),
        people=people_by_role(),
        groups=FEATURE_GROUPS,
        labels=FEATURE_LABELS,
        notes=FEATURE_NOTES,
    )


@bp.route("/roles/new", methods=["GET", "POST"])
@allowed(can_administer)
def collaborator_role_new() -> ResponseReturnValue:
    """Add a role."""
    form = RoleForm()
    if form.validate_on_submit():
        try:
            role = commands.create_role(
                name=form.name.data or "", features=form.features.data or [], actor=current_viewer()
            )
            flash(_("The role “%(role)s” is there. Give it to people on their page.", role=role.name), "success")
            return redirect_to("accounts.collaborator_roles")
        except Refused as refusal:
            refuse(form, _at_its_field(refusal))
    return _page(form, None), status_of(form)


@bp.route("/roles/<uuid:role_id>", methods=["GET", "POST"])
@allowed(can_administer, role=visible_roles)
def collaborator_role(role: Role) -> ResponseReturnValue:
    """Name of a role and what it allows."""
    form = RoleForm() if request.method == "POST" else _filled(role)
    if form.validate_on_submit():
        try:
            commands.edit_role(
                role,
                name=form.name.data or "",
                features=form.features.data or [],
                version=form.version.data or 0,
                actor=current_viewer(),
            )
            flash(_("The role is saved. It holds from this moment."), "success")
            return redirect_to("accounts.collaborator_roles")
        except Conflict as refusal:
            _show_conflict(form, role, refusal)
        except Refused as refusal:
            refuse(form, _at_its_field(refusal))
    return _page(form, role), status_of(form)


def _filled(role: Role) -> RoleForm:
    return RoleForm(formdata=None, name=role.own_name or "", features=role.features, version=role.version)


def _at_its_field(refusal: Refused) -> Refused:
    """What concerns the choice of a role elsewhere concerns its permissions here."""
    if refusal.field == "role_id":
        refusal.field = "features"
    return refusal


def _show_conflict(form: RoleForm, role: Role, refusal: Conflict) -> None:
    """Keep what was typed, say what stands there now; sending again overwrites it (F21)."""
    db.session.refresh(role)
    refuse(form, refusal)
    if (role.own_name or "") != (form.name.data or ""):
        form.name.errors = [_("Somebody else has saved “%(value)s” here.", value=role.name)]
    if set(role.features) != set(form.features.data or []):
        allowed_now = ", ".join(str(label) for feature, label in FEATURE_LABELS.items() if feature in role.features)
        form.features.errors = [_("Somebody else has saved “%(value)s” here.", value=allowed_now)]
    version: Any = form.version
    version.data, version.raw_data = role.version, None


def _page(form: RoleForm, role: Role | None) -> str:
    return render_template(
        "accounts/role.html",
        form=form,
        role=role,
        people=people_by_role().get(role.id, 0) if role is not None else 0,
        others=[(str(one.id), one.name) for one in all_roles() if role is None or one.id != role.id],
        groups=FEATURE_GROUPS,
        labels=FEATURE_LABELS,
        notes=FEATURE_NOTES,
        preset_name=str(PRESET_NAMES.get((role.preset if role is not None else None) or "", "")),
        as_preset=role is not None and set(role.features) == set(PRESETS.get(role.preset or "", ())),
    )


@bp.post("/roles/<uuid:role_id>/copies")
@allowed(can_administer, role=visible_roles)
def duplicate_collaborator_role(role: Role) -> ResponseReturnValue:
    """Another role that allows the same."""
    copy = commands.duplicate_role(role, actor=current_viewer())
    flash(_("The role “%(role)s” is there. Change its name and what it allows.", role=copy.name), "success")
    return redirect_to("accounts.collaborator_role", role_id=copy.id)


@bp.post("/roles/<uuid:role_id>/preset")
@allowed(can_administer, role=visible_roles)
def reset_collaborator_role(role: Role) -> ResponseReturnValue:
    """Back to what the preset allows."""
    commands.reset_role(role, actor=current_viewer())
    flash(_("The role allows again what it allowed in the beginning."), "success")
    return redirect_to("accounts.collaborator_role", role_id=role.id)


@bp.post("/roles/<uuid:role_id>/deletion")
@allowed(can_administer, role=visible_roles)
def delete_collaborator_role(role: Role) -> ResponseReturnValue:
    """Delete the role; ``into`` is the one that its people get."""
    name = role.name
    moved = commands.delete_role(role, into=_role_named(request.form.get("into")), actor=current_viewer())
    sentence = ngettext(
        "The role “%(role)s” is deleted; %(num)s person has another one now.",
        "The role “%(role)s” is deleted; %(num)s people have another one now.",
        moved,
        role=name,
    )
    flash(sentence if moved else _("The role “%(role)s” is deleted.", role=name), "success")
    return redirect_to("accounts.collaborator_roles")


def _role_named(raw: str | None) -> Role | None:
    try:
        ident = id_or_none(raw)
    except ValueError:
        return None
    return next((role for role in all_roles() if role.id == ident), None)
