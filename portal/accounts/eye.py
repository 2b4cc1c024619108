"""The eye (F63): while it is open, a session sees what another person sees of one client, and changes nothing.

The session's row says who is seen and of which client. Whether the one who looks may do so is decided one floor up,
where clients and rights are known, and anew at each request: :func:`judge` hands the decision in.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from flask import current_app, g
from flask_babel import lazy_gettext as _l

from portal.accounts.models import Person, SignInSession
from portal.accounts.viewer import Viewer
from portal.kit.errors import Refused
from portal.kit.web import policy_of

# What an address names first, where that belongs to a client; pages about anything else are no part of its space.
_OF_A_CLIENT = (
    "client",
    "folder",
    "file",
    "form",
    "link",
    "delivery",
    "entry",
    "receipt",
    "change",
    "document_request",
    "request_line",
)
# Pages that name nothing and hold only what the viewer sees.
_LISTS = ("clients.index", "contents.results", "feed.firm", "files.receipts")


class NotInTheEye(Refused):
    """A page of the person's own account, or of the firm: the eye shows one client only."""

    sentence = _l("This page is no part of the space that you are looking at. Close the eye to open it.")
    status = 403


@dataclass(frozen=True)
class Eye:
    """An open eye: ``actor`` looks, at what ``person`` sees of this client."""

    actor: Person
    person: Person
    client_id: uuid.UUID
    client_name: str


# (who looks, client, who is seen) -> the seen person and the client's name; None where that is not allowed (any more).
Judge = Callable[[Viewer, uuid.UUID, uuid.UUID], tuple[Person, str] | None]
_judges: list[Judge] = []


def judge(function: Judge) -> Judge:
    """Register who decides. Without a judge no eye ever opens."""
    _judges[:] = [function]
    return function


def person_seen(session: SignInSession) -> Person:
    """Who the pages of this request are for: the seen person, or the session's own where the eye may not be used now.

    The latter is noted for the request, which closes the eye and does nothing else.
    """
    person_id, client_id = session.eye_person_id, session.eye_client_id
    if person_id is None:
        return session.person
    found = None
    if client_id is not None and _judges:
        found = _judges[0](session.person.viewer, client_id, person_id)
    if found is None or client_id is None:
        g.eye_lost = True
        return session.person
    person, client_name = found
    g.eye = Eye(session.person, person, client_id, client_name)
    g.viewer = replace(person.viewer, only_client_id=client_id)
    return person


def open_eye() -> Eye | None:
    """The open eye of this request, or None. Ask for ``current_user`` first: that is what looks."""
    found: Eye | None = g.get("eye")
    return found


def is_shown(endpoint: str) -> bool:
    """Is this page part of what the eye shows: public, a list through the viewer, or about something of a client?"""
    policy = policy_of(current_app.view_functions[endpoint])
    if policy is None:
        return endpoint == "static"
    if policy.loads:
        return policy.loads[0] in _OF_A_CLIENT
    return policy.name == "public" or endpoint in _LISTS
