"""Who may do what with people and with the firm."""

from __future__ import annotations

from typing import Any

from portal.accounts.models import Person, SignInSession
from portal.accounts.queries import may_less_than, sees_all_clients_of
from portal.accounts.roles import Feature
from portal.accounts.viewer import Viewer


def can_see_contacts(viewer: Viewer, *_people: Any) -> bool:
    """Collaborators; which contacts they see, their clients decide."""
    return viewer.is_staff


def can_manage_contacts(viewer: Viewer, *_people: Any) -> bool:
    """Change details of contacts and send activation mails."""
    return viewer.may(Feature.MANAGE_CONTACTS)


def can_manage_account(viewer: Viewer, person: Person) -> bool:
    """Change a contact's address, disable them, end their sessions.

    Whoever has the address can choose the password: it may be changed only by those who may do all that the contact
    may, wherever the contact may do anything, or who could give themselves every level at any moment.
    """
    if not viewer.may(Feature.MANAGE_CONTACTS):
        return False
    if viewer.sees_all and viewer.may(Feature.ASSIGN_COLLABORATORS):
        return True
    return sees_all_clients_of(viewer, person.id) and not may_less_than(viewer, person.id)


def can_administer(viewer: Viewer, *_objects: Any) -> bool:
    """Administer the firm: settings, collaborators, roles."""
    return viewer.may(Feature.SETTINGS)


def can_end_session(viewer: Viewer, session: SignInSession) -> bool:
    """One's own sessions."""
    return session.person_id == viewer.person_id
