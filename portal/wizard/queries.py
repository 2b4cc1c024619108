"""Reads of the wizard."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, false, select
from sqlalchemy.orm import selectinload

from portal.accounts.viewer import Viewer
from portal.files.models import TreeTemplate
from portal.files.template_queries import Node, nodes_of, templates_with_counts
from portal.kit.db import db
from portal.wizard.models import Draft


def visible_drafts(viewer: Viewer) -> Select[Any]:
    """A draft is seen by its owner only, as long as it has not become a client."""
    return own_drafts(viewer).where(Draft.finished_at.is_(None))


def own_drafts(viewer: Viewer) -> Select[Any]:
    """Also the finished ones: pressing *Finish* again leads to the client that the first press made."""
    if viewer.only_client_id is not None:
        # A draft belongs to no client yet, so it is no part of what the eye shows.
        return select(Draft).where(false())
    return select(Draft).where(Draft.owner_id == viewer.person_id)


def drafts_of(viewer: Viewer, limit: int = 50) -> list[Draft]:
    """The newest drafts of this collaborator."""
    statement = visible_drafts(viewer).order_by(Draft.updated_at.desc(), Draft.id).limit(limit)
    return list(db.session.scalars(statement))


@dataclass(frozen=True)
class TreeChoice:
    """A folder-tree template as the wizard offers it: its folders as a tree with the contacts' default levels."""

    id: str
    name: str
    description: str
    folders: int
    nodes: list[Node]


def tree_choices(viewer: Viewer) -> list[TreeChoice]:
    """All folder-tree templates with what is in them."""
    return [
        TreeChoice(str(template.id), template.name, template.description, folders, nodes_of(template.id))
        for template, folders in templates_with_counts(viewer)
    ]


def tree_template(template_id: uuid.UUID) -> TreeTemplate | None:
    """A template with its folders, to be applied."""
    statement = select(TreeTemplate).where(TreeTemplate.id == template_id).options(selectinload(TreeTemplate.nodes))
    return db.session.scalars(statement).one_or_none()
