"""Reads of the wizard."""

from __future__ import annotations

from sqlalchemy import Select, select

from portal.accounts.viewer import Viewer
from portal.kit.db import db
from portal.wizard.models import Draft


def visible_drafts(viewer: Viewer) -> Select[tuple[Draft]]:
    """A draft is seen by its owner only, as long as it has not become a client."""
    return select(Draft).where(Draft.owner_id == viewer.person_id, Draft.finished_at.is_(None))


def own_drafts(viewer: Viewer) -> Select[tuple[Draft]]:
    """Also the finished ones: pressing *Finish* again leads to the client that the first press made."""
    return select(Draft).where(Draft.owner_id == viewer.person_id)


def drafts_of(viewer: Viewer, limit: int = 50) -> list[Draft]:
    """The newest drafts of this collaborator."""
    statement = visible_drafts(viewer).order_by(Draft.updated_at.desc(), Draft.id).limit(limit)
    return list(db.session.scalars(statement))
