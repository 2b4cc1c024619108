"""The moment many contents become files of one folder, with a number of statements that does not grow with them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, text

from portal.activity import verbs
from portal.activity.commands import line, record_many
from portal.files.commands.naming import free_names
from portal.files.models import File, FileVersion, Folder
from portal.files.scanning import first_state
from portal.kit.bulk import insert_rows
from portal.kit.db import db, new_id, transactional
from portal.kit.names import extension, name_key, search_key
from portal.kit.storage import Stored
from portal.outbox import emit_many

_NEW_CONTENT = text(
    """
    UPDATE file SET version_id = given.version_id, size = given.size, content_type = given.content_type,
        uploaded_by_id = :actor_id, uploaded_at = now(), quarantine = ''
    FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS uuid[]), CAST(:sizes AS bigint[]), CAST(:types AS text[]))
        AS given (id, version_id, size, content_type)
    WHERE file.id = given.id
    """
)


@dataclass(frozen=True)
class Content:
    """A verified object that becomes a file. ``sha256`` in hex; ``replaces``: the file that it is a new version of."""

    name: str
    stored: Stored
    content_type: str
    sha256: str
    replaces: File | None = None


@dataclass(frozen=True)
class PublishedFile:
    """A file as the uploader is told of it. Size in bytes; ``number`` of the version, 1 for a new file."""

    id: uuid.UUID
    name: str
    size: int
    client_id: uuid.UUID
    folder_id: uuid.UUID
    version_id: uuid.UUID
    number: int


@transactional
def publish_many(folder: Folder, contents: Sequence[Content], *, actor: Any) -> list[PublishedFile]:
    """Make verified objects files of this folder, in one transaction; the same rules as for one, the virus check too.

    The caller holds the folder's lock and has checked what each may replace.
    """
    numbers = _living([content.replaces.id for content in contents if content.replaces is not None])
    new = [place for place, content in enumerate(contents) if not _replaced(content, numbers)]
    names = dict(zip(new, free_names(folder.id, [contents[place].name for place in new]), strict=True)) if new else {}
    published = []
    for place, content in enumerate(contents):
        before = content.replaces
        if place in names or before is None:
            ident, name, number = new_id(), names[place], 1
        else:
            numbers[before.id] += 1
            ident, name, number = before.id, before.name, numbers[before.id]
        size = content.stored.size
        published.append(PublishedFile(ident, name, size, folder.client_id, folder.id, new_id(), number))
    state = first_state()
    _write(published, contents, actor, state)
    _tell(folder, published, actor)
    if state:
        emit_many("files.scan", [{"version_id": file.version_id} for file in published])
    return published


def _replaced(content: Content, numbers: Mapping[uuid.UUID, int]) -> bool:
    return content.replaces is not None and content.replaces.id in numbers


def _living(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """The latest version's number of those files that are not in the bin; their rows stay locked."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    locked = select(File.id).where(File.id.in_(wanted), File.bin_id.is_(None)).order_by(File.id).with_for_update()
    living = list(db.session.scalars(locked))
    latest = select(FileVersion.file_id, func.max(FileVersion.number)).where(FileVersion.file_id.in_(living))
    return {row[0]: row[1] for row in db.session.execute(latest.group_by(FileVersion.file_id))}


def _write(published: Sequence[PublishedFile], contents: Sequence[Content], actor: Any, state: str) -> None:
    files, versions = [], []
    newest: dict[uuid.UUID, tuple[PublishedFile, Content]] = {}
    for file, content in zip(published, contents, strict=True):
        facts = {"size": file.size, "content_type": content.content_type, "uploaded_by_id": actor.id}
        facts["quarantine"] = state
        if file.number == 1:
            files.append({"id": file.id, **_named(file), "version_id": file.version_id, **facts})
        else:
            newest[file.id] = (file, content)
        versions.append(
            {"id": file.version_id, "file_id": file.id, "number": file.number, "object_key": content.stored.key,
             "sha256": content.sha256, "etag": content.stored.etag, **facts}
        )  # fmt: skip
    insert_rows(File, files)
    insert_rows(FileVersion, versions)
    # A file that is there goes on with the content that it has until the new one is found clean.
    if newest and not state:
        kept = [file for file, _ in newest.values()]
        db.session.execute(
            _NEW_CONTENT,
            {
                "actor_id": actor.id,
                "ids": [file.id for file in kept],
                "versions": [file.version_id for file in kept],
                "sizes": [file.size for file in kept],
                "types": [content.content_type for _, content in newest.values()],
            },
        )


def _named(file: PublishedFile) -> dict[str, Any]:
    return {
        "client_id": file.client_id,
        "folder_id": file.folder_id,
        "name": file.name,
        "name_key": name_key(file.name),
        "search_key": search_key(file.name),
        "ext": extension(file.name),
    }


def _tell(folder: Folder, published: Sequence[PublishedFile], actor: Any) -> None:
    """The log, and who listens to the client's events."""
    added, changed = verbs.FILE_UPLOADED, verbs.FILE_VERSION_ADDED
    record_many(
        [line(added if file.number == 1 else changed, actor=actor, file=file, folder=folder) for file in published]
    )
    emit_many(
        "connectors.publish",
        [
            {
                "event": "file.uploaded",
                "client_id": folder.client_id,
                "data": {
                    "file_id": str(file.id),
                    "name": file.name,
                    "size": file.size,
                    "version": file.number,
                    "folder_id": str(folder.id),
                },
            }
            for file in published
        ],
    )
