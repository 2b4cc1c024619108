"""Whose uploads are whose: a person sees their own, and may go on with one as long as the folder still lets them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, select

from portal.accounts.viewer import Viewer
from portal.files.models import File, Folder, Upload
from portal.files.policies import can_upload
from portal.files.queries import folder_level, visible_files, visible_folders
from portal.kit.db import db
from portal.permissions.levels import Level


def visible_uploads(viewer: Viewer) -> Select[Upload]:
    """The viewer's own uploads; nobody else's, whatever their rights."""
    return select(Upload).where(Upload.person_id == viewer.id, Upload.state != "aborted")


def own_upload(viewer: Viewer, upload: Upload) -> bool:
    """May the viewer look at this upload, or give it up? Also when the folder is closed to them by now."""
    return upload.person_id == viewer.id


def can_continue_upload(viewer: Viewer, upload: Upload) -> bool:
    """May the viewer still send bytes for this upload? A right that was taken away ends a running upload (F64)."""
    return own_upload(viewer, upload) and upload_folder(viewer, upload) is not None


def upload_folder(viewer: Viewer, upload: Upload) -> Folder | None:
    """The upload's folder while the viewer may upload into it, else None."""
    target = visible_folders(viewer).where(Folder.id == upload.folder_id)
    folder: Folder | None = db.session.scalars(target).one_or_none()
    return folder if folder is not None and can_upload(viewer, folder) else None


def file_to_replace(viewer: Viewer, folder: Folder, key: str) -> File | None:
    """The file of this name that the viewer sees and may give a new version, or None."""
    return files_to_replace(viewer, folder, [key]).get(key)


def files_to_replace(viewer: Viewer, folder: Folder, keys: Collection[str]) -> dict[str, File]:
    """:func:`file_to_replace` of many names in two statements at most, by the name's key."""
    same_name = visible_files(viewer).where(File.folder_id == folder.id, File.name_key.in_(keys))
    found = {file.name_key: file for file in db.session.scalars(same_name)}
    if all(file.uploaded_by_id == viewer.id for file in found.values()):
        return found
    # Whoever may change the folder may change each file in it; others only what they put there themselves.
    full = folder_level(viewer, folder) == Level.FULL
    return {key: file for key, file in found.items() if full or file.uploaded_by_id == viewer.id}


def viewer_of(actor: Any) -> Viewer:
    """The viewer behind an actor: a person's viewer is made anew from the database, so that it is never stale."""
    found: Viewer = getattr(actor, "viewer", actor)
    return found
