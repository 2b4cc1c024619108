"""What stands in the bin of a client, for those who may take it out again."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, Uuid, and_, any_, cast, exists, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from portal.accounts.viewer import Viewer
from portal.files.models import BinEntry, File, Folder
from portal.files.queries.paths import reachable_folders
from portal.files.queries.visible import not_kept_from
from portal.kit.bulk import any_ids
from portal.kit.db import db
from portal.permissions.levels import Level
from portal.permissions.models import Scope
from portal.permissions.queries import with_level


def bin_entries(viewer: Viewer, client_id: uuid.UUID | None = None) -> Select[Any]:
    """Entries that the viewer may restore by the rights of this moment. Newest first.

    *Full* on what was deleted itself, as for deleting it; a file must also be one that the viewer would see. And *full*
    on the folder in which it stood and on the one that it would come back to, as for a move: they are the same while
    the first is not in the bin. Who deleted something themselves takes it back to where it stood without that.
    """
    stood = aliased(Folder)
    rows = (
        select(BinEntry)
        .join(stood, stood.id == BinEntry.parent_id)
        .where(
            or_(
                and_(BinEntry.kind == "folder", _has_full(viewer, BinEntry.folder_id)),
                and_(BinEntry.kind == "file", _has_full(viewer, BinEntry.parent_id), _shows(viewer, BinEntry.file_id)),
            ),
            or_(
                and_(BinEntry.binned_by_id == viewer.person_id, stood.bin_id.is_(None)),
                and_(_has_full(viewer, BinEntry.parent_id), _has_full(viewer, _returns_to(stood))),
            ),
        )
    )
    if client_id is not None:
        rows = rows.where(BinEntry.client_id == client_id)
    return rows.order_by(BinEntry.id.desc())


def places_of(viewer: Viewer, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Folder]:
    """Of these folders those whose name the viewer may read: with a level there, even if they are in the bin
    themselves, or on the way to one. The top has no name to hide. One statement.
    """
    wanted = set(ids)
    if not wanted:
        return {}
    levelled, _ = with_level(select(Folder.id), viewer, scope_id=Folder.scope_id, client_id=Folder.client_id)
    known = reachable_folders(viewer).with_only_columns(Folder.id)
    rows = select(Folder).where(
        Folder.id == any_ids(wanted),
        or_(
            Folder.parent_id.is_(None),
            Folder.id.in_(levelled.where(Folder.id == any_ids(wanted)).correlate(None)),
            Folder.id.in_(known.where(Folder.id == any_ids(wanted)).correlate(None)),
        ),
    )
    return {row.id: row for row in db.session.scalars(rows)}


def has_full_somewhere(viewer: Viewer, client_id: uuid.UUID) -> bool:
    """Whether the viewer may change anything in a client's space, be it something that is in the bin by now."""
    scopes, _ = with_level(select(Scope.id), viewer, scope_id=Scope.id, client_id=Scope.client_id, at_least=Level.FULL)
    return bool(db.session.execute(select(exists(scopes.where(Scope.client_id == client_id)))).scalar_one())


def _has_full(viewer: Viewer, folder_id: Any) -> ColumnElement[bool]:
    """*Full* on a folder, whether it is in the bin or not."""
    folder = aliased(Folder)
    rows, level = with_level(
        select(folder.id), viewer, scope_id=folder.scope_id, client_id=folder.client_id, at_least=Level.FULL
    )
    # A value and no EXISTS: of that PostgreSQL would make a list of all folders with full before it looks at the first
    # entry.
    held = rows.with_only_columns(level, maintain_column_froms=True).where(folder.id == folder_id)
    return held.scalar_subquery() == int(Level.FULL)


def _shows(viewer: Viewer, file_id: Any) -> ColumnElement[bool]:
    """Neither its end nor the virus check keeps the file from this viewer. No EXISTS, as above."""
    return select(literal(1)).where(File.id == file_id, not_kept_from(viewer)).scalar_subquery() == 1


def _returns_to(stood: Any) -> Any:
    """The id of the nearest folder at or above that is not in the bin; the top never is."""
    above = aliased(Folder)
    way = cast(func.string_to_array(func.rtrim(stood.path, "/"), "/"), ARRAY(Uuid()))
    rows = select(above.id).where(above.id == any_(way), above.bin_id.is_(None))
    return rows.order_by(func.length(above.path).desc()).limit(1).correlate(stood).scalar_subquery()
