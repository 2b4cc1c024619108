"""A folder's page: its sub-folders and files as the viewer sees them, in a bounded number of statements."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from portal.accounts.viewer import Viewer
from portal.files.models import File, Folder
from portal.files.queries.levels import folder_level, folder_levels
from portal.files.queries.paths import ids_above, path_folders
from portal.files.queries.visible import readable
from portal.kit.db import db
from portal.kit.paging import Page, page_of
from portal.permissions.levels import Level
from portal.permissions.queries import scopes_of


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
    files: Page[File]


def listing(
    viewer: Viewer, folder: Folder, *, size: int = 100, folders_place: str | None = None, files_place: str | None = None
) -> Listing:
    """What the viewer sees in a folder."""
    level = folder_level(viewer, folder)
    return Listing(
        level, children(viewer, folder, size=size, place=folders_place), files_in(viewer, folder, size, files_place)
    )


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


def files_in(viewer: Viewer, folder: Folder, size: int = 100, place: str | None = None) -> Page[File]:
    """Files of a folder that the viewer sees, by name."""
    return page_of(files_select(viewer, folder).order_by(File.name_key, File.id), size=size, place=place)


def files_select(viewer: Viewer, folder: Folder) -> Any:
    """Files of a folder that the viewer sees, in no order yet."""
    mine = scopes_of(viewer, folder.client_id)
    return (
        select(File)
        .join(Folder, Folder.id == File.folder_id)
        .join(mine, mine.c.scope_id == Folder.scope_id)
        .where(File.folder_id == folder.id, readable(viewer, mine.c.level))
    )


def breadcrumbs(viewer: Viewer, folder: Folder) -> list[Crumb]:
    """The folders above one, from the top down, and the folder itself. Two statements."""
    ids = [*ids_above(folder.path), folder.id]
    levels = folder_levels(viewer, ids)
    rows = db.session.scalars(select(Folder).where(Folder.id.in_(ids)).order_by(func.length(Folder.path)))
    return [Crumb(row, levels[row.id]) for row in rows]
