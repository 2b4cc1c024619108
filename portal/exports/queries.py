"""Reads of exports: everybody sees their own, nobody another's."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, or_, select

from portal.accounts.viewer import Viewer
from portal.exports.models import Export


def visible_exports(viewer: Viewer) -> Select[Any]:
    """The exports that this person asked for and that have not expired."""
    fresh = or_(Export.expires_at.is_(None), Export.expires_at > func.now())
    return select(Export).where(Export.requested_by_id == viewer.person_id, fresh)
