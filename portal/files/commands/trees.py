"""Whole trees of folders: templates, and what becomes of them in a client's space."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from portal import activity
from portal.files.commands.folders import MAX_DEPTH, contact_ids
from portal.files.models import AppliedTree, Folder
from portal.files.refusals import Gone, NameTaken, TooDeep
from portal.files.tree_fit import DEEP, Fit, from_the_top, read_ground, recognise
from portal.kit.bulk import insert_rows
from portal.kit.db import db, new_id, transactional
from portal.kit.names import clean_name, name_key
from portal.permissions.commands import NewScope, insert_scopes, lock_client, start_contact_rights

# A folder that is there or planned: its id, its scope and its path.
_Place = tuple[uuid.UUID, uuid.UUID, str]

# A mark of a node that is gone says nothing any more; one of another template stays.
_MARK = text(
    "UPDATE folder SET template_node_id = marked.node FROM unnest(CAST(:folders AS uuid[]), CAST(:nodes AS uuid[]))"
    " AS marked (id, node) WHERE folder.id = marked.id AND (folder.template_node_id IS NULL OR NOT EXISTS"
    " (SELECT FROM tree_template_node WHERE tree_template_node.id = folder.template_node_id))"
)


@transactional
def apply_tree(
    client: Any, template_nodes: Sequence[Any], *, actor: Any, template: Any = None
) -> dict[uuid.UUID, Folder]:
    """Make a whole tree of folders below the top of a client's space. What is there already is kept and used, nothing
    is removed.

    A dozen statements, whatever the number of folders and people. Contacts of the client get the defaults on the new
    folders; for those who join later, call ``permissions.commands.start_contact_rights``.

    :param template_nodes: ``tree_fit.Node``, in any order.
    :param template: the template that the nodes are of: the client is noted as made from it.
    :returns: the folders by the node's id.
    :raises BadName: a node's name cannot be a folder's.
    :raises NameTaken: a file has the name of a node.
    :raises TooDeep: more than 64 levels.
    """
    fit = look_at(client.id, from_the_top(template_nodes))
    if fit.blocked:
        node, reason = fit.blocked[0]
        raise TooDeep() if reason == DEEP else NameTaken(name=node.name)
    ids = plant(fit, actor=actor, template=template)
    if fit.missing:
        activity.record(activity.verbs.TREE_APPLIED, actor=actor, client=client, count=len(fit.missing))
    rows = db.session.scalars(select(Folder).where(Folder.client_id == client.id, Folder.id.in_(ids.values())))
    folders = {folder.id: folder for folder in rows}
    return {node_id: folders[ident] for node_id, ident in ids.items()}


def look_at(client_id: uuid.UUID, nodes: Sequence[Any], *, viewer: Any = None) -> Fit:
    """What the nodes find in the client's space, which nobody changes until the transaction ends.

    :param nodes: from the top down.
    :param viewer: whose rights decide where folders may be made; None: everywhere.
    :raises Gone: the client has no space.
    """
    lock_client(client_id)
    db.session.flush()  # folders are read by SQL
    ground = read_ground([client_id], nodes, viewer=viewer, hold=True)
    if client_id not in ground.roots:
        raise Gone()
    return recognise(client_id, nodes, ground, most_levels=MAX_DEPTH)


def plant(
    fit: Fit, *, actor: Any, template: Any = None, only: Collection[uuid.UUID] | None = None
) -> dict[uuid.UUID, uuid.UUID]:
    """Make the folders that are missing, mark those that were recognised, and note that the template was applied.

    The caller holds the client (:func:`look_at`). What is in the way is passed over.

    :param only: of the missing ones just these nodes; with each, the missing ones above it.
    :returns: ids of folders by the node's id.
    """
    growth = _Growth(fit, actor)
    for node, _above in fit.missing:
        if only is None or node.id in only:
            growth.add(node)
    growth.write()
    mark(fit)
    if template is not None:
        _note_applied(fit.root.client_id, template, actor)
    return {node_id: place[0] for node_id, place in growth.places.items() if node_id is not None}


def mark(fit: Fit) -> None:
    """Let folders that were recognised by their names remember which nodes they stand for."""
    new = [(known.id, node_id) for node_id, known in fit.found.items() if known.node_id != node_id]
    if new:
        db.session.execute(_MARK, {"folders": [one for one, _ in new], "nodes": [node_id for _, node_id in new]})


def _note_applied(client_id: uuid.UUID, template: Any, actor: Any) -> None:
    values = {"client_id": client_id, "template_id": template.id, "version": template.version}
    statement = upsert(AppliedTree).values(**values, applied_by_id=actor.id)
    changed = {"version": template.version, "applied_by_id": actor.id, "created_at": func.now()}
    db.session.execute(statement.on_conflict_do_update(index_elements=["client_id", "template_id"], set_=changed))


class _Growth:
    """The folders and scopes that a tree needs, gathered first and then written at once."""

    def __init__(self, fit: Fit, actor: Any) -> None:
        root = fit.root
        self.client_id, self.actor = root.client_id, actor
        self.nodes = {node.id: node for node, _above in fit.missing}
        self.places: dict[uuid.UUID | None, _Place] = {None: (root.id, root.scope_id, root.path)}
        self.places |= {node_id: (known.id, known.scope_id, known.path) for node_id, known in fit.found.items()}
        self.folders: list[dict[str, Any]] = []
        self.scopes: list[NewScope] = []

    def add(self, node: Any) -> None:
        """Plan to make the node's folder below the place of the node above, which is planned with it."""
        if node.id in self.places:
            return
        if node.parent_id not in self.places:
            self.add(self.nodes[node.parent_id])
        parent_id, scope_id, path = self.places[node.parent_id]
        ident = new_id()
        if node.level is not None:
            self.scopes.append(NewScope(new_id(), scope_id, int(node.level)))
            scope_id = self.scopes[-1].id
        self.places[node.id] = (ident, scope_id, f"{path}{ident.hex}/")
        name = clean_name(node.name)
        self.folders.append(
            {
                "id": ident,
                "client_id": self.client_id,
                "parent_id": parent_id,
                "name": name,
                "name_key": name_key(name),
                "path": f"{path}{ident.hex}/",
                "scope_id": scope_id,
                "starts_scope": node.level is not None,
                "template_node_id": node.id,
                "position": node.position,
                "created_by_id": self.actor.id,
            }
        )

    def write(self) -> None:
        """Write all that was planned, and the rights of the contacts there."""
        insert_scopes(self.client_id, self.scopes)
        insert_rows(Folder, self.folders)
        if self.scopes:
            contacts = contact_ids(self.client_id)
            scope_ids = [scope.id for scope in self.scopes]
            start_contact_rights(self.client_id, contacts, actor=self.actor, scope_ids=scope_ids)
