"""ZIP archives of folders and files, written while they are sent; every file is asked for again when its turn comes."""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session
from zipstream import ZIP_STORED, ZipStream

from portal.accounts.presence import viewer_still_signed_in
from portal.activity import verbs
from portal.activity.commands import line, record_many
from portal.files.archive_names import Shelf, safe_name
from portal.files.commands.regions import within
from portal.files.models import File, FileVersion, Folder
from portal.files.queries import openable_files, path_folders, visible_folders
from portal.kit import storage
from portal.kit.db import db, transactional
from portal.kit.errors import Refused

# Beyond this many files, an archive is nothing that anybody unpacks in one go.
MOST_FILES = 100_000
# A right that was taken away ends an archive in progress after this long at the latest, in seconds.
ASK_AGAIN = 2.0


class TooManyFiles(Refused):
    """The archive would hold more files than can be unpacked sensibly."""

    sentence = _l("An archive can hold 100,000 files at most. Choose fewer folders.")


class NothingToPack(Refused):
    """There is no file in what was chosen, as far as the person sees."""

    sentence = _l("There is nothing to download in what you chose.")


class RightsEnded(Exception):
    """The person lost the right to a file while the archive was being sent: it ends here, broken off."""


@dataclass(frozen=True)
class Entry:
    """A file of an archive: where it stands inside, its size in bytes and its object."""

    file_id: uuid.UUID
    path: str
    size: int
    object_key: str


@dataclass(frozen=True)
class Archive:
    """What an archive holds. ``size`` is its exact length in bytes: nothing is compressed."""

    name: str
    folders: list[str]
    entries: list[Entry]

    @property
    def size(self) -> int:
        """The length of the whole archive in bytes."""
        return len(_zipped(self, lambda entry: iter(())))


@transactional
def open_archive(
    viewer: Any, client_id: uuid.UUID, *, folder_ids: Collection[uuid.UUID], file_ids: Collection[uuid.UUID], name: str
) -> Archive:
    """Gather what the viewer may read of these folders and files, and note the download in the log.

    :param name: what the archive is called, without the ending.
    :raises NothingToPack: there is no such file.
    :raises TooManyFiles: more than 100,000.
    """
    tree = _Tree(viewer, client_id)
    tops = tree.tops(folder_ids)
    archive = Archive(safe_name(name) + ".zip", [], [])
    shelf = Shelf()
    alone = len(tops) == 1 and not file_ids
    for top in tops:
        tree.gather(archive, top, "" if alone else f"{shelf.place(top.name)}/")
    packed = {entry.file_id for entry in archive.entries}
    chosen = _with_keys(openable_files(viewer).where(File.client_id == client_id, File.id.in_(set(file_ids) - packed)))
    for file_id, _folder_id, file_name, size, key in chosen:
        archive.entries.append(Entry(file_id, shelf.place(file_name), size, key))
    if not archive.entries:
        raise NothingToPack()
    _note(viewer, [entry.file_id for entry in archive.entries])
    return archive


class _Tree:
    """The folders of a client as the viewer sees them, those that only lead to visible ones among them."""

    def __init__(self, viewer: Any, client_id: uuid.UUID) -> None:
        self.viewer, self.client_id = viewer, client_id
        self.paths = path_folders(viewer, client_id)

    def tops(self, ids: Collection[uuid.UUID]) -> list[Any]:
        """The chosen folders by name; one inside another of them is packed with that one."""
        rows = self._rows(Folder.id.in_(ids))
        outer = [row for row in rows if not any(row.path.startswith(other.path) for other in rows if other is not row)]
        return sorted(outer, key=lambda row: row.name_key)

    def gather(self, archive: Archive, top: Any, start: str) -> None:
        """Put all below a folder into the archive, under ``start``."""
        inside = within(top.path)
        shelves: dict[uuid.UUID, tuple[str, Shelf]] = {top.id: (start, Shelf())}
        for row in self._rows(inside):
            # What was moved here between two statements has no place yet: the archive shows one moment.
            if row.id != top.id and row.parent_id in shelves:
                path, shelf = shelves[row.parent_id]
                shelves[row.id] = (f"{path}{shelf.place(row.name)}/", Shelf())
        archive.folders.extend(path for path, _ in shelves.values() if path)
        files = openable_files(self.viewer).where(File.client_id == self.client_id, inside)
        for file_id, folder_id, name, size, key in _with_keys(files.order_by(Folder.path, File.name_key)):
            if folder_id not in shelves:
                continue
            path, shelf = shelves[folder_id]
            archive.entries.append(Entry(file_id, path + shelf.place(name), size, key))
            if len(archive.entries) > MOST_FILES:
                raise TooManyFiles()

    def _rows(self, which: Any) -> list[Any]:
        """Those above first: a path begins with the path of the folder above."""
        columns = (Folder.id, Folder.parent_id, Folder.name, Folder.name_key, Folder.path)
        seen = visible_folders(self.viewer).where(Folder.client_id == self.client_id, which)
        rows = list(db.session.execute(seen.with_only_columns(*columns)).all())
        if self.paths:
            leading = select(*columns).where(Folder.id.in_(self.paths), which)
            rows += db.session.execute(leading).all()
        return sorted(rows, key=lambda row: row.path)


def _with_keys(files: Any) -> Any:
    """(file, folder, name, size, object) of each; sizes are the version's own, as the archive's length counts them."""
    return db.session.execute(
        files.join(FileVersion, FileVersion.id == File.version_id)
        .with_only_columns(File.id, File.folder_id, File.name, FileVersion.size, FileVersion.object_key)
        .execution_options(yield_per=1000)
    )


def _note(viewer: Any, ids: list[uuid.UUID]) -> None:
    """One line per file: a search of the log for a file must find that it was taken along."""
    lines = []
    for start in range(0, len(ids), 1000):
        rows = db.session.execute(
            select(File, Folder).join(Folder, Folder.id == File.folder_id).where(File.id.in_(ids[start : start + 1000]))
        )
        lines += [line(verbs.FILE_ARCHIVED, actor=viewer, file=file, folder=folder) for file, folder in rows]
    record_many(lines)


def stream(archive: Archive, *, person_id: uuid.UUID, session_id: uuid.UUID) -> Iterator[bytes]:
    """The archive's bytes, at most one chunk in memory.

    :param person_id: who downloads; their right to each file is asked of the database when its turn comes, and every
        two seconds inside a long one.
    :param session_id: their signed-in session, which must still be open.
    :raises RightsEnded: a right is gone; the connection is cut, so that no client takes the archive for whole.
    """
    yield from _zipped(archive, partial(_content, person_id=person_id, session_id=session_id))


def _zipped(archive: Archive, content: Any) -> Any:
    zipped = ZipStream(compress_type=ZIP_STORED, sized=True)
    for path in archive.folders:
        zipped.mkdir(path.rstrip("/"))
    for entry in archive.entries:
        zipped.add(content(entry), entry.path, size=entry.size)
    return zipped


def _content(entry: Entry, *, person_id: uuid.UUID, session_id: uuid.UUID) -> Iterator[bytes]:
    _ask(entry, person_id, session_id)
    asked = time.monotonic()
    for chunk in storage.read(entry.object_key):
        if time.monotonic() - asked > ASK_AGAIN:
            _ask(entry, person_id, session_id)
            asked = time.monotonic()
        yield chunk


def _ask(entry: Entry, person_id: uuid.UUID, session_id: uuid.UUID) -> None:
    """A session of its own, closed at once: an archive of hours must not hold a connection, nor see an old state."""
    with Session(db.engine) as asking:
        viewer = viewer_still_signed_in(asking, person_id, session_id)
        seen = (
            viewer is not None
            and asking.execute(
                openable_files(viewer).where(File.id == entry.file_id).with_only_columns(File.id)
            ).first()
        )
    if not seen:
        raise RightsEnded(str(entry.file_id))
