"""Who may look at folder-tree templates, and who may change them."""

from __future__ import annotations

from portal.accounts.roles import Feature
from portal.accounts.viewer import Viewer


def can_see_templates(viewer: Viewer, *_: object) -> bool:
    """Whoever opens client spaces looks at templates first: all staff may."""
    return viewer.is_staff


def can_edit_templates(viewer: Viewer, *_: object) -> bool:
    """Changing templates is a permission of the role."""
    return viewer.may(Feature.TEMPLATES)
