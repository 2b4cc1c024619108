"""What a viewer sees: the selects that every page, list, count and check begins with."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from portal.accounts.viewer import Viewer
from portal.files.models import File, Folder
from portal.files.queries.anybody import built_once
from portal.permissions.levels import Level
from portal.permissions.queries import with_level


@built_once
def visible_folders(viewer: Viewer, *, at_least: Level = Level.DEPOSIT) -> Select[Any]:
    """Living folders in which the viewer has a level. Folders that are shown as a path only are not among them."""
    selected, _ = with_level(
        select(Folder), viewer, scope_id=Folder.scope_id, client_id=Folder.client_id, at_least=at_least
    )
    return selected.where(Folder.bin_id.is_(None))


@built_once
def visible_files(viewer: Viewer) -> Select[Any]:
    """Living files that the viewer may read: with *read* or more, or with *deposit* those that they uploaded.

    A file that is valid until a moment is not seen after it by contacts.
    """
    selected, level = with_level(
        select(File).join(Folder, Folder.id == File.folder_id),
        viewer,
        scope_id=Folder.scope_id,
        client_id=Folder.client_id,
    )
    return selected.where(readable(viewer, level))


@built_once
def openable_files(viewer: Viewer) -> Select[Any]:
    """Visible files whose content may leave the space: those that the virus check does not hold back."""
    return visible_files(viewer).where(File.quarantine == "")


def readable(viewer: Viewer, level: ColumnElement[int], *, folder_lives: bool = False) -> ColumnElement[bool]:
    """The condition on a file and its folder, given the viewer's level there.

    :param folder_lives: the folder is known not to be in the bin, and not among the tables.
    """
    return and_(
        File.bin_id.is_(None),
        *([] if folder_lives else [Folder.bin_id.is_(None)]),
        or_(level >= int(Level.READ), and_(level == int(Level.DEPOSIT), File.uploaded_by_id == viewer.person_id)),
        not_kept_from(viewer),
    )


def not_kept_from(viewer: Viewer) -> ColumnElement[bool]:
    """The condition that neither the virus check nor the file's end keeps it from this viewer, whatever their level."""
    # What is held back by the virus check is seen by who put it there, and by staff while it waits. Nobody opens it.
    held_back = [File.quarantine == "", File.uploaded_by_id == viewer.person_id]
    if viewer.is_staff:
        return or_(*held_back, File.quarantine == "waiting")
    ended = or_(File.valid_until.is_(None), File.valid_until > func.statement_timestamp())
    return and_(or_(*held_back), ended)
