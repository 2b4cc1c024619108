"""A folder's page: its sub-folders and files as the viewer sees them, in a bounded number of statements."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Integer, String, Uuid, bindparam, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from portal.accounts.viewer import Viewer
from portal.files.models import File, Folder
from portal.files.order import FIRM, Sort, last_values, place_in, place_of
from portal.files.queries.anybody import AnyViewer
from portal.files.queries.levels import folder_levels
from portal.files.queries.listed_files import LEVELS, files_and_level
from portal.files.queries.paths import ids_above, leading_from
from portal.files.queries.visible import readable
from portal.kit.db import db
from portal.kit.paging import Page
from portal.permissions.levels import Level
from portal.permissions.queries import scopes_of


class FolderRow(NamedTuple):
    """A sub-folder as the viewer sees it. ``folders`` and ``files`` count what the viewer sees in it."""

    # A folder, or a row of FOLDER_FACTS (and RIGHTS_FACTS).
    folder: Any
    level: Level
    folders: int = 0
    files: int = 0

    @property
    def path_only(self) -> bool:
        """True where only the name is shown, because it leads to something visible."""
        return self.level == Level.NONE


@dataclass(frozen=True)
class Crumb:
    """A folder above, from the top down."""

    folder: Folder
    level: Level


@dataclass(frozen=True)
class Listing:
    """A page of sub-folders and a page of files."""

    level: Level
    folders: Page[FolderRow]
    files: Page[Any]


# What a list shows of a folder, and what its order needs. Rows of these columns and no objects of the session, as of
# files.
FOLDER_FACTS = (Folder.id, Folder.name, Folder.position, Folder.name_key)
# What the pages of rights ask of it as well.
RIGHTS_FACTS = (
    Folder.client_id,
    Folder.parent_id,
    Folder.scope_id,
    Folder.path,
    Folder.starts_scope,
    literal(False).label("is_root"),
)


def listing(
    viewer: Viewer,
    folder: Folder,
    *,
    size: int = 100,
    sort: Sort = FIRM,
    folders_place: str | None = None,
    files_place: str | None = None,
) -> Listing:
    """What the viewer sees in a folder: sub-folders first, so that a place among files means that all were shown.

    ``files`` are rows of FILE_FACTS (listed_files).
    """
    files, level = files_and_level(viewer, folder, size, files_place, sort)
    if files_place and not folders_place:
        folders: Page[FolderRow] = Page([], None)
    else:
        folders = children(viewer, folder, size=size, place=folders_place, sort=sort)
    return Listing(level, folders, files)


def children(
    viewer: Viewer,
    folder: Folder,
    *,
    size: int = 100,
    place: str | None = None,
    sort: Sort = FIRM,
    for_rights: bool = False,
) -> Page[FolderRow]:
    """Sub-folders that the viewer sees, in this order, with counts. One statement.

    :param place: where the page before ended, as it gave it; its sort goes on. A forged one gives the first page.
    :param for_rights: with RIGHTS_FACTS.
    """
    values: dict[str, Any] = {"viewer_id": viewer.person_id, "client_id": folder.client_id}
    values |= {"folder_id": folder.id, "path": folder.path, "most": size + 1}
    last = place_in(place, "folders")
    if last is not None:
        sort = last[0]
        values |= last_values(last[1])
    statement = _children_statement(viewer.is_staff, viewer.sees_all, last is not None, sort, for_rights)
    # By the session's connection: through the session itself, each row is made a second time for objects it may hold.
    rows = db.session.connection().execute(statement, values).all()
    items = [FolderRow(row, LEVELS[row[-3]], row[-2], row[-1]) for row in rows[:size]]
    return Page(items, place_of(sort, sort.of_folders, rows[size - 1]) if len(rows) > size else None)


@cache
def _children_statement(is_staff: bool, sees_all: bool, continued: bool, sort: Sort, for_rights: bool) -> Any:
    """A page, with what is counted in each of its folders beside it."""
    viewer: Any = AnyViewer(is_staff, sees_all)
    client_id: Any = bindparam("client_id", type_=Uuid())
    mine = scopes_of(viewer, client_id)
    leading = select(leading_from(mine, below=bindparam("path", type_=String())).c.id)
    order = sort.of_folders
    facts = (*FOLDER_FACTS, *(RIGHTS_FACTS if for_rights else ()))
    further = [column for column in order.columns if not any(column is known for known in facts)]
    level = func.coalesce(mine.c.level, 0)
    rows = (
        select(*facts, *further, level.label("level"), *_counts(viewer, mine, leading, Folder.id, level))
        .outerjoin(mine, mine.c.scope_id == Folder.scope_id)
        .where(
            Folder.parent_id == bindparam("folder_id", type_=Uuid()),
            Folder.bin_id.is_(None),
            or_(mine.c.scope_id.is_not(None), Folder.id.in_(leading)),
        )
    )
    if continued:
        rows = rows.where(order.beyond(order.parameters()))
    return rows.order_by(*order.clauses()).limit(bindparam("most", type_=Integer()))


def folder_counts(viewer: Viewer, client_id: uuid.UUID, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[int, int]]:
    """How many sub-folders and files the viewer sees directly in each of these folders. One statement."""
    if not ids:
        return {}
    values = {"viewer_id": viewer.person_id, "client_id": client_id, "ids": list(ids)}
    rows = db.session.execute(_counts_statement(viewer.is_staff, viewer.sees_all), values)
    held = {ident: (folders, files) for ident, folders, files in rows}
    return {ident: held.get(ident, (0, 0)) for ident in ids}


@cache
def _counts_statement(is_staff: bool, sees_all: bool) -> Any:
    viewer: Any = AnyViewer(is_staff, sees_all)
    client_id: Any = bindparam("client_id", type_=Uuid())
    mine = scopes_of(viewer, client_id)
    counts = _counts(viewer, mine, select(leading_from(mine).c.id), Folder.id, func.coalesce(mine.c.level, 0))
    wanted = Folder.id == func.any(bindparam("ids", type_=ARRAY(Uuid())))
    selected = select(Folder.id, *counts).outerjoin(mine, mine.c.scope_id == Folder.scope_id)
    return selected.where(wanted, Folder.bin_id.is_(None))


def _counts(viewer: Any, mine: Any, leading: Any, folder_id: Any, level: Any) -> tuple[Any, Any]:
    """(sub-folders, files) that the viewer sees directly in the folder of a row, as columns beside it.

    Each is looked up by its index, whatever the planner expects: joined, it takes a page for one row or reads all. And
    "between" the id and itself, not equal to it: where one folder holds nearly all files of a firm, the planner expects
    as many in each, and would read the whole table for every row.

    :param leading: the ids of folders that lead to visible ones.
    :param level: the viewer's level on the folder.
    """
    inner = aliased(Folder)
    folders = select(func.count()).where(
        inner.parent_id.between(folder_id, folder_id),
        inner.bin_id.is_(None),
        or_(inner.scope_id.in_(select(mine.c.scope_id)), inner.id.in_(leading)),
    )
    files = select(func.count(File.id)).where(
        File.folder_id.between(folder_id, folder_id), readable(viewer, level, folder_lives=True)
    )
    return folders.scalar_subquery().label("folders"), files.scalar_subquery().label("files")


def breadcrumbs(viewer: Viewer, folder: Folder) -> list[Crumb]:
    """The folders above one, from the top down, and the folder itself. Two statements."""
    ids = [*ids_above(folder.path), folder.id]
    levels = folder_levels(viewer, ids)
    rows = db.session.scalars(select(Folder).where(Folder.id.in_(ids)).order_by(func.length(Folder.path)))
    return [Crumb(row, levels[row.id]) for row in rows]
