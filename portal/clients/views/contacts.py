"""The card's tab of contacts."""

from __future__ import annotations

import uuid

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.accounts import commands as accounts
from portal.accounts.models import Person
from portal.accounts.queries import contact_to_pick, contacts_like
from portal.clients import commands
from portal.clients.forms import ContactForm
from portal.clients.models import Client, Membership
from portal.clients.policies import can_manage_contacts, can_view_client
from portal.clients.queries import client_files, contacts_of
from portal.clients.refusals import Unknown
from portal.clients.views.blueprint import bp
from portal.clients.views.ends import ends_of
from portal.kit.errors import Refused
from portal.kit.forms import refuse, status_of
from portal.kit.web import allowed, current_viewer, redirect_to, safe_next

STATES = {
    "not_invited": (_l("Not invited"), "neutral"),
    "invited": (_l("Invitation sent"), "info"),
    "active": (_l("Active"), "ok"),
    "disabled": (_l("Disabled"), "warn"),
}


def _page(client: Client, form: ContactForm) -> ResponseReturnValue:
    people = contacts_of(client.id)
    return render_template(
        "clients/contacts.html",
        client=client,
        form=form,
        people=people,
        ends=ends_of(people),
        states=STATES,
        may_change=can_manage_contacts(current_viewer(), client),
    ), status_of(form)


@bp.get("/clients/<uuid:client_id>/contacts")
@allowed(can_view_client, client=client_files)
def contacts(client: Client) -> ResponseReturnValue:
    """The contacts with the state of their account."""
    return _page(client, ContactForm(formdata=None, language=client.language))


@bp.get("/clients/<uuid:client_id>/contacts/suggestions")
@allowed(can_manage_contacts, client=client_files)
def suggest_contacts(client: Client) -> ResponseReturnValue:
    """Existing contacts whose name or address holds what is typed, for the type-ahead."""
    found = contacts_like(request.args.get("q", "")[:200], limit=8, viewer=current_viewer())
    return jsonify([{"value": str(one.id), "text": one.full_name, "note": one.email} for one in found])


@bp.post("/clients/<uuid:client_id>/contacts")
@allowed(can_manage_contacts, client=client_files)
def add_contact(client: Client) -> ResponseReturnValue:
    """Add an existing contact (``person``) or a new one."""
    viewer = current_viewer()
    form = ContactForm()
    try:
        if picked := request.form.get("person"):
            person = contact_to_pick(viewer, _id(picked))
            if person is None:
                raise Unknown()
            commands.add_contact(client, person, actor=viewer)
        elif form.validate_on_submit():
            details = form.values("send")
            person = commands.add_new_contact(client, invite=form.send.data, actor=viewer, **details)
        else:
            return _page(client, form)
    except Refused as refusal:
        refuse(form, refusal)
        return _page(client, form)
    flash(
        _("%(name)s is a contact now. Say in the rights which folders they may see.", name=person.full_name), "success"
    )
    return redirect_to("clients.contacts", client_id=client.id)


def _id(raw: str) -> uuid.UUID:
    try:
        return uuid.UUID(raw)
    except ValueError:
        raise Unknown() from None


def _contact(client: Client, person_id: uuid.UUID) -> tuple[Person, Membership]:
    for person, membership in contacts_of(client.id):
        if person.id == person_id:
            return person, membership
    abort(404)


@bp.post("/clients/<uuid:client_id>/contacts/<uuid:person_id>/invitation")
@allowed(can_manage_contacts, client=client_files)
def invite_contact(client: Client, person_id: uuid.UUID) -> ResponseReturnValue:
    """Send the activation mail (again); a link that was sent before dies."""
    person, _membership = _contact(client, person_id)
    accounts.invite(person, actor=current_viewer(), client_id=client.id)
    flash(
        _("The activation mail to %(name)s is on its way. Earlier links no longer work.", name=person.full_name),
        "success",
    )
    return redirect(safe_next(url_for("clients.contacts", client_id=client.id)), 303)


@bp.post("/clients/<uuid:client_id>/contacts/<uuid:person_id>/main")
@allowed(can_manage_contacts, client=client_files)
def set_main_contact(client: Client, person_id: uuid.UUID) -> ResponseReturnValue:
    """Make this contact the main one."""
    person, _membership = _contact(client, person_id)
    commands.set_main_contact(client, person.id, actor=current_viewer())
    flash(_("%(name)s is the main contact now.", name=person.full_name), "success")
    return redirect_to("clients.contacts", client_id=client.id)


@bp.post("/clients/<uuid:client_id>/contacts/<uuid:person_id>/removal")
@allowed(can_manage_contacts, client=client_files)
def remove_contact(client: Client, person_id: uuid.UUID) -> ResponseReturnValue:
    """Take the contact off this client."""
    person, _membership = _contact(client, person_id)
    commands.remove_contact(client, person, actor=current_viewer())
    flash(_("%(name)s no longer sees anything of this client. The account stays.", name=person.full_name), "success")
    return redirect_to("clients.contacts", client_id=client.id)
