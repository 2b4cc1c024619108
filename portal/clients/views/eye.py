"""The eye: its two doors, and the watch over every request while it is open."""

from __future__ import annotations

import uuid

from flask import abort, flash, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import refresh
from flask_login import current_user

from portal.accounts import eye
from portal.accounts.sessions import current_session_id, session_owner
from portal.clients.commands import eye as commands
from portal.clients.models import Client
from portal.clients.policies import can_use_eye
from portal.clients.queries import client_files
from portal.clients.queries.eye import looked_at, people_to_look_as, person_with_access
from portal.clients.views.blueprint import bp
from portal.kit.errors import OnlyLooking
from portal.kit.web import allowed, current_viewer, signed_in

# What the one who looks does for themselves, not as the person who is seen.
_OWN = ("clients.close_eye", "accounts.sign_out", "accounts.choose_language")
_LOOKING = ("GET", "HEAD", "OPTIONS")

eye.judge(looked_at)


@bp.app_template_global()
def look_as(client_id: uuid.UUID) -> set[uuid.UUID]:
    """Ids of the people beside whom a page of this client offers the eye."""
    return people_to_look_as(current_viewer(), client_id)


@bp.before_app_request
def watch_the_eye() -> ResponseReturnValue | None:
    """While the eye is open nothing is changed, and only pages of the seen client answer; a lost eye is closed."""
    endpoint = request.endpoint
    if endpoint is None or endpoint == "static" or not current_user.is_authenticated:
        return None
    if g.get("eye_lost"):
        return _close_lost()
    if eye.open_eye() is None or endpoint in _OWN:
        _close_with_the_session(endpoint)
        return None
    g.only_looking = True
    if request.method not in _LOOKING:
        raise OnlyLooking()
    if not eye.is_shown(endpoint):
        raise eye.NotInTheEye()
    return None


def _close_with_the_session(endpoint: str) -> None:
    """Signing out closes the eye as well; the log says both."""
    ident = current_session_id()
    if endpoint == "accounts.sign_out" and request.method == "POST" and eye.open_eye() is not None and ident:
        commands.close_eye(ident, actor=session_owner())


def _read_again() -> None:
    """Whoever is seen from here on, pages are in that person's language until another is chosen."""
    session.pop("eye_language", None)
    refresh()


def _close_lost() -> ResponseReturnValue:
    """The eye may not be used any more. What was asked for is not done: it was asked as somebody else."""
    if (ident := current_session_id()) is not None:
        commands.close_eye(ident, actor=session_owner())
    _read_again()
    flash(_("The eye was closed, because you or the other person may not see this client as before."), "info")
    return redirect(url_for("home.index"), 303)


@bp.post("/clients/<uuid:client_id>/eye/<uuid:person_id>")
@allowed(can_use_eye, client=client_files)
def open_eye(client: Client, person_id: uuid.UUID) -> ResponseReturnValue:
    """See the client as this person sees it."""
    person = person_with_access(client.id, person_id)
    ident = current_session_id()
    if person is None or ident is None:
        abort(404)
    commands.open_eye(client, person, session_id=ident, actor=current_viewer())
    _read_again()
    # A contact begins at home; a collaborator's home is about all clients, so theirs begins at the card.
    target = url_for("clients.show", client_id=client.id) if person.is_staff else url_for("home.index")
    return redirect(target, 303)


@bp.post("/eye/closing")
@signed_in
def close_eye() -> ResponseReturnValue:
    """See one's own pages again, beginning where the people of the client stand."""
    seen, ident = eye.open_eye(), current_session_id()
    _read_again()
    if seen is None or ident is None:
        return redirect(url_for("home.index"), 303)
    commands.close_eye(ident, actor=session_owner())
    page = "clients.collaborators" if seen.person.is_staff else "clients.contacts"
    return redirect(url_for(page, client_id=seen.client_id), 303)
