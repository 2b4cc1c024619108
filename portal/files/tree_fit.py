"""What a template finds in clients' spaces: which folders are its own, which are missing, what is in the way.

A folder is recognised by the node that it was made from, wherever it stands now and whatever it is called; else by its
name, in the place where the template wants it.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from sqlalchemy import ColumnElement, String, any_, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from portal.accounts.roles import Feature
from portal.accounts.viewer import Viewer
from portal.files.models import File, Folder, TreeTemplateNode
from portal.files.queries.visible import visible_folders
from portal.kit.bulk import any_ids
from portal.kit.db import db
from portal.kit.names import clean_name, name_key
from portal.permissions.levels import Level

# A path holds 33 characters for each level.
STEP = 33
# Why a folder cannot be made where the template wants it.
FILE, FOLDER, DEEP, CLOSED, ABOVE = "file", "folder", "deep", "closed", "above"


class Node(Protocol):
    """A folder of a tree: ``level`` is the contacts' default there, None follows the folder above."""

    @property
    def id(self) -> uuid.UUID: ...
    @property
    def parent_id(self) -> uuid.UUID | None: ...
    @property
    def name(self) -> str: ...
    @property
    def level(self) -> int | None: ...
    @property
    def position(self) -> int: ...


class NodeRow(NamedTuple):
    """A node as it stands in the table."""

    id: uuid.UUID
    parent_id: uuid.UUID | None
    name: str
    level: int | None
    position: int


class Known(NamedTuple):
    """A living folder of a client."""

    id: uuid.UUID
    client_id: uuid.UUID
    parent_id: uuid.UUID | None
    name: str
    name_key: str
    path: str
    scope_id: uuid.UUID
    node_id: uuid.UUID | None


class Missing(NamedTuple):
    """A folder that is to be made: in a folder that is there, or (None) in one that is missing as well."""

    node: Any
    above: Known | None


class Blocked(NamedTuple):
    """A folder that cannot be made. ``reason``: a file has its name, a folder that is another one's has it, it would
    nest too deep, the one who asks has not *full* there, or the folder above is in the way itself."""

    node: Any
    reason: str


@dataclass
class Fit:
    """What a template finds in one client's space; nodes from the top down."""

    root: Known
    nodes: list[Any]
    found: dict[uuid.UUID, Known] = field(default_factory=dict)
    missing: list[Missing] = field(default_factory=list)
    blocked: list[Blocked] = field(default_factory=list)

    def place_above(self, node: Node) -> Known | None:
        """Where the template wants this node: the folder that stands for the one above; None where there is none."""
        return self.root if node.parent_id is None else self.found.get(node.parent_id)

    @property
    def fingerprint(self) -> str:
        """The same for the same fit."""
        lines = [f"found {node_id.hex} {known.id.hex}" for node_id, known in self.found.items()]
        lines += [f"missing {node.id.hex} {above.id.hex if above else ''}" for node, above in self.missing]
        lines += [f"blocked {node.id.hex} {reason}" for node, reason in self.blocked]
        return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:32]


@dataclass
class Ground:
    """What may matter to some templates in the spaces of some clients."""

    roots: dict[uuid.UUID, Known] = field(default_factory=dict)
    folders: dict[uuid.UUID, list[Known]] = field(default_factory=lambda: defaultdict(list))
    files: set[tuple[uuid.UUID, str]] = field(default_factory=set)
    # Folders in which the one who asks may do everything; None: in all.
    full: set[uuid.UUID] | None = None

    def is_open(self, folder_id: uuid.UUID) -> bool:
        """May the one who asks change this folder?"""
        return self.full is None or folder_id in self.full


def from_the_top(nodes: Iterable[Any]) -> list[Any]:
    """As one reads a tree: each node, then what hangs below it; nodes that hang nowhere are left out."""
    children: dict[uuid.UUID | None, list[Any]] = {}
    for node in nodes:
        children.setdefault(node.parent_id, []).append(node)
    ordered = []
    todo = sorted(children.get(None, []), key=lambda node: node.position)[::-1]
    while todo:
        node = todo.pop()
        ordered.append(node)
        todo.extend(sorted(children.get(node.id, []), key=lambda child: child.position)[::-1])
    return ordered


def nodes_by_template(template_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[NodeRow]]:
    """The nodes of templates from the top down, by template. One statement."""
    rows = db.session.execute(
        select(
            TreeTemplateNode.template_id,
            TreeTemplateNode.id,
            TreeTemplateNode.parent_id,
            TreeTemplateNode.name,
            TreeTemplateNode.level,
            TreeTemplateNode.position,
        ).where(TreeTemplateNode.template_id == any_ids(template_ids))
    ).all()
    nodes: dict[uuid.UUID, list[NodeRow]] = {ident: [] for ident in template_ids}
    for template_id, ident, parent_id, name, level, position in rows:
        nodes[template_id].append(NodeRow(ident, parent_id, name, level, position))
    return {template_id: from_the_top(some) for template_id, some in nodes.items()}


def changes_everything(viewer: Viewer) -> bool:
    """Whoever sees all clients and assigns collaborators could give themselves *full* at any moment."""
    return viewer.sees_all and viewer.may(Feature.ASSIGN_COLLABORATORS)


def read_ground(
    client_ids: Collection[uuid.UUID], nodes: Sequence[Node], *, viewer: Viewer | None = None, hold: bool = False
) -> Ground:
    """Read what matters to these nodes: three statements at most, whatever the number of clients and folders.

    :param viewer: whose rights decide where folders may be made; None: everywhere.
    :param hold: lock the folders, so that no name in them changes until the transaction ends. Hold the client first.
    """
    keys = list({name_key(clean_name(node.name)) for node in nodes})
    ground = Ground()
    rows = _candidates(client_ids, keys, [node.id for node in nodes])
    if hold:
        rows = rows.with_for_update(key_share=True)
    ids = []
    for row in db.session.execute(rows).all():
        known = Known(*row)
        ids.append(known.id)
        if known.parent_id is None:
            ground.roots[known.client_id] = known
        else:
            ground.folders[known.client_id].append(known)
    files = select(File.folder_id, File.name_key).where(
        File.folder_id == any_ids(ids), File.name_key == _any_texts(keys), File.bin_id.is_(None)
    )
    ground.files = {(folder_id, key) for folder_id, key in db.session.execute(files).all()} if keys else set()
    if viewer is not None and not changes_everything(viewer):
        mine = visible_folders(viewer, at_least=Level.FULL).with_only_columns(Folder.id)
        ground.full = set(db.session.execute(mine.where(Folder.id == any_ids(ids))).scalars())
    return ground


def _any_texts(texts: Sequence[str]) -> ColumnElement[Any]:
    return any_(literal(list(texts), ARRAY(String())))


def _candidates(client_ids: Collection[uuid.UUID], keys: Sequence[str], node_ids: Sequence[uuid.UUID]) -> Any:
    ours = or_(Folder.name_key == _any_texts(keys), Folder.template_node_id == any_ids(node_ids))
    selected: Any = select(
        Folder.id,
        Folder.client_id,
        Folder.parent_id,
        Folder.name,
        Folder.name_key,
        Folder.path,
        Folder.scope_id,
        Folder.template_node_id,
    )
    return selected.where(
        Folder.client_id == any_ids(client_ids), Folder.bin_id.is_(None), or_(Folder.parent_id.is_(None), ours)
    )


def recognise(client_id: uuid.UUID, nodes: Sequence[Any], ground: Ground, *, most_levels: int) -> Fit:
    """Which folders of the client are those of the template.

    :param nodes: from the top down.
    :param most_levels: so deep folders may nest.
    """
    return _Recognition(client_id, nodes, ground, most_levels).fit


class _Recognition:
    """The walk through a template, from the top down."""

    def __init__(self, client_id: uuid.UUID, nodes: Sequence[Any], ground: Ground, most_levels: int) -> None:
        self.ground, self.most_levels = ground, most_levels
        self.fit = Fit(ground.roots[client_id], list(nodes))
        self.by_name: dict[tuple[uuid.UUID | None, str], Known] = {}
        self.by_node: dict[uuid.UUID, list[Known]] = defaultdict(list)
        ids = {node.id for node in nodes}
        for known in ground.folders.get(client_id, []):
            self.by_name[known.parent_id, known.name_key] = known
            if known.node_id is not None and known.node_id in ids:
                self.by_node[known.node_id].append(known)
        # A folder that a node was recognised in cannot be another node's by its name.
        self.claimed = {one.id for some in self.by_node.values() for one in some}
        self.depths: dict[uuid.UUID | None, int] = {}
        self.stuck: set[uuid.UUID] = set()
        self.planned: set[tuple[uuid.UUID, str]] = set()
        for node in nodes:
            self._look_for(node)

    def _look_for(self, node: Any) -> None:
        place = self.fit.place_above(node)
        marked = self.by_node.get(node.id)
        if marked:
            # Of copies that carry the same mark, the one that stands where it belongs.
            self._take(node, min(marked, key=lambda one: (place is None or one.parent_id != place.id, one.path)))
            return
        key = name_key(clean_name(node.name))
        if place is None:
            self._below_what_is_not_there(node, key)
            return
        known = self.by_name.get((place.id, key))
        if known is not None and known.id not in self.claimed:
            self.claimed.add(known.id)
            self._take(node, known)
            return
        depth = len(place.path) // STEP + 1
        reason = self._hindrance(place, key, known, depth)
        if reason:
            self._block(node, reason)
        else:
            self._plan(node, place, (place.id, key), depth)

    def _take(self, node: Any, known: Known) -> None:
        self.fit.found[node.id] = known

    def _hindrance(self, place: Known, key: str, known: Known | None, depth: int) -> str:
        if not self.ground.is_open(place.id):
            return CLOSED
        if known is not None:
            return FOLDER
        if (place.id, key) in self.ground.files:
            return FILE
        return DEEP if depth > self.most_levels else ""

    def _below_what_is_not_there(self, node: Any, key: str) -> None:
        depth = self.depths.get(node.parent_id, 0) + 1
        if node.parent_id in self.stuck:
            self._block(node, ABOVE)
        elif depth > self.most_levels:
            self._block(node, DEEP)
        else:
            self._plan(node, None, (node.parent_id, key), depth)

    def _plan(self, node: Any, place: Known | None, name: tuple[uuid.UUID, str], depth: int) -> None:
        if name in self.planned:
            self._block(node, FOLDER)
            return
        self.planned.add(name)
        self.depths[node.id] = depth
        self.fit.missing.append(Missing(node, place))

    def _block(self, node: Any, reason: str) -> None:
        self.stuck.add(node.id)
        self.fit.blocked.append(Blocked(node, reason))
