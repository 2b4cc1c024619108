"""Who may open the activity pages. What stands on them is narrowed line by line."""

from __future__ import annotations

from portal.accounts.viewer import Viewer
from portal.clients.models import Client


def can_view_activity(viewer: Viewer, client: Client) -> bool:
    """Everybody who sees the client: contacts read what happened where they may read."""
    return client.binned_at is None


def can_view_firm_activity(viewer: Viewer) -> bool:
    """Collaborators; they see what their clients and rights cover."""
    return viewer.is_staff
