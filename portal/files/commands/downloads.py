"""Handing out contents."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from portal.activity import record, verbs
from portal.files.models import File, FileVersion, Folder
from portal.kit import storage
from portal.kit.db import db, transactional


def download_url(file: File, viewer: Any = None) -> str:
    """An address for the current content, good for 60 s. The caller has checked the viewer's right to the file."""
    key = db.session.execute(select(FileVersion.object_key).where(FileVersion.id == file.version_id)).scalar_one()
    return storage.download_url(key, file_name=file.name, content_type=file.content_type)


@transactional
def open_download(file: File, *, actor: Any) -> str:
    """:func:`download_url`, with a line in the log."""
    folder = db.session.get(Folder, file.folder_id)
    record(verbs.FILE_DOWNLOADED, actor=actor, file=file, folder=folder)
    return download_url(file, actor)
