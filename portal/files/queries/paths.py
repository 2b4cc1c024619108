"""Folders without a level that lead to a visible one: shown by name, so that one can walk through them."""

from __future__ import annotations

import uuid
from functools import cache
from typing import Any

from sqlalchemy import Boolean, Select, String, Uuid, and_, bindparam, column, exists, func, or_, select, table
from sqlalchemy.orm import aliased

from portal.accounts.viewer import Viewer
from portal.files.models import Folder
from portal.files.queries.anybody import AnyViewer
from portal.kit.db import db
from portal.permissions.queries import scopes_of, with_level

# By name, with the columns that are asked: to alias the mapped tables takes longer than the look-up.
_SCOPE = table("scope", column("id", Uuid()), column("client_id", Uuid()))
_FOLDER = table(
    "folder",
    column("id", Uuid()),
    column("client_id", Uuid()),
    column("scope_id", Uuid()),
    column("path", String()),
    column("starts_scope", Boolean()),
    column("bin_id", Uuid()),
)


def path_folders(viewer: Viewer, client_id: uuid.UUID) -> set[uuid.UUID]:
    """Ids of the client's folders that the viewer sees as a path only. One statement; two where there are any.

    They are the folders above the visible ones that stand in an invisible one. Only folders that start a scope can be
    that, which is why the partial index on them is enough.
    """
    values = {"viewer_id": viewer.person_id, "client_id": client_id}
    islands, seen = _path_statements(viewer.is_staff, viewer.sees_all)
    leading = {ident for path in db.session.execute(islands, values).scalars() for ident in ids_above(path)}
    if not leading:
        return set()
    # An island may stand in an invisible folder of a visible one.
    return leading - set(db.session.execute(seen, {**values, "leading": list(leading)}).scalars())


@cache
def _path_statements(is_staff: bool, sees_all: bool) -> tuple[Any, Any]:
    viewer: Any = AnyViewer(is_staff, sees_all)
    client_id: Any = bindparam("client_id", type_=Uuid())
    mine = scopes_of(viewer, client_id)
    above = aliased(Folder)
    also_mine = mine.alias()
    islands = (
        select(Folder.path)
        .join(mine, mine.c.scope_id == Folder.scope_id)
        .join(above, above.id == Folder.parent_id)
        .outerjoin(also_mine, also_mine.c.scope_id == above.scope_id)
        .where(
            Folder.client_id == client_id,
            Folder.starts_scope,
            Folder.bin_id.is_(None),
            also_mine.c.scope_id.is_(None),
        )
    )
    seen = select(Folder.id).join(mine, mine.c.scope_id == Folder.scope_id)
    return islands, seen.where(Folder.id.in_(bindparam("leading", expanding=True, type_=Uuid())))


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
        target.c.path < func.concat(func.left(Folder.path, -1), "0"),
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


def ids_above(path: str) -> list[uuid.UUID]:
    """The ids of the folders above one, from the top down, by its path."""
    return [uuid.UUID(part) for part in path.split("/")[:-2]]
