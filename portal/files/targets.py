"""Where something may be moved or copied to: a tree that is fetched branch by branch, and a search in it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from portal.accounts.viewer import Viewer
from portal.files.models import Folder
from portal.files.queries import breadcrumbs, children, visible_folders
from portal.files.queries.paths import ids_above
from portal.kit.bulk import any_ids
from portal.kit.db import db
from portal.kit.errors import Refused
from portal.kit.names import name_key
from portal.permissions.levels import Level

# Folders of one branch that are fetched at once, and as many as a search finds.
BRANCH = 100
MOST_FOUND = 50


class NoTarget(Refused):
    """The chosen folder is not there, or the viewer may not change it."""

    sentence = _l("Choose a folder in which you have full access.")
    field = "folder"


@dataclass
class Place:
    """A folder in the tree. ``open``: its own sub-folders are at hand; ``more`` is where the next ones are fetched."""

    id: uuid.UUID
    name: str
    takes: bool
    has_folders: bool
    open: bool = False
    children: list[Place] = field(default_factory=list)
    more: str | None = None


@dataclass(frozen=True)
class Found:
    """A folder that a search found, and the names of those above it from the top down."""

    id: uuid.UUID
    name: str
    above: list[str]


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


def branch(viewer: Viewer, folder: Folder, *, place: str | None = None) -> tuple[list[Place], str | None]:
    """The sub-folders of one folder that the viewer reaches, and where the next ones are. Three statements at most."""
    page = children(viewer, folder, size=BRANCH, place=place)
    rows = [
        Place(row.folder.id, row.folder.name, row.level == Level.FULL, row.folders > 0 or row.path_only)
        for row in page.items
    ]
    return rows, page.next_place


def tree_to(viewer: Viewer, folder: Folder) -> Place:
    """The tree as far as it is open at first: from the top down to this folder. Five statements a level."""
    crumbs = breadcrumbs(viewer, folder)
    top = _place_of(crumbs[0])
    here = top
    for at, crumb in enumerate(crumbs):
        here.children, here.more = branch(viewer, crumb.folder)
        here.open = here.has_folders = bool(here.children)
        if at + 1 == len(crumbs):
            break
        below = crumbs[at + 1]
        known = next((child for child in here.children if child.id == below.folder.id), None)
        if known is None:
            known = _place_of(below)
            here.children.append(known)
        here = known
    return top


def _place_of(crumb: Any) -> Place:
    name = _("Documents") if crumb.folder.is_root else crumb.folder.name
    return Place(crumb.folder.id, name, crumb.level == Level.FULL, True)


def search_places(viewer: Viewer, client_id: uuid.UUID, words: str, *, most: int = MOST_FOUND) -> list[Found]:
    """Folders of a client with *full* whose names hold these words, the highest first. Two statements."""
    rows = visible_folders(viewer, at_least=Level.FULL).where(Folder.client_id == client_id)
    for word in name_key(words).split():
        rows = rows.where(Folder.name_key.contains(word, autoescape=True), Folder.parent_id.is_not(None))
    found = list(db.session.scalars(rows.order_by(func.length(Folder.path), Folder.name_key, Folder.id).limit(most)))
    names = _names(ident for row in found for ident in ids_above(row.path))
    return [
        Found(
            row.id,
            _("Documents") if row.is_root else row.name,
            [names[ident] for ident in ids_above(row.path) if ident in names],
        )
        for row in found
    ]


def _names(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Names of the folders above what is visible: they lead to it, so that they may be read."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = select(Folder.id, Folder.name, Folder.parent_id).where(Folder.id == any_ids(wanted))
    return {row.id: row.name if row.parent_id else _("Documents") for row in db.session.execute(rows)}
