"""A folder's page: its sub-folders and files as the viewer sees them, in a bounded number of statements."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlakeyset import InvalidPage, serialize_bookmark, unserialize_bookmark
from sqlalchemy import Integer, String, Uuid, bindparam, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from portal.accounts.viewer import Viewer
from portal.files.models import File, Folder
from portal.files.queries.anybody import AnyViewer
from portal.files.queries.levels import folder_level, folder_levels
from portal.files.queries.paths import ids_above, path_folders
from portal.files.queries.visible import readable
from portal.kit.db import db
from portal.kit.paging import Page, page_of
from portal.permissions.levels import Level
from portal.permissions.queries import scopes_of, with_level


@dataclass(frozen=True)
class FolderRow:
    """A sub-folder as the viewer sees it. ``folders`` and ``files`` count what the viewer sees in it."""

    folder: Folder
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


# What a list shows of a file. Rows of these columns and no objects of the session: a thousand of those take longer to
# make than to find.
FILE_FACTS = (
    File.id,
    File.name,
    File.ext,
    File.size,
    File.uploaded_at,
    File.uploaded_by_id,
    File.valid_until,
    File.name_key,
)


def listing(
    viewer: Viewer, folder: Folder, *, size: int = 100, folders_place: str | None = None, files_place: str | None = None
) -> Listing:
    """What the viewer sees in a folder: sub-folders first, so that a place among files means that all were shown.

    ``files`` are rows of :data:`FILE_FACTS`.
    """
    files, level = _files_and_level(viewer, folder, size, files_place)
    if files_place and not folders_place:
        folders: Page[FolderRow] = Page([], None)
    else:
        folders = children(viewer, folder, size=size, place=folders_place)
    return Listing(level, folders, files)


def children(viewer: Viewer, folder: Folder, *, size: int = 100, place: str | None = None) -> Page[FolderRow]:
    """Sub-folders that the viewer sees, by position and name, with counts. Five statements at most."""
    paths = path_folders(viewer, folder.client_id)
    mine = scopes_of(viewer, folder.client_id)
    level = func.coalesce(mine.c.level, 0)
    rows = (
        select(Folder, level)
        .outerjoin(mine, mine.c.scope_id == Folder.scope_id)
        .where(
            Folder.parent_id == folder.id,
            Folder.bin_id.is_(None),
            or_(mine.c.scope_id.is_not(None), Folder.id.in_(paths)),
        )
        .order_by(Folder.position, Folder.name_key, Folder.id)
    )
    page = page_of(rows, size=size, place=place)
    counts = folder_counts(viewer, folder.client_id, [row[0].id for row in page.items], paths=paths)
    items = [FolderRow(found, Level(number), *counts[found.id]) for found, number in page.items]
    return Page(items, page.next_place)


def folder_counts(
    viewer: Viewer, client_id: uuid.UUID, ids: Collection[uuid.UUID], *, paths: set[uuid.UUID] | None = None
) -> dict[uuid.UUID, tuple[int, int]]:
    """How many sub-folders and files the viewer sees directly in each of these folders. Two statements.

    :param paths: the answer of :func:`path_folders` where the caller has it.
    """
    if not ids:
        return {}
    paths = path_folders(viewer, client_id) if paths is None else paths
    mine = scopes_of(viewer, client_id)
    inner = aliased(Folder)
    folders = (
        select(inner.parent_id, func.count())
        .outerjoin(mine, mine.c.scope_id == inner.scope_id)
        .where(
            inner.parent_id.in_(ids),
            inner.bin_id.is_(None),
            or_(mine.c.scope_id.is_not(None), inner.id.in_(paths)),
        )
        .group_by(inner.parent_id)
    )
    files = (
        select(File.folder_id, func.count())
        .join(Folder, Folder.id == File.folder_id)
        .join(mine, mine.c.scope_id == Folder.scope_id)
        .where(File.folder_id.in_(ids), readable(viewer, mine.c.level))
        .group_by(File.folder_id)
    )
    held_folders = {ident: number for ident, number in db.session.execute(folders).all() if ident is not None}
    held_files = dict(db.session.execute(files).all())
    return {ident: (held_folders.get(ident, 0), held_files.get(ident, 0)) for ident in ids}


def files_in(viewer: Viewer, folder: Folder, size: int = 100, place: str | None = None) -> Page[Any]:
    """Files of a folder that the viewer sees, by name, as rows of :data:`FILE_FACTS`.

    :param place: where the page before ended, as it gave it; a forged one gives the first page.
    """
    return _files_and_level(viewer, folder, size, place)[0]


def _files_and_level(viewer: Viewer, folder: Folder, size: int, place: str | None) -> tuple[Page[Any], Level]:
    """A page of files and the viewer's level on their folder: one statement where there are files, else two."""
    last = _place(place)
    values = {"folder_id": folder.id, "viewer_id": viewer.person_id, "most": size + 1}
    if last is not None:
        values |= {"last_name": last[0], "last_id": last[1]}
    statement = _files_statement(viewer.is_staff, viewer.sees_all, last is not None)
    rows: list[Any] = list(db.session.execute(statement, values))
    level = Level(rows[0].level) if rows else folder_level(viewer, folder)
    if len(rows) <= size:
        return Page(rows, None), level
    rows = rows[:size]
    return Page(rows, serialize_bookmark(((rows[-1].name_key, rows[-1].id), False))), level


@cache
def _files_statement(is_staff: bool, sees_all: bool, continued: bool) -> Any:
    """Built once for each kind of viewer: to put a statement together takes longer than to run it."""
    viewer: Any = AnyViewer(is_staff, sees_all)
    facts: Any = select(*FILE_FACTS).join(Folder, Folder.id == File.folder_id)
    selected, level = with_level(facts, viewer, scope_id=Folder.scope_id, client_id=Folder.client_id)
    selected = selected.add_columns(level.label("level"))
    selected = selected.where(File.folder_id == bindparam("folder_id", type_=Uuid()), readable(viewer, level))
    if continued:
        last = bindparam("last_name", type_=String()), bindparam("last_id", type_=Uuid())
        selected = selected.where(tuple_(File.name_key, File.id) > tuple_(*last))
    return selected.order_by(File.name_key, File.id).limit(bindparam("most", type_=Integer()))


def _place(place: str | None) -> tuple[str, uuid.UUID] | None:
    try:
        found = unserialize_bookmark(place).place if place else None
    except (InvalidPage, ValueError, TypeError, KeyError):
        return None
    match found:
        case (str() as name_key, uuid.UUID() as ident) if "\x00" not in name_key:
            return name_key, ident
    return None


def breadcrumbs(viewer: Viewer, folder: Folder) -> list[Crumb]:
    """The folders above one, from the top down, and the folder itself. Two statements."""
    ids = [*ids_above(folder.path), folder.id]
    levels = folder_levels(viewer, ids)
    rows = db.session.scalars(select(Folder).where(Folder.id.in_(ids)).order_by(func.length(Folder.path)))
    return [Crumb(row, levels[row.id]) for row in rows]
