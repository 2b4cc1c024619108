"""Many folders of one place at once: their scopes, paths and marks follow in a bounded number of statements."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Uuid, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from portal.files.commands.folders import MAX_DEPTH
from portal.files.commands.regions import reread
from portal.files.models import Folder
from portal.kit.bulk import any_ids
from portal.kit.db import db, new_id
from portal.permissions.commands import NewScope, insert_scopes, refresh
from portal.permissions.models import Scope

# The moved folders as a table: id, the range of their paths, the scope that they had and the one that they follow now.
_MOVED = (
    "unnest(CAST(:ids AS uuid[]), CAST(:starts AS text[]), CAST(:olds AS uuid[]), CAST(:news AS uuid[]))"
    " AS moved (id, start, old, new)"
)
# What begins with "a/" lies between "a/" and "a0"; the index is in collation C.
_INSIDE = '{0}.path >= moved.start COLLATE "C" AND {0}.path < (left(moved.start, -1) || \'0\') COLLATE "C"'


def inside_many(paths: Sequence[str], columns: Sequence[Any]) -> Any:
    """A select of these columns of folders at or below any of these paths, as one join on ranges of the index."""
    listed = select(func.unnest(bindparam("starts", list(paths), type_=ARRAY(Folder.path.type))).label("start"))
    top = listed.subquery()
    start = top.c.start.collate("C")
    end = func.concat(func.left(top.c.start, -1), "0").collate("C")
    return select(*columns, top.c.start).join(top, (Folder.path >= start) & (Folder.path < end))


def depths(client_id: uuid.UUID, paths: Sequence[str]) -> dict[str, int]:
    """How many levels each of these folders takes, itself included, by path. One statement."""
    rows = inside_many(paths, [func.max(func.length(Folder.path))]).where(Folder.client_id == client_id)
    found = db.session.execute(rows.group_by(text("start"))).all()
    return {start: (longest - len(start)) // 33 + 1 for longest, start in found}


def fits_below(target: Folder, levels: int) -> bool:
    """Whether so many levels below this folder stay within the 64 that paths may have."""
    return len(target.path) // 33 + levels <= MAX_DEPTH


def place_many(folders: Sequence[Any], *, source: Folder, target: Folder) -> None:
    """Hang sub-folders of one folder below another: rights first, then the paths of all that they hold.

    The caller holds the client's lock and has made sure that names are free, nothing nests too deep and no cycle
    arises. A dozen statements, whatever the number.

    :param folders: rows with id, path, scope_id and starts_scope.
    """
    if not folders:
        return
    news = _new_scopes(folders, source, target)
    repointed = [row for row in folders if news.get(row.id, row.scope_id) != row.scope_id]
    _follow(source.client_id, repointed, news)
    values = {
        "ids": [row.id for row in folders],
        "starts": [row.path for row in folders],
        "olds": [row.scope_id for row in folders],
        "news": [row.scope_id for row in folders],
    }
    db.session.execute(
        text(
            "UPDATE folder SET path = :top || substr(folder.path, :cut),"
            " parent_id = CASE WHEN folder.id = moved.id THEN CAST(:parent AS uuid) ELSE folder.parent_id END,"
            " position = CASE WHEN folder.id = moved.id THEN 0 ELSE folder.position END"
            f" FROM {_MOVED} WHERE folder.client_id = :client AND {_INSIDE.format('folder')}"
        ),
        {**values, "top": target.path, "cut": len(source.path) + 1, "parent": target.id, "client": source.client_id},
    )
    reread(source.client_id)
    refresh(source.client_id, scope_ids=[target.scope_id])


def _new_scopes(folders: Sequence[Any], source: Folder, target: Folder) -> dict[uuid.UUID, uuid.UUID]:
    """The scope that each folder follows from now on; own levels go along.

    A scope may be started by several folders. Where all of them move it moves itself; where some stay behind, those
    that move get a copy of it.
    """
    followers = {row.id: target.scope_id for row in folders if not row.starts_scope}
    starters: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for row in folders:
        if row.starts_scope:
            starters[row.scope_id].append(row.id)
    if not starters:
        return followers
    staying = _started_elsewhere(list(starters), [row.id for row in folders])
    copies = {scope_id: new_id() for scope_id in starters if scope_id in staying}
    _copy_scopes(source.client_id, copies, target.scope_id)
    whole = [scope_id for scope_id in starters if scope_id not in copies]
    db.session.execute(
        text("UPDATE scope SET parent_id = :above WHERE id = ANY(CAST(:ids AS uuid[]))"),
        {"above": target.scope_id, "ids": whole},
    )
    return followers | {ident: copies.get(scope_id, scope_id) for scope_id, ids in starters.items() for ident in ids}


def _started_elsewhere(scope_ids: Collection[uuid.UUID], moved: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the scopes that folders start which stay where they are."""
    rows = select(Folder.scope_id).where(
        Folder.scope_id == any_ids(scope_ids),
        Folder.starts_scope,
        Folder.id.not_in(select(func.unnest(bindparam("moved", list(moved), type_=ARRAY(Uuid()))))),
    )
    return set(db.session.execute(rows).scalars())


def _copy_scopes(client_id: uuid.UUID, copies: dict[uuid.UUID, uuid.UUID], above: uuid.UUID) -> None:
    """The same defaults and grants, with the same who, when and until, below another scope."""
    if not copies:
        return
    facts = dict(db.session.execute(select(Scope.id, Scope.contact_level).where(Scope.id == any_ids(copies))).all())
    insert_scopes(client_id, [NewScope(new, above, facts[old]) for old, new in copies.items()])
    db.session.execute(
        text(
            'INSERT INTO "grant" (scope_id, person_id, level, origin, set_by_id, set_at, valid_until)'
            " SELECT copied.new, person_id, level, origin, set_by_id, set_at, valid_until"
            ' FROM "grant" JOIN unnest(CAST(:olds AS uuid[]), CAST(:news AS uuid[])) AS copied (old, new)'
            ' ON "grant".scope_id = copied.old'
        ),
        {"olds": list(copies), "news": list(copies.values())},
    )


def _follow(client_id: uuid.UUID, folders: Sequence[Any], news: dict[uuid.UUID, uuid.UUID]) -> None:
    """Point folders, and all below that followed the same scope, to their new ones; scopes begun there move along."""
    if not folders:
        return
    values = {
        "ids": [row.id for row in folders],
        "starts": [row.path for row in folders],
        "olds": [row.scope_id for row in folders],
        "news": [news[row.id] for row in folders],
        "client": client_id,
    }
    db.session.execute(
        text(
            f"UPDATE scope SET parent_id = moved.new FROM {_MOVED}, folder starter"
            " WHERE scope.parent_id = moved.old AND scope.id <> moved.new AND starter.scope_id = scope.id"
            " AND starter.starts_scope AND starter.client_id = :client AND starter.id <> moved.id"
            f" AND {_INSIDE.format('starter')}"
        ),
        values,
    )
    db.session.execute(
        text(
            f"UPDATE folder SET scope_id = moved.new FROM {_MOVED}"
            f" WHERE folder.client_id = :client AND {_INSIDE.format('folder')} AND folder.scope_id = moved.old"
        ),
        values,
    )
