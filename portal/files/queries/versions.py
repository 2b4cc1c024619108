"""The versions of a file, for those who may change it."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import Select, select

from portal.accounts.roles import Feature
from portal.accounts.viewer import Viewer
from portal.files.models import File, FileVersion, Folder
from portal.files.queries.visible import readable
from portal.permissions.levels import Level
from portal.permissions.queries import with_level


def visible_versions(viewer: Viewer, file_id: uuid.UUID | None = None) -> Select[Any]:
    """Versions of files on whose folder the viewer has *full*: an earlier content may hold what was taken out since.

    :param file_id: of this file alone, newest first.
    """
    rows: Any = select(FileVersion).join(File, File.id == FileVersion.file_id).join(Folder, Folder.id == File.folder_id)
    selected, level = with_level(
        rows, viewer, scope_id=Folder.scope_id, client_id=Folder.client_id, at_least=Level.FULL
    )
    selected = selected.where(readable(viewer, level))
    # A content in which a virus was found is for administrators alone.
    if not viewer.may(Feature.SETTINGS):
        selected = selected.where(FileVersion.quarantine != "infected")
    if file_id is not None:
        selected = selected.where(FileVersion.file_id == file_id).order_by(FileVersion.number.desc())
    return selected
