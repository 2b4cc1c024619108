"""Where every byte of a ZIP stands that holds its files as they are: known before a single one of them is read.

What stands between the contents is written by zipstream-ng's entries; which of it goes where is decided here, so that
an archive that was cut can be taken up at any byte. (PKWARE APPNOTE 6.3.10; sizes and checksums follow each content,
4.3.9, and ZIP64 records stand where 32 or 16 bits do not suffice, 4.3.14.)
"""

from __future__ import annotations

import importlib
import struct
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from zipstream import ZipStreamInfo

# The standard library's own records, which its stubs leave out.
zipfile: Any = importlib.import_module("zipfile")

Moment = tuple[int, int, int, int, int, int]

_SIZES_FOLLOW = 1 << 3
_IS_FOLDER = 1 << 4
_EARLIEST: Moment = (1980, 1, 1, 0, 0, 0)
_LATEST: Moment = (2107, 12, 31, 23, 59, 58)
# So that a size estimated by the library's own rule (5 % above) is never beyond what 32 bits hold.
_NEEDS_64 = int(zipfile.ZIP64_LIMIT / 1.05)
_MOST = 0xFFFF


@dataclass(frozen=True, slots=True)
class Item:
    """One entry: its path inside (a folder's ends with a slash), its size in bytes, its local date and time."""

    path: str
    size: int
    at: Moment

    @property
    def is_folder(self) -> bool:
        """It has no content."""
        return self.path.endswith("/")


class Layout:
    """An archive of these items, in this order. ``size`` is its length in bytes."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items
        # Where each item begins; ``directory`` is where the list of all begins, behind the last content.
        self.starts = array("Q")
        place = listed = 0
        for item in items:
            info = _info(item, 0)
            self.starts.append(place)
            info.header_offset = place
            place += len(_header(info, item))
            listed += len(info._central_directory_header_data())
            if not item.is_folder:
                place += item.size + len(info.DataDescriptor(item.size > _NEEDS_64))
        self.directory = place
        self._listed = listed
        self.size = place + listed + len(self.end())

    def __len__(self) -> int:
        """How many items there are."""
        return len(self.items)

    def item_at(self, place: int) -> int:
        """The number of the item that byte ``place`` belongs to; the number of items where it stands behind them."""
        return len(self.items) if place >= self.directory else bisect_right(self.starts, place) - 1

    def header(self, number: int) -> bytes:
        """What stands before a content."""
        item = self.items[number]
        return _header(_info(item, 0), item)

    def descriptor(self, number: int, crc: int) -> bytes:
        """What stands behind a content; nothing for a folder.

        :param crc: the CRC-32 of the content.
        """
        item = self.items[number]
        return b"" if item.is_folder else _bytes(_info(item, crc).DataDescriptor(item.size > _NEEDS_64))

    def listed(self, number: int, crc: int) -> bytes:
        """The item's line in the directory at the end."""
        info = _info(self.items[number], crc)
        info.header_offset = self.starts[number]
        _header(info, self.items[number])  # this sets which version of the format a reader needs
        return _bytes(info._central_directory_header_data())

    def end(self) -> bytes:
        """What stands behind the directory: how many items, where it begins, how long it is."""
        count, length, begin = len(self.items), self._listed, self.directory
        last: list[int] = [min(count, _MOST), min(length, 0xFFFFFFFF), min(begin, 0xFFFFFFFF)]
        short = struct.pack(
            zipfile.structEndArchive, zipfile.stringEndArchive, 0, 0, last[0], last[0], last[1], last[2], 0
        )
        if count < _MOST and max(length, begin) <= zipfile.ZIP64_LIMIT:
            return short
        version = zipfile.ZIP64_VERSION
        long = struct.pack(
            zipfile.structEndArchive64, zipfile.stringEndArchive64, 44, version, version, 0, 0, count, count, length,
            begin,
        )  # fmt: skip
        where = struct.pack(zipfile.structEndArchive64Locator, zipfile.stringEndArchive64Locator, 0, begin + length, 1)
        return long + where + short


def _info(item: Item, crc: int) -> Any:
    info = ZipStreamInfo(item.path, min(max(item.at, _EARLIEST), _LATEST))
    info.file_size = info.compress_size = 0 if item.is_folder else item.size
    info.CRC = crc
    info.external_attr = (0o40775 << 16) | _IS_FOLDER if item.is_folder else 0o600 << 16
    info.flag_bits |= 0 if item.is_folder else _SIZES_FOLLOW
    return info


def _header(info: Any, item: Item) -> bytes:
    return _bytes(info.FileHeader(item.size > _NEEDS_64 and not item.is_folder))


def _bytes(made: Any) -> bytes:
    return bytes(made)
