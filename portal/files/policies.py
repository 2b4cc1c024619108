"""Who may do what with folders and files. Each asks the database anew."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists, select

from portal.accounts.roles import Feature
from portal.accounts.viewer import Viewer
from portal.files.models import BinEntry, File, FileVersion, Folder, RightsChange
from portal.files.queries import (
    bin_entries,
    folder_level,
    folder_levels,
    has_full_somewhere,
    openable_files,
    reachable_folders,
    stored_level,
    visible_files,
    visible_versions,
)
from portal.files.scanning import refuse_held_back
from portal.kit.db import db
from portal.permissions.levels import Level


def can_view_folder(viewer: Viewer, folder: Folder) -> bool:
    """Any level, from *deposit*."""
    return folder_level(viewer, folder) >= Level.DEPOSIT


def can_open_folder(viewer: Viewer, folder: Folder) -> bool:
    """Any level, or none where the folder leads to a visible one."""
    # The level first, which is one look-up and nearly always enough.
    return can_view_folder(viewer, folder) or _finds(reachable_folders(viewer).where(Folder.id == folder.id))


def can_upload(viewer: Viewer, folder: Folder) -> bool:
    """*Deposit* or *full*: *read* is for reading only (F4)."""
    level = folder_level(viewer, folder)
    if level in (Level.DEPOSIT, Level.FULL):
        return True
    # The role lifted this collaborator to read; what was given below that still counts.
    return level == Level.READ and stored_level(viewer, folder) == Level.DEPOSIT


def can_change_folder(viewer: Viewer, folder: Folder) -> bool:
    """*Full*: new sub-folders, rename, move, delete."""
    return folder_level(viewer, folder) == Level.FULL


def can_move_folder(viewer: Viewer, folder: Folder, to: Folder) -> bool:
    """*Full* on the folder and on the one that takes it."""
    return can_change_folder(viewer, folder) and can_change_folder(viewer, to)


def can_download(viewer: Viewer, file: File) -> bool:
    """Whoever sees a file may read it, once it has passed its virus check.

    :raises BeingChecked: it waits for that; whoever put it there should know.
    :raises KeptAway: it is infected.
    """
    if _finds(openable_files(viewer).where(File.id == file.id)):
        return True
    # Asked of the database: the object at hand may be older than the scanner's answer.
    held_back = visible_files(viewer).where(File.id == file.id).with_only_columns(File.quarantine)
    refuse_held_back(db.session.execute(held_back).scalar() or "", name=file.name)
    return False


def can_change_file(viewer: Viewer, file: File) -> bool:
    """*Full* on its folder: rename, move, delete, new version."""
    return _sees(viewer, file) and _level_above(viewer, file) == Level.FULL


def can_copy_folder(viewer: Viewer, folder: Folder) -> bool:
    """*Read* or more; the target asks for *full*. Only what the viewer sees is copied."""
    return not folder.is_root and folder_level(viewer, folder) >= Level.READ


def can_bring_back(viewer: Viewer, version: FileVersion) -> bool:
    """*Full* on the file's folder, as for every new version; nothing that the virus check holds back.

    :raises BeingChecked: it waits for its virus check.
    :raises KeptAway: it is infected.
    """
    if not _finds(visible_versions(viewer).where(FileVersion.id == version.id)):
        return False
    if version.quarantine:
        name = db.session.execute(select(File.name).where(File.id == version.file_id)).scalar_one()
        refuse_held_back(version.quarantine, name=name)
    return True


def can_restore(viewer: Viewer, entry: BinEntry) -> bool:
    """What :func:`bin_entries` says."""
    return _finds(bin_entries(viewer).where(BinEntry.id == entry.id))


def can_view_bin(viewer: Viewer, client: Any) -> bool:
    """Staff, and contacts who may delete anything; the bin then lists what each may restore."""
    return viewer.is_staff or has_full_somewhere(viewer, client.id)


def can_empty_bin(viewer: Viewer, client: Any) -> bool:
    """Staff alone delete for good, and only what they could restore."""
    return viewer.is_staff


def can_set_rights(viewer: Viewer, folder: Folder, person: Any = None) -> bool:
    """Staff with *full* on the folder, and the role's permission for that kind of person.

    Who sees all clients and may assign collaborators needs no level: they could give themselves one at any moment.

    :param person: whose level; None asks whether there is any kind of person that the viewer may set levels for.
    """
    contacts = viewer.may(Feature.MANAGE_CONTACTS) or viewer.may(Feature.ASSIGN_COLLABORATORS)
    collaborators = viewer.may(Feature.ASSIGN_COLLABORATORS)
    allowed = contacts or collaborators if person is None else (collaborators if person.is_staff else contacts)
    if viewer.sees_all and collaborators:
        return True
    return viewer.is_staff and allowed and can_change_folder(viewer, folder)


def can_undo(viewer: Viewer, change: RightsChange) -> bool:
    """Staff who may set rights. Whether this change can still be undone, the command says, with the reason."""
    return viewer.is_staff and (viewer.may(Feature.MANAGE_CONTACTS) or viewer.may(Feature.ASSIGN_COLLABORATORS))


def can_manage_tree_templates(viewer: Viewer) -> bool:
    """The role's permission for templates."""
    return viewer.may(Feature.TEMPLATES)


def _sees(viewer: Viewer, file: File) -> bool:
    return _finds(visible_files(viewer).where(File.id == file.id))


def _level_above(viewer: Viewer, file: File) -> Level:
    folder_id = db.session.execute(select(File.folder_id).where(File.id == file.id)).scalar_one()
    return folder_levels(viewer, [folder_id])[folder_id]


def _finds(selected: Any) -> bool:
    return bool(db.session.execute(select(exists(selected))).scalar_one())
