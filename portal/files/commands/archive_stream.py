"""The bytes of an archive, made while they are sent: from any of them on, and every content asked for again."""

from __future__ import annotations

import time
import uuid
import zlib
from array import array
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from portal.accounts.presence import viewer_still_signed_in
from portal.files.checksums import computed, remember, remembered
from portal.files.models import File
from portal.files.queries import openable_files
from portal.kit import storage
from portal.kit.db import db

if TYPE_CHECKING:
    from portal.files.commands.archives import Archive, Entry

# A right that was taken away ends an archive in progress after this long at the latest, in seconds.
ASK_AGAIN = 2.0
# Checksums are remembered in bunches of so many files.
_BUNCH = 200
_UNKNOWN = 1 << 32


class RightsEnded(Exception):
    """The person lost the right to a file while the archive was being sent: it ends here, broken off."""


class ContentChanged(Exception):
    """The store holds another number of bytes than the database says: the archive ends here, broken off."""


def stream(
    archive: Archive, *, person_id: uuid.UUID, session_id: uuid.UUID, start: int = 0, stop: int | None = None
) -> Iterator[bytes]:
    """The archive's bytes from ``start`` up to ``stop``, at most one chunk (1 MiB) in memory.

    :param person_id: who downloads; their right to each file is asked of the database when its turn comes, and every
        two seconds inside a long one.
    :param session_id: their signed-in session, which must still be open.
    :param start: the first byte that is wanted; whatever it is, the bytes are those of the same whole.
    :param stop: the first byte that is not; None sends all.
    :raises RightsEnded: a right is gone; the connection is cut, so that no client takes the archive for whole.
    :raises ContentChanged: a content is not as long as it was.
    """
    layout = archive.layout
    end = layout.size if stop is None else min(stop, layout.size)
    first = layout.item_at(start)
    place = layout.starts[first] if first < len(layout) else layout.directory
    pieces = _Pieces(archive, person_id, session_id).from_item(first, skip=start)
    for piece in pieces:
        if isinstance(piece, int):
            place += piece
            continue
        wanted = piece[max(start - place, 0) : max(end - place, 0)]
        place += len(piece)
        if wanted:
            yield wanted
        if place >= end:
            pieces.close()
            return


class _Pieces:
    """All pieces of an archive in order; a number stands for so many bytes that nobody wants and nobody reads."""

    def __init__(self, archive: Archive, person_id: uuid.UUID, session_id: uuid.UUID) -> None:
        self.archive, self.layout = archive, archive.layout
        self.person_id, self.session_id = person_id, session_id
        self.crcs = array("Q", [_UNKNOWN]) * len(archive.layout)
        self.new: dict[str, int] = {}

    def from_item(self, first: int, *, skip: int) -> Generator[Any, None, None]:
        """From an item on, those before byte ``skip`` unread where that can be."""
        for number in range(first, len(self.layout)):
            header = self.layout.header(number)
            yield header
            entry = self.archive.entry(number)
            if entry is not None:
                begin = self.layout.starts[number] + len(header)
                yield from self._content(number, entry, min(max(skip - begin, 0), entry.size))
                yield self.layout.descriptor(number, self.crcs[number])
        self._bunch(last=True)
        for number in range(len(self.layout)):
            yield self.layout.listed(number, self._crc(number))
        yield self.layout.end()

    def _content(self, number: int, entry: Entry, skip: int) -> Iterator[Any]:
        self._ask(entry)
        asked = time.monotonic()
        known = remembered([entry.object_key]).get(entry.object_key) if skip else None
        begin = skip if known is not None else 0
        crc, length = 0, begin
        if begin:
            yield begin
        if begin < entry.size:
            for chunk in storage.read(entry.object_key, start=begin):
                if time.monotonic() - asked > ASK_AGAIN:
                    self._ask(entry)
                    asked = time.monotonic()
                crc, length = zlib.crc32(chunk, crc), length + len(chunk)
                if length > entry.size:
                    break
                yield chunk
        if length != entry.size:
            raise ContentChanged(entry.object_key)
        self.crcs[number] = crc if known is None else known
        self.new[entry.object_key] = self.crcs[number]
        self._bunch()

    def _crc(self, number: int) -> int:
        """Of a content that was sent before this archive was taken up: remembered, or read again."""
        if self.crcs[number] == _UNKNOWN:
            some = range(number, min(number + 1000, len(self.layout)))
            keys = {other: entry.object_key for other in some if (entry := self.archive.entry(other)) is not None}
            found = remembered(keys.values())
            for other in some:
                if self.crcs[other] == _UNKNOWN:
                    self.crcs[other] = found.get(keys[other], _UNKNOWN) if other in keys else 0
        if self.crcs[number] == _UNKNOWN:
            entry = self.archive.entry(number)
            self.crcs[number] = computed(entry.object_key) if entry is not None else 0
        return self.crcs[number]

    def _bunch(self, *, last: bool = False) -> None:
        if self.new and (last or len(self.new) >= _BUNCH):
            remember(self.new)
            self.new = {}

    def _ask(self, entry: Entry) -> None:
        """A session of its own, closed at once: an archive of hours holds no connection and sees no old state."""
        with Session(db.engine) as asking:
            viewer = viewer_still_signed_in(asking, self.person_id, self.session_id)
            seen = (
                viewer is not None
                and asking.execute(
                    openable_files(viewer).where(File.id == entry.file_id).with_only_columns(File.id)
                ).first()
            )
        if not seen:
            raise RightsEnded(str(entry.file_id))
