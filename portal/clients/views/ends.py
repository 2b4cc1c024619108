"""Access of a person to a client until a day: what the tabs show, and the doors that set and renew it."""

from __future__ import annotations

import uuid
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.clients import commands
from portal.clients.models import Client, Membership
from portal.clients.policies import can_assign_collaborators, can_manage_contacts
from portal.clients.queries import client_files, collaborators_of, contacts_of
from portal.clients.views.blueprint import bp
from portal.kit import days
from portal.kit.clock import now
from portal.kit.errors import Forbidden
from portal.kit.i18n import day
from portal.kit.periods import SAME, End, end_of, renewed_last, seen_end
from portal.kit.web import allowed, current_viewer, safe_next


def ends_of(members: list[tuple[Any, Membership | None]]) -> dict[uuid.UUID, End]:
    """The ends of limited memberships, by person id."""
    limited = [(person.id, member) for person, member in members if member is not None and member.valid_until]
    moment = now() if limited else None
    found = {ident: end_of(member.valid_until, member.created_at, moment) for ident, member in limited}
    return {ident: end for ident, end in found.items() if end is not None}


@bp.post("/clients/<uuid:client_id>/contacts/<uuid:person_id>/end")
@allowed(can_manage_contacts, client=client_files)
def set_contact_end(client: Client, person_id: uuid.UUID) -> ResponseReturnValue:
    """Until the end of which day the contact belongs to the client; empty: without end."""
    return _set(client, person_id, "contact")


@bp.post("/clients/<uuid:client_id>/collaborators/<uuid:person_id>/end")
@allowed(can_assign_collaborators, client=client_files)
def set_collaborator_end(client: Client, person_id: uuid.UUID) -> ResponseReturnValue:
    """The same for a collaborator's level on the client."""
    return _set(client, person_id, "collaborator")


@bp.post("/clients/<uuid:client_id>/contacts/<uuid:person_id>/renewal")
@allowed(can_manage_contacts, client=client_files)
def renew_contact(client: Client, person_id: uuid.UUID) -> ResponseReturnValue:
    """Let a contact's access go on: ``period`` says for how long."""
    return _renew(client, person_id, "contact")


@bp.post("/clients/<uuid:client_id>/collaborators/<uuid:person_id>/renewal")
@allowed(can_assign_collaborators, client=client_files)
def renew_collaborator(client: Client, person_id: uuid.UUID) -> ResponseReturnValue:
    """Let a collaborator's access go on."""
    return _renew(client, person_id, "collaborator")


def _set(client: Client, person_id: uuid.UUID, kind: str) -> ResponseReturnValue:
    person, _member = _belonging(client, person_id, kind)
    _refuse_own(client, person_id)
    until = days.typed_end(request.form.get("valid_until", ""))
    commands.set_end(client, person_id, until, kind=kind, actor=current_viewer())
    if until is None:
        flash(_("The access of %(name)s has no end any more.", name=person.full_name), "success")
    else:
        last = day(days.last_day(until))
        flash(_("%(name)s has access until the end of %(day)s.", name=person.full_name, day=last), "success")
    return _back(client, kind)


def _renew(client: Client, person_id: uuid.UUID, kind: str) -> ResponseReturnValue:
    person, member = _belonging(client, person_id, kind)
    _refuse_own(client, person_id)
    if member.valid_until is None:
        abort(404)
    last = renewed_last(request.form.get("period", SAME), member.valid_until, member.created_at)
    commands.renew_member(
        client, person_id, last, kind=kind, seen=seen_end(request.form.get("seen", "")), actor=current_viewer()
    )
    flash(_("%(name)s has access until the end of %(day)s.", name=person.full_name, day=day(last)), "success")
    return _back(client, kind)


def _refuse_own(client: Client, person_id: uuid.UUID) -> None:
    """Nobody lets their own access go on, except who could give it to themselves at any moment."""
    viewer = current_viewer()
    if person_id == viewer.person_id and not (viewer.sees_all and can_assign_collaborators(viewer, client)):
        raise Forbidden(_l("You cannot change the end of your own access. Please ask a colleague."))


def _belonging(client: Client, person_id: uuid.UUID, kind: str) -> tuple[Any, Membership]:
    members = contacts_of(client.id) if kind == "contact" else collaborators_of(client.id)
    for person, member in members:
        if person.id == person_id and member is not None:
            return person, member
    abort(404)


def _back(client: Client, kind: str) -> ResponseReturnValue:
    tab = "clients.contacts" if kind == "contact" else "clients.collaborators"
    return redirect(safe_next(url_for(tab, client_id=client.id)), 303)
