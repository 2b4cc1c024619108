"""The Contacts page: everybody whom the firm's clients send, their state, their details."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import Select

from portal.accounts import commands
from portal.accounts.forms import PersonForm
from portal.accounts.models import Person
from portal.accounts.policies import can_manage_account, can_manage_contacts, can_see_contacts
from portal.accounts.queries import clients_of, contact_list, visible_contacts
from portal.accounts.viewer import Viewer
from portal.accounts.views.blueprint import bp
from portal.accounts.views.conflicts import show_conflict
from portal.kit.db import db
from portal.kit.errors import Conflict, Refused
from portal.kit.forms import refuse, searched, status_of
from portal.kit.paging import page_of
from portal.kit.web import allowed, current_viewer, is_fragment_request, redirect_to

PAGE = 50
# A page's worth and some; more at once would be a mailing, which has a page of its own.
_MOST_AT_ONCE = 200


@bp.get("/contacts")
@allowed(can_see_contacts)
def contacts() -> ResponseReturnValue:
    """Contacts in sight, by name."""
    viewer: Viewer = current_viewer()
    text, state = searched(), searched("state")
    page = page_of(contact_list(viewer, text=text, state=state), size=PAGE, place=request.args.get("after"))
    template = "accounts/_contact_rows.html" if is_fragment_request() else "accounts/contacts.html"
    return render_template(
        template,
        page=page,
        clients=clients_of(viewer, page.items),
        text=text,
        state=state,
        may_manage=can_manage_contacts(viewer),
    )


@bp.post("/contacts/invitations")
@allowed(can_manage_contacts)
def invite_contacts() -> ResponseReturnValue:
    """Send activation mails to the chosen contacts who have not activated."""
    viewer: Viewer = current_viewer()
    chosen = [ident for raw in request.form.getlist("person_id")[:_MOST_AT_ONCE] if (ident := _id(raw))]
    query: Select[Any] = visible_contacts(viewer).where(Person.id.in_(chosen))
    sent = commands.invite_many(db.session.scalars(query).all(), actor=viewer) if chosen else 0
    if sent:
        flash(
            ngettext("One activation mail is on its way.", "%(num)s activation mails are on their way.", sent),
            "success",
        )
    else:
        flash(_("None of the chosen contacts is waiting for an activation."), "info")
    return redirect_to("accounts.contacts", state=request.form.get("state") or None, q=request.form.get("q") or None)


def _id(raw: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(raw)
    except ValueError:
        return None


@bp.get("/contacts/<uuid:person_id>")
@allowed(can_see_contacts, person=visible_contacts)
def contact(person: Person) -> ResponseReturnValue:
    """A contact's details, once for all clients."""
    return _page(person, PersonForm(formdata=None, obj=person))


@bp.post("/contacts/<uuid:person_id>")
@allowed(can_manage_contacts, person=visible_contacts)
def update_contact(person: Person) -> ResponseReturnValue:
    """Save a contact's details."""
    form = PersonForm(obj=person)
    viewer: Viewer = current_viewer()
    if form.validate_on_submit():
        try:
            if form.email.data != person.email and not can_manage_account(viewer, person):
                raise AddressOutOfReach()
            commands.update_person(person, actor=viewer, version=form.version.data, **form.values("version"))
            flash(_("The details are saved."), "success")
            return redirect_to("accounts.contact", person_id=person.id)
        except Conflict as refusal:
            show_conflict(form, person, refusal)
        except Refused as refusal:
            refuse(form, refusal)
    return _page(person, form), status_of(form)


class AddressOutOfReach(Refused):
    """Whoever has the address can choose the password, and so sees all clients of the contact."""

    sentence = _l(
        "This contact also belongs to clients that you may not see. Ask somebody who sees them to change the address."
    )
    field = "email"


def _page(person: Person, form: PersonForm) -> str:
    viewer: Viewer = current_viewer()
    return render_template(
        "accounts/contact.html",
        subject=person,
        form=form,
        clients=clients_of(viewer, [person])[person.id],
        may_manage=can_manage_contacts(viewer),
        may_close=can_manage_account(viewer, person),
    )


@bp.post("/contacts/<uuid:person_id>/invitation")
@allowed(can_manage_contacts, person=visible_contacts)
def invite_contact(person: Person) -> ResponseReturnValue:
    """Send the activation mail; the link of an earlier one dies."""
    commands.invite(person, actor=current_viewer())
    flash(_("The activation mail to %(person)s is on its way.", person=person.full_name), "success")
    return redirect_to("accounts.contact", person_id=person.id)


@bp.post("/contacts/<uuid:person_id>/disabling")
@allowed(can_manage_account, person=visible_contacts)
def disable_contact(person: Person) -> ResponseReturnValue:
    """Close the account at once."""
    commands.disable_person(person, actor=current_viewer())
    flash(_("The account of %(person)s is disabled.", person=person.full_name), "success")
    return redirect_to("accounts.contact", person_id=person.id)


@bp.post("/contacts/<uuid:person_id>/enabling")
@allowed(can_manage_account, person=visible_contacts)
def enable_contact(person: Person) -> ResponseReturnValue:
    """Open the account again."""
    commands.enable_person(person, actor=current_viewer())
    flash(_("The account of %(person)s is enabled again.", person=person.full_name), "success")
    return redirect_to("accounts.contact", person_id=person.id)


@bp.post("/contacts/<uuid:person_id>/sessions/end")
@allowed(can_manage_account, person=visible_contacts)
def end_contact_sessions(person: Person) -> ResponseReturnValue:
    """Sign the contact out everywhere."""
    commands.end_all_sessions(person, actor=current_viewer())
    flash(_("%(person)s is signed out everywhere.", person=person.full_name), "success")
    return redirect_to("accounts.contact", person_id=person.id)
