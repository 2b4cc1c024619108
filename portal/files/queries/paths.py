"""Folders without a level that lead to a visible one: shown by name, so that one can walk through them."""

from __future__ import annotations

import uuid
from functools import cache
from typing import Any

from sqlalchemy import Boolean, Select, String, Uuid, and_, bindparam, cast, column, exists, func, or_, select, table

from portal.accounts.viewer import Viewer
from portal.files.models import Folder
from portal.files.queries.anybody import AnyViewer, built_once
from portal.kit.db import db
from portal.permissions.queries import scopes_of, with_level

# By name, with the columns that are asked: to alias the mapped tables takes longer than the look-up.
_SCOPE = table("scope", column("id", Uuid()), column("client_id", Uuid()), column("parent_id", Uuid()))
_FOLDER = table(
    "folder",
    column("id", Uuid()),
    column("client_id", Uuid()),
    column("scope_id", Uuid()),
    column("path", String()),
    column("starts_scope", Boolean()),
    column("bin_id", Uuid()),
)


# A folder's path is its own id after those above it, each 32 digits and a slash.
_OWN_PART = 33


def path_folders(viewer: Viewer, client_id: uuid.UUID) -> set[uuid.UUID]:
    """Ids of the client's folders that the viewer sees as a path only. One statement."""
    values = {"viewer_id": viewer.person_id, "client_id": client_id}
    return set(db.session.execute(_path_statement(viewer.is_staff, viewer.sees_all), values).scalars())


@cache
def _path_statement(is_staff: bool, sees_all: bool) -> Any:
    client_id: Any = bindparam("client_id", type_=Uuid())
    viewer: Any = AnyViewer(is_staff, sees_all)
    return select(paths_from(scopes_of(viewer, client_id)).c.id)


def paths_from(mine: Any) -> Any:
    """The same as a common table with ``id``, for statements that have the viewer's scopes of one client already.

    :param mine: the answer of ``scopes_of``.
    """
    # An island may stand in an invisible folder of a visible one.
    leading, above, seen = leading_from(mine), _FOLDER.alias(), mine.alias()
    hidden = (
        select(above.c.id)
        .join(leading, leading.c.id == above.c.id)
        .outerjoin(seen, seen.c.scope_id == above.c.scope_id)
        .where(seen.c.scope_id.is_(None))
    )
    return hidden.cte("path_folders").prefix_with("MATERIALIZED")


def leading_from(mine: Any, *, below: Any = None) -> Any:
    """Ids of all folders above visible ones that stand in an invisible one, as a common table with ``id``.

    Some of them are visible themselves: use it beside what is visible, where it is enough and reads no folder. Where a
    scope begins, the folder above follows the scope above; so the few scopes say which folders those are.

    :param mine: the answer of ``scopes_of``.
    :param below: the path of a folder of that client: only what leads to folders inside of it is asked for.
    """
    scope, island, also_mine = _SCOPE.alias(), _FOLDER.alias(), mine.alias()
    ids_above_it = func.string_to_array(func.left(island.c.path, func.length(island.c.path) - _OWN_PART - 1), "/")
    leading = (
        select(cast(func.unnest(ids_above_it), Uuid()).label("id"))
        .select_from(mine)
        .join(scope, scope.c.id == mine.c.scope_id)
        .outerjoin(also_mine, also_mine.c.scope_id == scope.c.parent_id)
        .join(island, and_(island.c.scope_id == mine.c.scope_id, island.c.starts_scope, island.c.bin_id.is_(None)))
        .where(scope.c.parent_id.is_not(None), also_mine.c.scope_id.is_(None))
        .distinct()
    )
    if below is not None:
        leading = leading.where(island.c.path >= below, island.c.path < _behind(below))
    return leading.cte("leading_folders").prefix_with("MATERIALIZED")


@built_once
def reachable_folders(viewer: Viewer) -> Select[Any]:
    """Living folders that the viewer may open: visible ones, and those that lead to a visible one.

    Use it where a page shows a folder's content; everything that is done to a folder begins with ``visible_folders``.
    """
    # By the folder's own scope: whether it is among all visible ones would ask for all of those, a million of them.
    scope, target = _SCOPE.alias(), _FOLDER.alias()
    visible, _ = with_level(select(scope.c.id), viewer, scope_id=scope.c.id, client_id=scope.c.client_id)
    inside = and_(
        target.c.client_id == Folder.client_id,
        target.c.path >= Folder.path,
        target.c.path < _behind(Folder.path),
        target.c.starts_scope,
        target.c.bin_id.is_(None),
    )
    led, _ = with_level(select(target.c.id), viewer, scope_id=target.c.scope_id, client_id=target.c.client_id)
    return select(Folder).where(
        Folder.bin_id.is_(None),
        or_(
            exists(visible.where(scope.c.id == Folder.scope_id).correlate(Folder)),
            exists(led.where(inside).correlate(Folder)),
        ),
    )


def _behind(path: Any) -> Any:
    """What stands right behind all paths that begin with this one, in the order of their bytes: "0" follows "/"."""
    return func.concat(func.left(path, -1), "0")


def ids_above(path: str) -> list[uuid.UUID]:
    """The ids of the folders above one, from the top down, by its path."""
    return [uuid.UUID(part) for part in path.split("/")[:-2]]
