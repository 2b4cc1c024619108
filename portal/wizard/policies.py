"""Who may use the wizard."""

from __future__ import annotations

from portal.accounts.roles import Feature
from portal.accounts.viewer import Viewer
from portal.wizard.models import Draft


def can_prepare_clients(viewer: Viewer) -> bool:
    """Collaborators whose role may open client spaces."""
    return viewer.may(Feature.CREATE_CLIENTS)


def can_work_on_draft(viewer: Viewer, draft: Draft) -> bool:
    """One's own draft, while the role still allows it."""
    return viewer.may(Feature.CREATE_CLIENTS) and draft.owner_id == viewer.person_id
