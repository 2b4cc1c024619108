"""What stands in the bin of a client, for those who may take it out again."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, select

from portal.accounts.viewer import Viewer
from portal.files.models import BinEntry, Folder
from portal.kit.bulk import any_ids
from portal.kit.db import db
from portal.permissions.levels import Level
from portal.permissions.queries import with_level


def bin_entries(viewer: Viewer, client_id: uuid.UUID | None = None) -> Select[Any]:
    """Entries that the viewer may restore: with *full* on the folder in which they stood. Newest first."""
    selected, _ = with_level(
        select(BinEntry).join(Folder, Folder.id == BinEntry.parent_id),
        viewer,
        scope_id=Folder.scope_id,
        client_id=Folder.client_id,
        at_least=Level.FULL,
    )
    if client_id is not None:
        selected = selected.where(BinEntry.client_id == client_id)
    return selected.order_by(BinEntry.id.desc())


def places_of(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Folder]:
    """The folders in which entries that the viewer may restore stood: with *full* there, they may read the name. One
    statement.
    """
    wanted = set(ids)
    if not wanted:
        return {}
    return {row.id: row for row in db.session.scalars(select(Folder).where(Folder.id == any_ids(wanted)))}
