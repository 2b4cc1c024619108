"""How far a client's space is from the templates that were applied to it."""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import not_, select

from portal.accounts.viewer import Viewer
from portal.files.commands.folders import MAX_DEPTH
from portal.files.models import AppliedTree, Folder, TreeTemplate
from portal.files.queries.visible import visible_folders
from portal.files.tree_clients import Contact, Rights, read_rights, trails_of
from portal.files.tree_fit import Fit, Ground, Known, nodes_by_template, read_ground, recognise
from portal.kit.bulk import any_ids
from portal.kit.db import db
from portal.permissions.levels import Level

# As many folders that no template has are named.
MOST_EXTRAS = 100


class Strayed(NamedTuple):
    """A folder that has another name, or another place, than the template gives it."""

    node: Any
    folder: Known


@dataclass
class Differing:
    """A contact's level is not the template's default: on this folder, and in the same way on ``folders`` below it."""

    node: Any
    contact: Contact
    wanted: Level
    has: Level
    folders: list[Strayed] = field(default_factory=list)

    @property
    def further(self) -> int:
        """On so many folders below it is the same."""
        return len(self.folders) - 1


@dataclass
class Drift:
    """One template against one client. What the viewer may not change there is left out."""

    template_id: uuid.UUID
    template_name: str
    version: int
    applied_version: int
    applied_at: datetime
    fit: Fit
    trails: dict[uuid.UUID, tuple[str, ...]]
    renamed: list[Strayed] = field(default_factory=list)
    moved: list[Strayed] = field(default_factory=list)
    rights: list[Differing] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many things are not as the template has them."""
        fit = self.fit
        return len(fit.missing) + len(fit.blocked) + len(self.renamed) + len(self.moved) + len(self.rights)

    @property
    def fingerprint(self) -> str:
        """The same for the same state of things."""
        said = [f"{self.template_id.hex} {self.version}", self.fit.fingerprint]
        said += [f"{one.folder.id.hex} {one.folder.name}" for one in (*self.renamed, *self.moved)]
        said += [f"{one.node.id.hex} {one.contact.id.hex} {one.wanted} {one.has}" for one in self.rights]
        return hashlib.sha256("\n".join(said).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Extra:
    """A folder beside those of the templates: no fault."""

    id: uuid.UUID
    name: str
    above: str


def drifts(
    viewer: Viewer, client_ids: Collection[uuid.UUID], *, template_id: uuid.UUID | None = None
) -> dict[uuid.UUID, list[Drift]]:
    """The drift of clients from the templates that were applied to them, by template name.

    Seven statements at most, whatever the number of clients, templates, folders and people.

    :param template_id: only this template.
    """
    applied = _applied(client_ids, template_id)
    nodes = nodes_by_template({template.id for _row, template in applied})
    holders = {row.client_id for row, _template in applied}
    ground = read_ground(holders, [node for some in nodes.values() for node in some], viewer=viewer)
    found: dict[uuid.UUID, list[Drift]] = defaultdict(list)
    for row, template in applied:
        if row.client_id in ground.roots:
            fit = recognise(row.client_id, nodes[template.id], ground, most_levels=MAX_DEPTH)
            drift = Drift(
                template.id, template.name, template.version, row.version, row.created_at, fit, trails_of(fit.nodes)
            )
            found[row.client_id].append(drift)
    scopes = {one.scope_id for some in found.values() for drift in some for one in _places(drift.fit)}
    rights = read_rights(list(found), scopes)
    for client_id, some in found.items():
        for drift in some:
            _stray(drift, ground)
            for contact in rights.contacts.get(client_id, []):
                drift.rights += _differing(drift.fit, ground, rights, contact)
    return dict(found)


def _applied(
    client_ids: Collection[uuid.UUID], template_id: uuid.UUID | None
) -> list[tuple[AppliedTree, TreeTemplate]]:
    rows = (
        select(AppliedTree, TreeTemplate)
        .join(TreeTemplate, TreeTemplate.id == AppliedTree.template_id)
        .where(AppliedTree.client_id == any_ids(client_ids))
        .order_by(TreeTemplate.position, TreeTemplate.name_key)
        .execution_options(populate_existing=True)
    )
    if template_id is not None:
        rows = rows.where(TreeTemplate.id == template_id)
    return [(row, template) for row, template in db.session.execute(rows).all()]


def _places(fit: Fit) -> list[Known]:
    return [fit.root, *fit.found.values()]


def _stray(drift: Drift, ground: Ground) -> None:
    for node in drift.fit.nodes:
        known = drift.fit.found.get(node.id)
        if known is None or not ground.is_open(known.id):
            continue
        if known.name != node.name:
            drift.renamed.append(Strayed(node, known))
        place = drift.fit.place_above(node)
        # Into a folder that the viewer may not change, they cannot put it back.
        if place is None or (known.parent_id != place.id and ground.is_open(place.id)):
            drift.moved.append(Strayed(node, known))


def _differing(fit: Fit, ground: Ground, rights: Rights, contact: Contact) -> list[Differing]:
    """Where a contact's level begins to differ from the template's, from the top down.

    Folders below that differ in the same way, since they follow, are taken together with the one above them. A
    template that says nothing of a folder and of those above it lets it follow the top of the space.
    """
    wanted: dict[uuid.UUID | None, Level] = {None: rights.level(fit.root.scope_id, contact.id)}
    heads: dict[uuid.UUID, Differing] = {}
    found: list[Differing] = []
    for node in fit.nodes:
        wanted[node.id] = Level(node.level) if node.level is not None else wanted[node.parent_id]
        known = fit.found.get(node.id)
        if known is None or not ground.is_open(known.id):
            continue
        has = rights.level(known.scope_id, contact.id)
        if has == wanted[node.id]:
            continue
        head = heads.get(node.parent_id) if node.parent_id else None
        if head is None or (head.wanted, head.has) != (wanted[node.id], has):
            head = Differing(node, contact, wanted[node.id], has)
            found.append(head)
        head.folders.append(Strayed(node, known))
        heads[node.id] = head
    return found


def extras(viewer: Viewer, some: Collection[Drift]) -> list[Extra]:
    """Folders that stand directly in those of the templates and are none of theirs: the first hundred and one more."""
    places = {known.id: known for drift in some for known in _places(drift.fit)}
    roots = {drift.fit.root.id for drift in some}
    if not places:
        return []
    rows = (
        visible_folders(viewer)
        .with_only_columns(Folder.id, Folder.name, Folder.parent_id)
        .where(Folder.parent_id == any_ids(places), not_(Folder.id == any_ids(places)))
        .order_by(Folder.path)
        .limit(MOST_EXTRAS + 1)
    )
    return [
        Extra(ident, name, "" if parent_id in roots else places[parent_id].name)
        for ident, name, parent_id in db.session.execute(rows).all()
        if parent_id is not None
    ]


def names_above(viewer: Viewer, some: Collection[Drift]) -> dict[uuid.UUID, str]:
    """Where folders that were moved stand now: names, as far as the viewer sees them; the top has none."""
    parents = {one.folder.parent_id for drift in some for one in drift.moved if one.folder.parent_id}
    if not parents:
        return {}
    rows = visible_folders(viewer).with_only_columns(Folder.id, Folder.name, Folder.parent_id)
    found = db.session.execute(rows.where(Folder.id == any_ids(parents))).all()
    return {ident: name if parent_id else "" for ident, name, parent_id in found}
