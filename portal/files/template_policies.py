"""Who may look at folder-tree templates, change them, and bring clients in line with them."""

from __future__ import annotations

from typing import Any

from portal.accounts.roles import Feature
from portal.accounts.viewer import Viewer
from portal.clients.queries import client_level
from portal.files.tree_fit import changes_everything
from portal.permissions.levels import Level


def can_see_templates(viewer: Viewer, *_: object) -> bool:
    """Whoever opens client spaces looks at templates first: all staff may."""
    return viewer.is_staff


def can_edit_templates(viewer: Viewer, *_: object) -> bool:
    """Changing templates is a permission of the role."""
    return viewer.may(Feature.TEMPLATES)


def can_apply_templates(viewer: Viewer, *_: object) -> bool:
    """The role's permission for templates; to which clients, :func:`can_apply_to` says."""
    return viewer.may(Feature.TEMPLATES)


def can_apply_to(viewer: Viewer, client: Any) -> bool:
    """The role's permission, and *full* on the client.

    Whoever sees all clients and assigns collaborators needs no level: they could give themselves one at any moment.
    """
    if not viewer.may(Feature.TEMPLATES):
        return False
    return changes_everything(viewer) or client_level(viewer, client) is Level.FULL


def can_follow(viewer: Viewer, *_: object) -> bool:
    """How far one's own work on templates is; nobody else's is visible."""
    return viewer.is_staff
