"""Where something may be moved to."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func

from portal.accounts.viewer import Viewer
from portal.files.models import File, Folder
from portal.files.queries import visible_folders
from portal.kit.db import db
from portal.kit.errors import Refused
from portal.permissions.levels import Level

MOST_SHOWN = 3000


class NoTarget(Refused):
    """The chosen folder is not there, or the viewer may not change it."""

    sentence = _l("Choose a folder in which you have full access.")
    field = "folder"


@dataclass
class Place:
    """A folder in the tree of the move dialog."""

    id: uuid.UUID
    name: str
    children: list[Place] = field(default_factory=list)


def target_folder(viewer: Viewer, ident: str | None) -> Folder:
    """The folder that was chosen.

    :raises NoTarget: no id, not visible, or without *full*.
    """
    try:
        wanted = uuid.UUID(str(ident))
    except ValueError as error:
        raise NoTarget() from error
    chosen = visible_folders(viewer, at_least=Level.FULL).where(Folder.id == wanted)
    found: Folder | None = db.session.scalars(chosen).one_or_none()
    if found is None:
        raise NoTarget()
    return found


def places_for(viewer: Viewer, moved: Any) -> list[Place]:
    """The client's folders with *full* as a tree, without what is moved and what lies below it. One statement.

    A folder whose parent the viewer may not change stands at the top.
    """
    selected = visible_folders(viewer, at_least=Level.FULL).where(Folder.client_id == moved.client_id)
    if not isinstance(moved, File):
        selected = selected.where(~func.starts_with(Folder.path, moved.path))
    rows = db.session.scalars(
        selected.order_by(func.length(Folder.path), Folder.position, Folder.name_key).limit(MOST_SHOWN)
    ).all()
    places = {row.id: Place(row.id, row.name if row.parent_id else _("Documents")) for row in rows}
    below: dict[uuid.UUID | None, list[Place]] = defaultdict(list)
    for row in rows:
        above = places.get(row.parent_id) if row.parent_id else None
        (above.children if above is not None else below[None]).append(places[row.id])
    return below[None]
