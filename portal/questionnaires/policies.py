"""Who may do what with forms. Each takes what ``visible_*`` has let through already."""

from __future__ import annotations

from typing import Any

from portal.accounts.roles import Feature
from portal.accounts.viewer import Viewer
from portal.clients.models import Client
from portal.clients.queries import client_level
from portal.permissions.levels import Level
from portal.questionnaires.models import Form


def can_manage_form_templates(viewer: Viewer, *_objects: Any) -> bool:
    """Write the firm's questionnaires."""
    return viewer.may(Feature.TEMPLATES)


def can_view_forms(viewer: Viewer, client: Client) -> bool:
    """The tab Forms: every collaborator who sees the client."""
    return viewer.is_staff


def can_send_forms(viewer: Viewer, client: Client) -> bool:
    """Send a form to contacts of this client."""
    works_on_it = viewer.sees_all or client_level(viewer, client) is Level.FULL
    return viewer.may(Feature.FORMS) and works_on_it


def can_read_answers(viewer: Viewer, form: Form) -> bool:
    """Collaborators of the client, and the contact who answered."""
    return viewer.is_staff or form.contact_id == viewer.person_id


def can_fill(viewer: Viewer, form: Form) -> bool:
    """Only the contact to whom it was sent."""
    return not viewer.is_staff and form.contact_id == viewer.person_id
