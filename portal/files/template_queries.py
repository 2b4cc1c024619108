"""Reads about folder-tree templates."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass, field

from sqlalchemy import Select, func, literal, select

from portal.accounts.viewer import Viewer
from portal.files.models import TreeTemplate, TreeTemplateNode
from portal.files.tree_shape import Branch
from portal.kit.db import db
from portal.permissions.levels import Level


@dataclass
class Node:
    """A folder of a template as pages show it: ``own`` was set here, ``level`` is what contacts get."""

    id: uuid.UUID
    name: str
    own: Level | None
    level: Level
    children: list[Node] = field(default_factory=list)


def visible_tree_templates(viewer: Viewer) -> Select[TreeTemplate]:
    """Templates are the firm's: all staff may look at them, contacts see none."""
    return select(TreeTemplate).where(literal(viewer.is_staff)).order_by(TreeTemplate.position, TreeTemplate.name_key)


def templates_with_counts(viewer: Viewer) -> list[tuple[TreeTemplate, int]]:
    """All templates with their numbers of folders, in the firm's order; by name where there is none."""
    counts = (
        select(TreeTemplateNode.template_id, func.count().label("folders"))
        .group_by(TreeTemplateNode.template_id)
        .subquery()
    )
    rows = db.session.execute(
        visible_tree_templates(viewer)
        .outerjoin(counts, counts.c.template_id == TreeTemplate.id)
        .add_columns(func.coalesce(counts.c.folders, 0))
    ).all()
    return [(template, folders) for template, folders in rows]


def nodes_of(template_id: uuid.UUID) -> list[Node]:
    """The template's folders as a tree, with the level that contacts get in each. One statement."""
    found = db.session.scalars(
        select(TreeTemplateNode)
        .where(TreeTemplateNode.template_id == template_id)
        .order_by(TreeTemplateNode.position)
        .execution_options(populate_existing=True)  # nodes are written in bulk, behind the session's back
    ).all()
    below: dict[uuid.UUID | None, list[TreeTemplateNode]] = defaultdict(list)
    for node in found:
        below[node.parent_id].append(node)

    def grown(parent_id: uuid.UUID | None, above: Level) -> list[Node]:
        nodes = []
        for row in below[parent_id]:
            own = None if row.level is None else Level(row.level)
            level = above if own is None else own
            nodes.append(Node(row.id, row.name, own, level, grown(row.id, level)))
        return nodes

    return grown(None, Level.NONE)


def tree_of(nodes: list[Node]) -> list[Branch]:
    """The same as the editor and the save command write it."""
    return [Branch(node.name, node.own, tree_of(node.children), id=node.id) for node in nodes]
