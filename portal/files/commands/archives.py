"""ZIP archives of folders and files, written while they are sent; every file is asked for again when its turn comes."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.activity import verbs
from portal.activity.commands import line, record_many
from portal.files.archive_names import Shelf, safe_name
from portal.files.commands.archive_stream import RightsEnded, stream
from portal.files.commands.regions import within
from portal.files.models import File, FileVersion, Folder
from portal.files.queries import openable_files, path_folders, visible_folders
from portal.files.zip_layout import Item, Layout, Moment
from portal.kit.days import firm_zone
from portal.kit.db import db, refuse_while_looking, transactional
from portal.kit.errors import Refused

# Beyond this many files, an archive is nothing that anybody unpacks in one go.
MOST_FILES = 100_000
# Part of every archive's mark: a release that writes other bytes for the same files must not go on with an older one.
_FORMAT = 1

__all__ = [
    "Archive",
    "NothingToPack",
    "RightsEnded",
    "TooManyFiles",
    "note_taken",
    "open_archive",
    "stream",
]


class TooManyFiles(Refused):
    """The archive would hold more files than can be unpacked sensibly."""

    sentence = _l("An archive can hold 100,000 files at most. Choose fewer folders.")


class NothingToPack(Refused):
    """There is no file in what was chosen, as far as the person sees."""

    sentence = _l("There is nothing to download in what you chose.")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of an archive: where it stands inside, its size in bytes, its object, its version and when it was made."""

    file_id: uuid.UUID
    path: str
    size: int
    object_key: str
    version_id: uuid.UUID
    at: Moment


@dataclass(frozen=True)
class Archive:
    """What an archive holds: folders first, then files. Nothing is compressed."""

    name: str
    folders: list[Item]
    entries: list[Entry]

    @cached_property
    def layout(self) -> Layout:
        """Where every byte stands."""
        return Layout([*self.folders, *(Item(entry.path, entry.size, entry.at) for entry in self.entries)])

    @property
    def size(self) -> int:
        """The length of the whole archive in bytes."""
        return self.layout.size

    @cached_property
    def etag(self) -> str:
        """The same for the same bytes, and another one as soon as anything about them differs (RFC 9110, 8.8.3)."""
        digest = hashlib.sha256(str(_FORMAT).encode())
        for folder in self.folders:
            digest.update(f"\0{folder.at}/{folder.path}".encode())
        for entry in self.entries:
            facts = (entry.file_id, entry.version_id, entry.object_key, entry.size, entry.at, entry.path)
            digest.update(f"\0{facts}".encode())
        return f'"{digest.hexdigest()[:40]}"'

    def entry(self, number: int) -> Entry | None:
        """The file that is item ``number`` of the layout; None where that is a folder."""
        return self.entries[number - len(self.folders)] if number >= len(self.folders) else None


def open_archive(
    viewer: Any, client_id: uuid.UUID, *, folder_ids: Collection[uuid.UUID], file_ids: Collection[uuid.UUID], name: str
) -> Archive:
    """Gather what the viewer may read of these folders and files now. The same choice gives the same bytes until
    something about it changes: what it holds, what it is called, what the viewer may read.

    :param name: what the archive is called, without the ending.
    :raises NothingToPack: there is no such file.
    :raises TooManyFiles: more than 100,000.
    :raises OnlyLooking: the viewer looks through somebody else's eyes.
    """
    refuse_while_looking()
    tree = _Tree(viewer, client_id)
    tops = tree.tops(folder_ids)
    archive = Archive(safe_name(name) + ".zip", [], [])
    shelf = Shelf()
    alone = len(tops) == 1 and not file_ids
    for top in tops:
        tree.gather(archive, top, "" if alone else f"{shelf.place(top.name)}/")
    packed = {entry.file_id for entry in archive.entries}
    alone_files = openable_files(viewer).where(File.client_id == client_id, File.id.in_(set(file_ids) - packed))
    chosen = _with_keys(alone_files.order_by(File.name_key, File.id))
    for row in chosen:
        archive.entries.append(_entry(row, shelf.place(row.name)))
    if not archive.entries:
        raise NothingToPack()
    return archive


def _entry(row: Any, path: str) -> Entry:
    return Entry(row.id, path, row.size, row.object_key, row.version_id, _moment(row.created_at))


def _moment(made: datetime) -> Moment:
    """ZIP knows no time zones: people compare with what the portal shows, which is the firm's time."""
    local = made.astimezone(firm_zone())
    return (local.year, local.month, local.day, local.hour, local.minute, local.second)


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
        if start:
            archive.folders.append(Item(start, 0, _moment(top.created_at)))
        for row in self._rows(inside):
            # What was moved here between two statements has no place yet: the archive shows one moment.
            if row.id != top.id and row.parent_id in shelves:
                path, shelf = shelves[row.parent_id]
                shelves[row.id] = (f"{path}{shelf.place(row.name)}/", Shelf())
                archive.folders.append(Item(shelves[row.id][0], 0, _moment(row.created_at)))
        files = openable_files(self.viewer).where(File.client_id == self.client_id, inside)
        for row in _with_keys(files.order_by(Folder.path, File.name_key, File.id)):
            if row.folder_id not in shelves:
                continue
            path, shelf = shelves[row.folder_id]
            archive.entries.append(_entry(row, path + shelf.place(row.name)))
            if len(archive.entries) > MOST_FILES:
                raise TooManyFiles()

    def _rows(self, which: Any) -> list[Any]:
        """Those above first: a path begins with the path of the folder above."""
        columns = (Folder.id, Folder.parent_id, Folder.name, Folder.name_key, Folder.path, Folder.created_at)
        seen = visible_folders(self.viewer).where(Folder.client_id == self.client_id, which)
        rows = list(db.session.execute(seen.with_only_columns(*columns)).all())
        if self.paths:
            leading = select(*columns).where(Folder.id.in_(self.paths), which)
            rows += db.session.execute(leading).all()
        return sorted(rows, key=lambda row: row.path)


def _with_keys(files: Any) -> Any:
    """id, folder_id, name, size, object_key, version_id and created_at of each; sizes and times are the version's own,
    as the archive counts them."""
    return db.session.execute(
        files.join(FileVersion, FileVersion.id == File.version_id)
        .with_only_columns(
            File.id,
            File.folder_id,
            File.name,
            FileVersion.size,
            FileVersion.object_key,
            FileVersion.id.label("version_id"),
            FileVersion.created_at,
        )
        .execution_options(yield_per=1000)
    )


@transactional
def note_taken(archive: Archive, *, actor: Any, start: int = 0, stop: int | None = None) -> None:
    """One line in the log for each file of which something is sent: a search for a file must find that it was taken.

    :param start: the first byte that is sent; an archive that is taken up notes what is still to come.
    :param stop: the first byte that is not; None is the end.
    """
    layout = archive.layout
    first = layout.item_at(start)
    last = layout.item_at((layout.size if stop is None else stop) - 1)
    numbers = range(first, min(last + 1, len(layout)))
    ids = [entry.file_id for number in numbers if (entry := archive.entry(number)) is not None]
    for begin in range(0, len(ids), 1000):
        rows = db.session.execute(
            select(File, Folder).join(Folder, Folder.id == File.folder_id).where(File.id.in_(ids[begin : begin + 1000]))
        )
        record_many([line(verbs.FILE_ARCHIVED, actor=actor, file=file, folder=folder) for file, folder in rows])
