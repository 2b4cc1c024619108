"""A viewer's level on folders, asked of the database each time: a right that was taken away is gone at once."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from portal.accounts.viewer import Viewer
from portal.files.models import Folder
from portal.files.queries.anybody import AnyViewer
from portal.kit.db import db
from portal.permissions.levels import Level
from portal.permissions.models import Effective, Grant
from portal.permissions.queries import with_level


def folder_level(viewer: Viewer, folder: Any) -> Level:
    """The viewer's level on a folder now; none where it is in the bin.

    The folder's scope is read too: the object at hand may be older than the last change.
    """
    return folder_levels(viewer, [folder.id])[folder.id]


def folder_levels(viewer: Viewer, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Level]:
    """:func:`folder_level` of many folders in one statement, by id."""
    values: dict[str, Any] = {"viewer_id": viewer.person_id, "ids": list(ids)}
    only_one = viewer.only_client_id is not None
    if only_one:
        values["only_client_id"] = viewer.only_client_id
    rows = db.session.execute(_levels_statement(viewer.is_staff, viewer.sees_all, only_one), values).all()
    found = {ident: Level(number) for ident, number in rows}
    return {ident: found.get(ident, Level.NONE) for ident in ids}


@cache
def _levels_statement(is_staff: bool, sees_all: bool, only_one: bool) -> Any:
    viewer: Any = AnyViewer(is_staff, sees_all, bindparam("only_client_id", type_=Uuid()) if only_one else None)
    selected, level = with_level(select(Folder.id), viewer, scope_id=Folder.scope_id, client_id=Folder.client_id)
    wanted = Folder.id == func.any(bindparam("ids", type_=ARRAY(Uuid())))
    return selected.add_columns(level).where(wanted, Folder.bin_id.is_(None))


def stored_level(viewer: Viewer, folder: Any) -> Level:
    """The level on a folder without what the role adds: somebody who may deposit keeps that when they see all."""
    moment = func.statement_timestamp()
    found = db.session.execute(
        select(Effective.level)
        .join(Folder, Folder.scope_id == Effective.scope_id)
        .where(
            Folder.id == folder.id,
            Effective.person_id == viewer.person_id,
            Effective.starts_at <= moment,
            Effective.ends_at > moment,
        )
    ).scalar()
    return Level(found or 0)


def set_levels_of(folder: Folder, person_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Level]:
    """The levels that people have on a folder now, without what their roles add: for the page of rights."""
    moment = func.statement_timestamp()
    rows = db.session.execute(
        select(Effective.person_id, Effective.level)
        .join(Folder, Folder.scope_id == Effective.scope_id)
        .where(
            Folder.id == folder.id,
            Effective.person_id.in_(person_ids),
            Effective.starts_at <= moment,
            Effective.ends_at > moment,
        )
    ).all()
    found = {person_id: Level(level) for person_id, level in rows}
    return {person_id: found.get(person_id, Level.NONE) for person_id in person_ids}


def own_levels_of(folder: Folder, person_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the people who have a level of their own on this very folder."""
    rows = select(Grant.person_id).join(Folder, Folder.scope_id == Grant.scope_id)
    rows = rows.where(Folder.id == folder.id, Folder.starts_scope, Grant.person_id.in_(person_ids))
    return set(db.session.execute(rows).scalars())


def root_of(client_id: uuid.UUID) -> Folder | None:
    """The top of a client's space; None while the client has none."""
    return db.session.scalars(
        select(Folder).where(Folder.client_id == client_id, Folder.parent_id.is_(None))
    ).one_or_none()
