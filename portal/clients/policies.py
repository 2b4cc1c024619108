"""Who may do what in the client base. Each takes what ``visible_*`` has let through already."""

from __future__ import annotations

from typing import Any

from portal.accounts.roles import Feature
from portal.accounts.viewer import Viewer
from portal.clients.models import Client
from portal.clients.queries.people import client_level
from portal.permissions.levels import Level


def _works_on(viewer: Viewer, client: Client) -> bool:
    """Full on the client, or a role that sees all clients (the administrator is on no client's list)."""
    return viewer.is_staff and (viewer.sees_all or client_level(viewer, client) is Level.FULL)


def can_list_clients(viewer: Viewer) -> bool:
    """The table of clients: every collaborator; it holds what they see."""
    return viewer.is_staff


def can_view_client(viewer: Viewer, client: Client) -> bool:
    """The card: every collaborator who sees the client."""
    return viewer.is_staff


def can_manage_client(viewer: Viewer, client: Client) -> bool:
    """Change the card's fields."""
    return viewer.may(Feature.MANAGE_CLIENTS) and _works_on(viewer, client)


def can_manage_contacts(viewer: Viewer, client: Client) -> bool:
    """Add, invite and remove contacts."""
    return viewer.may(Feature.MANAGE_CONTACTS) and _works_on(viewer, client)


def can_assign_collaborators(viewer: Viewer, client: Client) -> bool:
    """Set collaborators' levels."""
    return viewer.may(Feature.ASSIGN_COLLABORATORS) and _works_on(viewer, client)


def can_use_eye(viewer: Viewer, client: Client) -> bool:
    """See the client as somebody else sees it; as whom, ``queries.eye`` says."""
    return viewer.may(Feature.MANAGE_CONTACTS) or viewer.may(Feature.ASSIGN_COLLABORATORS)


def can_bin_client(viewer: Viewer, client: Client) -> bool:
    """Move the client to the bin, take it back, erase it."""
    return viewer.may(Feature.TRASH) and _works_on(viewer, client)


def can_see_bin(viewer: Viewer) -> bool:
    """Open the bin of clients."""
    return viewer.may(Feature.TRASH)


def can_change_clients(viewer: Viewer) -> bool:
    """Change the cards of clients that are chosen; of which ones, ``queries.chosen.may_be_changed`` says."""
    return viewer.may(Feature.MANAGE_CLIENTS)


def can_create_clients(viewer: Viewer) -> bool:
    """Open client spaces with the wizard."""
    return viewer.may(Feature.CREATE_CLIENTS)


def can_export(viewer: Viewer) -> bool:
    """Export the client base to Excel."""
    return viewer.may(Feature.EXPORTS)


def can_manage_templates(viewer: Viewer, *_objects: Any) -> bool:
    """Edit attribute templates and attributes."""
    return viewer.may(Feature.TEMPLATES)


def can_manage_settings(viewer: Viewer, *_objects: Any) -> bool:
    """Administer the firm: groups, types."""
    return viewer.may(Feature.SETTINGS)
