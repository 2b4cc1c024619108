"""Whole trees of folders: templates, and what becomes of them in a client's space."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import select

from portal import activity
from portal.files.commands.folders import MAX_DEPTH, contact_ids
from portal.files.commands.naming import lock_folder
from portal.files.models import File, Folder
from portal.files.refusals import NameTaken, TooDeep
from portal.kit.bulk import insert_rows
from portal.kit.db import db, new_id, transactional
from portal.kit.names import clean_name, name_key
from portal.permissions.commands import NewScope, insert_scopes, lock_client, start_contact_rights

# A folder that is there: its id, its scope and its path.
_Place = tuple[uuid.UUID, uuid.UUID, str]


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


@transactional
def apply_tree(client: Any, root: Folder, template_nodes: Sequence[Any], *, actor: Any) -> dict[uuid.UUID, Folder]:
    """Make a whole tree of folders below the top. What is there by name already is kept and used; nothing is removed.

    A dozen statements, whatever the number of folders and people. Contacts of the client get the defaults on the new
    folders; for those who join later, call ``permissions.commands.start_contact_rights``.

    :param template_nodes: :class:`Node`, in any order.
    :returns: the folders by the node's id.
    :raises BadName: a node's name cannot be a folder's.
    :raises NameTaken: a file has the name of a node.
    :raises TooDeep: more than 64 levels.
    """
    lock_client(client.id)
    root = lock_folder(root.id)
    nodes = _from_the_top(template_nodes)
    growth = _Growth(root, actor)
    for node in nodes:
        growth.add(node)
    growth.write()
    if growth.folders:
        activity.record(activity.verbs.TREE_APPLIED, actor=actor, client=client, count=len(growth.folders))
    ids = {node_id: place[0] for node_id, place in growth.places.items() if node_id is not None}
    rows = db.session.scalars(select(Folder).where(Folder.client_id == client.id, Folder.id.in_(ids.values())))
    folders = {folder.id: folder for folder in rows}
    return {node_id: folders[ident] for node_id, ident in ids.items()}


class _Growth:
    """The folders and scopes that a tree needs, gathered first and then written at once."""

    def __init__(self, root: Folder, actor: Any) -> None:
        self.root, self.actor = root, actor
        self.places: dict[uuid.UUID | None, _Place] = {None: (root.id, root.scope_id, root.path)}
        self.folders: list[dict[str, Any]] = []
        self.scopes: list[NewScope] = []
        self.there = _existing(root)
        self.file_keys = _file_keys(root)

    def add(self, node: Node) -> None:
        """Find the node's folder, or plan to make it below the place of the node above."""
        parent_id, scope_id, path = self.places[node.parent_id]
        name = clean_name(node.name)
        key = (parent_id, name_key(name))
        if key in self.there:
            self.places[node.id] = self.there[key]
            return
        if key in self.file_keys:
            raise NameTaken(name=name)
        if len(path) // 33 >= MAX_DEPTH:
            raise TooDeep()
        ident = new_id()
        if node.level is not None:
            self.scopes.append(NewScope(new_id(), scope_id, int(node.level)))
            scope_id = self.scopes[-1].id
        self.there[key] = self.places[node.id] = (ident, scope_id, f"{path}{ident.hex}/")
        self.folders.append(self._row(node, ident, parent_id, name, scope_id, f"{path}{ident.hex}/"))

    def _row(
        self, node: Node, ident: uuid.UUID, parent_id: uuid.UUID, name: str, scope_id: uuid.UUID, path: str
    ) -> dict[str, Any]:
        return {
            "id": ident,
            "client_id": self.root.client_id,
            "parent_id": parent_id,
            "name": name,
            "name_key": name_key(name),
            "path": path,
            "scope_id": scope_id,
            "starts_scope": node.level is not None,
            "position": node.position,
            "created_by_id": self.actor.id,
        }

    def write(self) -> None:
        """Write all that was planned, and the rights of the contacts there."""
        insert_scopes(self.root.client_id, self.scopes)
        insert_rows(Folder, self.folders)
        if self.scopes:
            contacts = contact_ids(self.root.client_id)
            scope_ids = [scope.id for scope in self.scopes]
            start_contact_rights(self.root.client_id, contacts, actor=self.actor, scope_ids=scope_ids)


def _existing(root: Folder) -> dict[tuple[uuid.UUID, str], _Place]:
    rows = db.session.execute(
        select(Folder.parent_id, Folder.name_key, Folder.id, Folder.scope_id, Folder.path).where(
            Folder.client_id == root.client_id, Folder.bin_id.is_(None), Folder.parent_id.is_not(None)
        )
    ).all()
    return {(parent_id, key): (ident, scope, path) for parent_id, key, ident, scope, path in rows if parent_id}


def _file_keys(root: Folder) -> set[tuple[uuid.UUID, str]]:
    rows = select(File.folder_id, File.name_key).where(File.client_id == root.client_id, File.bin_id.is_(None))
    return {(folder_id, key) for folder_id, key in db.session.execute(rows).all()}


def _from_the_top(nodes: Sequence[Any]) -> list[Any]:
    """Each node after the one above it, siblings by position; nodes that hang nowhere are left out."""
    children: dict[uuid.UUID | None, list[Any]] = {}
    for node in nodes:
        children.setdefault(node.parent_id, []).append(node)
    ordered = []
    todo = sorted(children.get(None, []), key=lambda node: node.position)
    for node in todo:
        ordered.append(node)
        todo.extend(sorted(children.get(node.id, []), key=lambda child: child.position))
    return ordered
