"""The bytes of an archive, made while they are sent: from any of them on, and every content asked for again."""

from __future__ import annotations

import time
import uuid
import zlib
from array import array
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

from portal.files.checksums import computed, remember, remembered
from portal.files.commands.read_ahead import SMALL_BYTES, ReadAhead
from portal.files.commands.still_allowed import StillAllowed
from portal.kit import storage

if TYPE_CHECKING:
    from portal.files.commands.archives import Archive, Entry

# A right that was taken away ends an archive in progress after this long at the latest, in seconds.
ASK_AGAIN = 2.0
# Small files are asked for and sent together, so many at most.
_MOST_TOGETHER = 200
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
    """The archive's bytes from ``start`` up to ``stop``, a few chunks of 1 MiB in memory at most.

    :param person_id: who downloads; their right to each file is asked of the database when its turn comes (small ones
        are sent in one piece of 1 MiB, and asked for together), and every two seconds inside a long one.
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
        self.is_allowed = StillAllowed(person_id, session_id)
        self.crcs = array("Q", [_UNKNOWN]) * len(archive.layout)
        self.new: dict[str, int] = {}
        self.ahead: ReadAhead

    def from_item(self, first: int, *, skip: int) -> Generator[Any, None, None]:
        """From an item on, those before byte ``skip`` unread where that can be."""
        # The first may be wanted from its middle on; those after it are read from their beginning.
        entries = map(self.archive.entry, range(first + 1, len(self.layout)))
        wanted = ((entry.object_key, entry.size) for entry in entries if entry is not None)
        self.ahead = ReadAhead(wanted, storage.fetcher())
        try:
            yield from self._contents(first, skip)
        finally:
            self.ahead.close()
        self._bunch(last=True)
        for number in range(len(self.layout)):
            yield self.layout.listed(number, self._crc(number))
        yield self.layout.end()

    def _contents(self, first: int, skip: int) -> Iterator[Any]:
        number = first
        while number < len(self.layout):
            stop = self._together(number) if number > first else number
            if stop > number:
                yield self._small(range(number, stop))
                number = stop
                continue
            header = self.layout.header(number)
            yield header
            entry = self.archive.entry(number)
            if entry is not None:
                begin = self.layout.starts[number] + len(header)
                yield from self._content(number, entry, min(max(skip - begin, 0), entry.size))
                yield self.layout.descriptor(number, self.crcs[number])
            number += 1

    def _together(self, first: int) -> int:
        """Behind the last of the small items that are sent as one piece with this one; ``first`` where it is large."""
        size, stop = 0, min(first + _MOST_TOGETHER, len(self.layout))
        for number in range(first, stop):
            size += self.layout.items[number].size
            if size > SMALL_BYTES:
                return number
        return stop

    def _small(self, numbers: range) -> bytes:
        """Small items whole. Their contents are at hand before the right is asked for: then nothing is waited for."""
        entries = {number: entry for number in numbers if (entry := self.archive.entry(number)) is not None}
        held = {number: self.ahead.take(entry.object_key) for number, entry in entries.items() if entry.size}
        self._ask(*entries.values())
        pieces = []
        for number in numbers:
            pieces.append(self.layout.header(number))
            if number in entries:
                data = held.get(number, b"")
                self._sent(number, entries[number], zlib.crc32(data), len(data))
                pieces += [data, self.layout.descriptor(number, self.crcs[number])]
        return b"".join(pieces)

    def _content(self, number: int, entry: Entry, skip: int) -> Iterator[Any]:
        """A large one in chunks, or one of which the beginning is not wanted."""
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
        self._sent(number, entry, crc if known is None else known, length)

    def _sent(self, number: int, entry: Entry, crc: int, length: int) -> None:
        if length != entry.size:
            raise ContentChanged(entry.object_key)
        self.crcs[number] = self.new[entry.object_key] = crc
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

    def _ask(self, *entries: Entry) -> None:
        ids = [entry.file_id for entry in entries]
        if ids and not self.is_allowed(ids):
            raise RightsEnded(str(ids[0]))
