"""The firm's collaborators and their roles, for those who administer the firm."""

from __future__ import annotations

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.accounts import commands
from portal.accounts.forms import CollaboratorForm
from portal.accounts.models import Person, Role
from portal.accounts.policies import can_administer
from portal.accounts.queries import all_collaborators, roles, visible_collaborators
from portal.accounts.views.blueprint import bp
from portal.accounts.views.conflicts import show_conflict
from portal.kit.errors import Conflict, Refused
from portal.kit.forms import choices_of, refuse, status_of
from portal.kit.web import allowed, current_viewer, redirect_to


@bp.get("/collaborators")
@allowed(can_administer)
def collaborators() -> ResponseReturnValue:
    """All collaborators, by name."""
    return render_template("accounts/collaborators.html", people=all_collaborators())


def _form(person: Person | None, *, typed: bool) -> CollaboratorForm:
    form = CollaboratorForm(obj=person) if typed else CollaboratorForm(formdata=None, obj=person)
    form.role_id.choices = choices_of(roles())
    return form


def _role(form: CollaboratorForm) -> Role:
    return next(role for role in roles() if role.id == form.role_id.data)


@bp.route("/collaborators/new", methods=["GET", "POST"])
@allowed(can_administer)
def new_collaborator() -> ResponseReturnValue:
    """Add a collaborator, who gets an activation mail."""
    viewer = current_viewer()
    form = _form(None, typed=request.method == "POST")
    if form.validate_on_submit():
        try:
            person = commands.add_collaborator(role=_role(form), actor=viewer, **form.values("version", "role_id"))
            flash(_("The activation mail to %(person)s is on its way.", person=person.full_name), "success")
            return redirect_to("accounts.collaborators")
        except Refused as refusal:
            refuse(form, refusal)
    return render_template("accounts/collaborator_new.html", form=form), status_of(form)


@bp.route("/collaborators/<uuid:person_id>", methods=["GET", "POST"])
@allowed(can_administer, person=visible_collaborators)
def collaborator(person: Person) -> ResponseReturnValue:
    """Details and role of a collaborator."""
    form = _form(person, typed=request.method == "POST")
    if form.validate_on_submit():
        try:
            commands.update_collaborator(
                person,
                role=_role(form),
                actor=current_viewer(),
                version=form.version.data,
                **form.values("version", "role_id"),
            )
            flash(_("The details are saved."), "success")
            return redirect_to("accounts.collaborator", person_id=person.id)
        except Conflict as refusal:
            show_conflict(form, person, refusal)
        except Refused as refusal:
            refuse(form, refusal)
    return render_template("accounts/collaborator.html", form=form, subject=person), status_of(form)


@bp.post("/collaborators/<uuid:person_id>/invitation")
@allowed(can_administer, person=visible_collaborators)
def invite_collaborator(person: Person) -> ResponseReturnValue:
    """Send the activation mail; the link of an earlier one dies."""
    commands.invite(person, actor=current_viewer())
    flash(_("The activation mail to %(person)s is on its way.", person=person.full_name), "success")
    return redirect_to("accounts.collaborator", person_id=person.id)


@bp.post("/collaborators/<uuid:person_id>/disabling")
@allowed(can_administer, person=visible_collaborators)
def disable_collaborator(person: Person) -> ResponseReturnValue:
    """Close the account at once."""
    commands.disable_person(person, actor=current_viewer())
    flash(_("The account of %(person)s is disabled.", person=person.full_name), "success")
    return redirect_to("accounts.collaborator", person_id=person.id)


@bp.post("/collaborators/<uuid:person_id>/enabling")
@allowed(can_administer, person=visible_collaborators)
def enable_collaborator(person: Person) -> ResponseReturnValue:
    """Open the account again."""
    commands.enable_person(person, actor=current_viewer())
    flash(_("The account of %(person)s is enabled again.", person=person.full_name), "success")
    return redirect_to("accounts.collaborator", person_id=person.id)


@bp.post("/collaborators/<uuid:person_id>/sessions/end")
@allowed(can_administer, person=visible_collaborators)
def end_collaborator_sessions(person: Person) -> ResponseReturnValue:
    """Sign the collaborator out everywhere."""
    commands.end_all_sessions(person, actor=current_viewer())
    flash(_("%(person)s is signed out everywhere.", person=person.full_name), "success")
    return redirect_to("accounts.collaborator", person_id=person.id)
