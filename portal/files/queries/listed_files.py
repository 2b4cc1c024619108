"""The files of a folder, page by page, in any order."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Integer, Uuid, bindparam, select, union_all

from portal.accounts.viewer import Viewer
from portal.files.models import File, Folder
from portal.files.order import FIRM, Sort, last_values, place_in, place_of
from portal.files.queries.anybody import AnyViewer
from portal.files.queries.levels import folder_level
from portal.files.queries.visible import readable
from portal.kit.db import db
from portal.kit.paging import Page
from portal.permissions.levels import Level
from portal.permissions.queries import with_level

LEVELS = tuple(Level)

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
    File.position,
    File.version_id,
    File.quarantine,
)


def files_and_level(
    viewer: Viewer, folder: Folder, size: int, place: str | None, sort: Sort
) -> tuple[Page[Any], Level]:
    """A page of files, as rows of :data:`FILE_FACTS`, and the viewer's level on their folder.

    One statement where there are files, else two.

    :param place: where the page before ended, as it gave it; its sort goes on. A forged one gives the first page.
    """
    values = {"folder_id": folder.id, "viewer_id": viewer.person_id, "most": size + 1}
    last = place_in(place, "files")
    part = "first"
    if last is not None:
        sort = last[0]
        # Once the page before ended among those that nobody put into order, the rest is by name, which an index knows.
        by_name = sort == FIRM and last[1][0] >= 0
        part = "by name" if by_name else "next"
        values |= last_values(last[1][1:] if by_name else last[1])
    statement = _files_statement(viewer.is_staff, viewer.sees_all, part, sort)
    # By the session's connection, as sub-folders are: no row is made a second time for objects that it may hold.
    rows: list[Any] = list(db.session.connection().execute(statement, values))
    level = LEVELS[rows[0].level] if rows else folder_level(viewer, folder)
    if len(rows) <= size:
        return Page(rows, None), level
    return Page(rows[:size], place_of(sort, sort.of_files, rows[size - 1])), level


@cache
def _files_statement(is_staff: bool, sees_all: bool, part: str, sort: Sort) -> Any:
    """Built once for each kind of viewer: to put a statement together takes longer than to run it.

    The level is asked once, before the files: joined with them, it would be looked up for each.

    :param part: "first", "next", or "by name" for what follows the last file that was put into order by hand.
    """
    viewer: Any = AnyViewer(is_staff, sees_all)
    place: Any = select(Folder.id).where(Folder.id == bindparam("folder_id", type_=Uuid()), Folder.bin_id.is_(None))
    place, held = with_level(place, viewer, scope_id=Folder.scope_id, client_id=Folder.client_id)
    here = (
        place.with_only_columns(held.label("level"), maintain_column_froms=True).cte("here").prefix_with("MATERIALIZED")
    )
    level = select(here.c.level).scalar_subquery()
    selected: Any = select(*FILE_FACTS, level.label("level")).where(
        File.folder_id == bindparam("folder_id", type_=Uuid()), readable(viewer, level, folder_lives=True)
    )
    most = bindparam("most", type_=Integer())
    if sort == FIRM and part == "first":
        return _ordered_and_rest(selected, most)
    order = Sort("name").of_files if part == "by name" else sort.of_files
    if part != "first":
        selected = selected.where(order.beyond(order.parameters()))
    if part == "by name":
        selected = selected.where(File.position >= 0)
    return selected.order_by(*order.clauses()).limit(most)


def _ordered_and_rest(selected: Any, most: Any) -> Any:
    """The first page of the firm's order: what was put into order by hand (below 0) is little and sorted, what was not
    is by name, which an index knows. Sorted together, all of a large folder would be read and sorted for each page.
    """
    by_hand, by_name = FIRM.of_files.clauses(), Sort("name").of_files.clauses()
    both = union_all(
        selected.where(File.position < 0).order_by(*by_hand).limit(most).subquery("by_hand").select(),
        selected.where(File.position >= 0).order_by(*by_name).limit(most).subquery("by_name").select(),
    ).subquery("files")
    columns = [both.c[column.key] for column in FIRM.of_files.columns]
    return select(both).order_by(*FIRM.of_files.clauses(columns)).limit(most)
