"""New folders, and what happens to them: rename and move."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import func, select, text

from portal import activity
from portal.accounts.queries import firm
from portal.files.commands.naming import claim_name, lock_folder
from portal.files.commands.regions import hang_below, reread
from portal.files.models import Folder
from portal.files.refusals import IntoItself, OtherClient, RootIsFixed, TooDeep
from portal.kit.db import db, new_id, transactional
from portal.kit.names import name_key
from portal.outbox import emit
from portal.permissions.commands import (
    NewScope,
    create_root_scope,
    insert_scopes,
    lock_client,
    refresh,
    start_contact_rights,
)
from portal.permissions.levels import Level
from portal.permissions.snapshot import MEMBERSHIP

# A path holds 33 characters per level, and an entry of its index 2,700 bytes at most.
MAX_DEPTH = 64


@transactional
def create_root(client: Any, actor: Any) -> Folder:
    """The top of a client's document space; there is one per client. It bears the client's name, never shown."""
    scope_id = create_root_scope(client.id)
    ident = new_id()
    root = Folder(
        id=ident,
        client_id=client.id,
        parent_id=None,
        name=client.name,
        name_key=name_key(client.name),
        path=f"{ident.hex}/",
        scope_id=scope_id,
        starts_scope=True,
        created_by_id=actor.id,
    )
    db.session.add(root)
    db.session.flush()  # others read the root by SQL
    return root


@transactional
def create_folder(parent: Folder, *, name: str, actor: Any) -> Folder:
    """A new folder. It has the levels of the one above; where folders are born private, contacts get none.

    :raises BadName: it cannot be a name.
    :raises NameTaken: the name is in use there.
    :raises Gone: the folder above was deleted meanwhile.
    """
    lock_client(parent.client_id)
    parent = lock_folder(parent.id)
    refuse_too_deep(parent, levels=1)
    folder = _new_folder(parent, claim_name(parent.id, name), actor)
    private = firm()
    if private is not None and private.born_private:
        _keep_private(folder, actor)
    db.session.add(folder)
    db.session.flush()  # rights and lists read the folder by SQL
    activity.record(activity.verbs.FOLDER_CREATED, actor=actor, folder=folder)
    told = {"folder_id": str(folder.id), "name": folder.name, "parent_id": str(parent.id)}
    emit("connectors.publish", event="folder.created", client_id=folder.client_id, data=told)
    return folder


@transactional
def rename_folder(folder: Folder, *, name: str, actor: Any) -> Folder:
    """Give a folder another name.

    :raises RootIsFixed: the top of the space bears the client's name.
    :raises NameTaken: a sibling has it.
    """
    _refuse_root(folder)
    lock_client(folder.client_id)
    folder = lock_folder(folder.id)
    lock_folder(_parent_id(folder))
    new = claim_name(_parent_id(folder), name, besides=folder.id)
    before = folder.name
    if new == before:
        return folder
    folder.name, folder.name_key = new, name_key(new)
    db.session.flush()  # lists read the name by SQL
    activity.record(activity.verbs.FOLDER_RENAMED, actor=actor, folder=folder, before=before)
    return folder


@transactional
def move_folder(folder: Folder, *, to: Folder, actor: Any) -> Folder:
    """Put a folder, with all that it holds, into another of the same client.

    It keeps its own levels and inherits the rest from its new place.

    :raises RootIsFixed: the top of the space cannot be moved.
    :raises OtherClient: the target belongs to another client.
    :raises IntoItself: the target is the folder itself or below it.
    :raises NameTaken: the target holds this name already.
    :raises Gone: one of the two was deleted meanwhile.
    """
    _refuse_root(folder)
    if folder.client_id != to.client_id:
        raise OtherClient()
    lock_client(folder.client_id)
    folder, to = lock_folder(folder.id), lock_folder(to.id)
    if to.path.startswith(folder.path):
        raise IntoItself()
    if folder.parent_id == to.id:
        return folder
    claim_name(to.id, folder.name)
    before = db.session.execute(select(Folder.name).where(Folder.id == folder.parent_id)).scalar_one()
    place(folder, below=to)
    activity.record(activity.verbs.FOLDER_MOVED, actor=actor, folder=folder, before=before, target=to.name)
    return folder


def place(folder: Folder, *, below: Folder, name: str | None = None) -> None:
    """Hang a folder below another: rights first, then paths of the whole subtree in one statement.

    The caller holds the client's lock and has made sure that the name is free and no cycle arises.
    """
    depth = db.session.execute(
        select(func.max(func.length(Folder.path))).where(
            Folder.client_id == folder.client_id,
            Folder.path >= folder.path,
            Folder.path < folder.path[:-1] + "0",
        )
    ).scalar_one()
    refuse_too_deep(below, levels=(depth - len(folder.path)) // 33 + 1)
    touched = hang_below(folder, below.scope_id)
    old = folder.path
    db.session.execute(
        text(
            "UPDATE folder SET path = :new || substr(path, :cut),"
            " parent_id = CASE WHEN id = :id THEN CAST(:parent AS uuid) ELSE parent_id END,"
            " name = CASE WHEN id = :id THEN :name ELSE name END,"
            " name_key = CASE WHEN id = :id THEN :key ELSE name_key END"
            " WHERE client_id = :client AND path >= :old AND path < :end"
        ),
        {
            "new": f"{below.path}{folder.id.hex}/",
            "cut": len(old) + 1,
            "id": folder.id,
            "parent": below.id,
            "name": name or folder.name,
            "key": name_key(name or folder.name),
            "client": folder.client_id,
            "old": old,
            "end": old[:-1] + "0",
        },
    )
    reread(folder.client_id)
    refresh(folder.client_id, scope_ids=[touched])


@transactional
def ensure_folder(parent: Folder, *, name: str, actor: Any) -> Folder:
    """The sub-folder of this name, made if it is missing: when whole folders are dropped."""
    lock_client(parent.client_id)
    found = db.session.scalars(
        select(Folder).where(Folder.parent_id == parent.id, Folder.name_key == name_key(name), Folder.bin_id.is_(None))
    ).one_or_none()
    return found or create_folder(parent, name=name, actor=actor)


def _new_folder(parent: Folder, name: str, actor: Any) -> Folder:
    ident = new_id()
    return Folder(
        id=ident,
        client_id=parent.client_id,
        parent_id=parent.id,
        name=name,
        name_key=name_key(name),
        path=f"{parent.path}{ident.hex}/",
        scope_id=parent.scope_id,
        created_by_id=actor.id,
    )


def _keep_private(folder: Folder, actor: Any) -> None:
    """A scope of its own in which every contact, also one who comes later, begins with none."""
    scope = NewScope(new_id(), folder.scope_id, int(Level.NONE))
    insert_scopes(folder.client_id, [scope])
    folder.scope_id, folder.starts_scope = scope.id, True
    start_contact_rights(folder.client_id, contact_ids(folder.client_id), actor=actor, scope_ids=[scope.id])


def contact_ids(client_id: uuid.UUID) -> list[uuid.UUID]:
    """The client's contacts."""
    found = select(MEMBERSHIP.c.person_id).where(MEMBERSHIP.c.client_id == client_id, MEMBERSHIP.c.kind == "contact")
    return list(db.session.execute(found).scalars())


def _parent_id(folder: Folder) -> uuid.UUID:
    if folder.parent_id is None:
        raise RootIsFixed()
    return folder.parent_id


def _refuse_root(folder: Folder) -> None:
    if folder.is_root:
        raise RootIsFixed()


def refuse_too_deep(parent: Folder, *, levels: int) -> None:
    """Refuse where so many levels below this folder would nest deeper than 64.

    :raises TooDeep: they would.
    """
    if len(parent.path) // 33 + levels > MAX_DEPTH:
        raise TooDeep()
