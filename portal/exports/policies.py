"""Who may export, and who may fetch what was exported."""

from __future__ import annotations

from portal.accounts.roles import Feature
from portal.accounts.viewer import Viewer
from portal.exports.models import Export


def can_export(viewer: Viewer) -> bool:
    """Collaborators whose role exports."""
    return viewer.may(Feature.EXPORTS)


def can_fetch_export(viewer: Viewer, export: Export) -> bool:
    """One's own export, for as long as the role still allows it: the file holds what one saw then."""
    return can_export(viewer) and export.requested_by_id == viewer.person_id
