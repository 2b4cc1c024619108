"""Handing out contents."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from portal.activity import record, verbs
from portal.files.models import File, FileVersion, Folder
from portal.files.scanning import refuse_held_back
from portal.kit import storage
from portal.kit.db import db, transactional
from portal.kit.names import extension


def download_url(file: File, viewer: Any = None) -> str:
    """An address for the current content, good for 60 s. The caller has checked the viewer's right to the file.

    :raises BeingChecked: it waits for its virus check.
    :raises KeptAway: it is infected.
    """
    content = select(FileVersion.object_key, FileVersion.quarantine).where(FileVersion.id == file.version_id)
    key, held_back = db.session.execute(content).one()
    refuse_held_back(held_back, name=file.name)
    return storage.download_url(key, file_name=file.name, content_type=file.content_type)


@transactional
def open_download(file: File, *, actor: Any) -> str:
    """:func:`download_url`, with a line in the log."""
    folder = db.session.get(Folder, file.folder_id)
    record(verbs.FILE_DOWNLOADED, actor=actor, file=file, folder=folder)
    return download_url(file, actor)


@transactional
def open_version(version: FileVersion, *, actor: Any) -> str:
    """An address for one version of a file, good for 60 s, with a line in the log. Its name says which version it is.

    :raises BeingChecked: it waits for its virus check.
    :raises KeptAway: it is infected.
    """
    file = db.session.get_one(File, version.file_id)
    refuse_held_back(version.quarantine, name=file.name)
    folder = db.session.get(Folder, file.folder_id)
    record(verbs.FILE_VERSION_DOWNLOADED, actor=actor, file=file, folder=folder, version=version.number)
    ending = extension(file.name)
    stem = file.name[: -len(ending) - 1] if ending else file.name
    name = f"{stem} (v{version.number})" + file.name[len(stem) :]
    return storage.download_url(version.object_key, file_name=name, content_type=version.content_type)
