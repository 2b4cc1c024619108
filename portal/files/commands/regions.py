"""Folders and their scopes: which part of a tree follows which scope.

What holds at all times, for a folder and the one that contains it: both have the same scope, or the folder starts a
scope whose scope above is the container's. A scope may be started by several folders, all in the same container. The
caller holds the client's lock, and refreshes the answers at the end.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, exists, select, text, update
from sqlalchemy.orm import aliased

from portal.files.models import Folder
from portal.kit.bulk import any_ids
from portal.kit.db import db, new_id
from portal.permissions.commands import NewScope, insert_scopes
from portal.permissions.models import Grant, Scope

# The character after the slash: what begins with "a/" lies between "a/" and "a0".
_AFTER_SLASH = "0"
_QUIETLY = {"synchronize_session": False}


def within(path: str, folder: type[Folder] = Folder) -> ColumnElement[bool]:
    """The folder with this path and all below it, as a range of the index (client_id, path)."""
    return and_(folder.path >= path, folder.path < path[:-1] + _AFTER_SLASH)


def own_scope(folder: Folder) -> uuid.UUID:
    """Make the folder the only one that starts its scope, with the grants that it has. Returns the scope's id."""
    if folder.starts_scope and not _is_shared(folder):
        return folder.scope_id
    old, new = folder.scope_id, new_id()
    if folder.starts_scope:
        facts = select(Scope.parent_id, Scope.contact_level).where(Scope.id == old)
        above, contact_level = db.session.execute(facts).one()
        insert_scopes(folder.client_id, [NewScope(new, above, contact_level)])
        _copy_grants(old, new)
    else:
        insert_scopes(folder.client_id, [NewScope(new, old)])
    _follow(folder, old, new)
    db.session.execute(
        update(Folder).where(Folder.id == folder.id).values(starts_scope=True).execution_options(**_QUIETLY)
    )
    reread(folder.client_id)
    return new


def followers_scope(folder: Folder) -> uuid.UUID | None:
    """One scope, started by all direct sub-folders that followed this folder's, without grants yet.

    The folder must be the only one that starts its own scope (:func:`own_scope`). Scopes that begin deeper than the
    direct sub-folders move below the new one. Returns None where nothing followed.
    """
    follows = and_(Folder.client_id == folder.client_id, within(folder.path), Folder.scope_id == folder.scope_id)
    direct = and_(Folder.parent_id == folder.id, Folder.scope_id == folder.scope_id)
    if not db.session.execute(select(exists(select(Folder.id).where(direct)))).scalar_one():
        return None
    new = new_id()
    insert_scopes(folder.client_id, [NewScope(new, folder.scope_id)])
    starter = aliased(Folder)
    deeper = exists().where(starter.scope_id == Scope.id, starter.starts_scope, starter.parent_id != folder.id)
    db.session.execute(
        update(Scope)
        .where(Scope.parent_id == folder.scope_id, Scope.id != new, deeper)
        .values(parent_id=new)
        .execution_options(**_QUIETLY)
    )
    db.session.execute(
        update(Folder)
        .where(follows, Folder.id != folder.id)
        .values(scope_id=new, starts_scope=Folder.parent_id == folder.id)
        .execution_options(**_QUIETLY)
    )
    reread(folder.client_id)
    return new


def hang_below(folder: Folder, scope_id: uuid.UUID) -> uuid.UUID:
    """Let the folder inherit from another scope; its own levels stay. Returns the scope to refresh from."""
    if folder.starts_scope:
        own = own_scope(folder)
        db.session.execute(
            update(Scope).where(Scope.id == own).values(parent_id=scope_id).execution_options(**_QUIETLY)
        )
        return own
    if folder.scope_id != scope_id:
        _follow(folder, folder.scope_id, scope_id)
        reread(folder.client_id)
    return scope_id


def scopes_below(folder: Folder) -> list[uuid.UUID]:
    """The scopes that begin below a folder, at any depth and also in the bin."""
    if folder.starts_scope and not _is_shared(folder):
        # Then they hang below its own one. Scopes are few where folders are many: all 20,000 may start the same.
        tree = select(Scope.id).where(Scope.parent_id == folder.scope_id).cte("tree", recursive=True)
        tree = tree.union_all(select(Scope.id).join(tree, Scope.parent_id == tree.c.id))
        return list(db.session.execute(select(tree.c.id)).scalars())
    found = select(Folder.scope_id).where(
        Folder.client_id == folder.client_id,
        within(folder.path),
        Folder.starts_scope,
        Folder.scope_id != folder.scope_id,
    )
    return list(db.session.execute(found.distinct()).scalars())


def merge_empty(folder: Folder, among: Collection[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """Dissolve the scopes below a folder on which nothing is set any more: their folders follow those above.

    Scopes that hold a default for contacts stay: those who come later get theirs there. Returns, for each dissolved
    scope, the one that its folders follow now.

    :param among: :func:`scopes_below` of the folder.
    """
    grants = exists().where(Grant.scope_id == Scope.id)
    empty = select(Scope.id, Scope.parent_id).where(Scope.id == any_ids(among), Scope.contact_level.is_(None), ~grants)
    above = dict(db.session.execute(empty).all())
    kept = {scope_id: _kept(scope_id, above) for scope_id in above}
    if kept:
        _dissolve(folder, list(kept.items()))
        reread(folder.client_id)
    return kept


def reread(client_id: uuid.UUID) -> None:
    """Read the session's folders of this client anew, in one statement, after they were changed in bulk."""
    db.session.flush()  # what is only in memory would be lost by reading anew
    known = [
        row.id for row in db.session().identity_map.values() if isinstance(row, Folder) and row.client_id == client_id
    ]
    if known:
        db.session.scalars(select(Folder).where(Folder.id.in_(known)).execution_options(populate_existing=True)).all()


def _is_shared(folder: Folder) -> bool:
    other = select(Folder.id).where(Folder.scope_id == folder.scope_id, Folder.starts_scope, Folder.id != folder.id)
    return bool(db.session.execute(select(exists(other))).scalar_one())


def _follow(folder: Folder, old: uuid.UUID, new: uuid.UUID) -> None:
    """Point the folder and all that followed one scope below it to another; scopes begun there move along."""
    starter = aliased(Folder)
    inside = exists().where(
        starter.scope_id == Scope.id,
        starter.starts_scope,
        starter.client_id == folder.client_id,
        within(folder.path, starter),
        starter.id != folder.id,
    )
    db.session.execute(
        update(Scope)
        .where(Scope.parent_id == old, Scope.id != new, inside)
        .values(parent_id=new)
        .execution_options(**_QUIETLY)
    )
    db.session.execute(
        update(Folder)
        .where(Folder.client_id == folder.client_id, within(folder.path), Folder.scope_id == old)
        .values(scope_id=new)
        .execution_options(**_QUIETLY)
    )


def _copy_grants(old: uuid.UUID, new: uuid.UUID) -> None:
    """The same grants with the same who, when and until."""
    db.session.execute(
        text(
            'INSERT INTO "grant" (scope_id, person_id, level, origin, set_by_id, set_at, valid_until)'
            " SELECT :new, person_id, level, origin, set_by_id, set_at, valid_until"
            ' FROM "grant" WHERE scope_id = :old'
        ),
        {"new": new, "old": old},
    )


def _kept(scope_id: uuid.UUID, above: dict[uuid.UUID, uuid.UUID | None]) -> uuid.UUID:
    """The nearest scope above that is not dissolved."""
    step: uuid.UUID | None = scope_id
    while step in above:
        step = above[step]
    if step is None:
        raise RuntimeError("the root scope was about to be dissolved")
    return step


def _dissolve(folder: Folder, pairs: list[tuple[uuid.UUID, uuid.UUID]]) -> None:
    gone = [old for old, _ in pairs]
    arrays = {"old": gone, "new": [new for _, new in pairs]}
    source = "unnest(CAST(:old AS uuid[]), CAST(:new AS uuid[])) AS merged (old, new)"
    db.session.execute(
        text(
            f"UPDATE folder SET scope_id = merged.new, starts_scope = false FROM {source}"
            " WHERE folder.scope_id = merged.old AND folder.client_id = :client"
        ),
        {**arrays, "client": folder.client_id},
    )
    db.session.execute(
        text(f"UPDATE scope SET parent_id = merged.new FROM {source} WHERE scope.parent_id = merged.old"),
        arrays,
    )
    db.session.execute(text("DELETE FROM scope WHERE id = ANY(CAST(:old AS uuid[]))"), {"old": gone})
