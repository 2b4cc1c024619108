"""What may be uploaded: names, sizes, formats, and how a large file is cut into parts."""

from __future__ import annotations

import mimetypes
import uuid

from flask import current_app
from flask_babel import lazy_gettext as _l

from portal.files.quota import room_left
from portal.kit.errors import Refused
from portal.kit.i18n import filesize
from portal.kit.names import clean_name

MEBIBYTE = 1024 * 1024
# Up to this size one PUT is quicker than parts, and is simply sent again when the line breaks.
SINGLE_BYTES = 16 * MEBIBYTE
PART_BYTES = 8 * MEBIBYTE
# S3 allows 10,000 parts; far fewer keep the list of parts one page long.
MOST_PARTS = 900

# Formats that a computer runs when they are opened. A portal exchanges documents: what carries programs is refused.
_PROGRAMS = """
    ade adp apk app appx appxbundle bat chm cmd com cpl dll drv exe gadget hta ins isp jar js jse lnk mde msc msi
    msix msp mst ocx pif ps1 ps1xml ps2 psc1 psd1 psm1 reg scf scr sct sh shb shs sys url vb vbe vbs vxd ws wsc wsf
    wsh xll
"""
PROGRAMS = frozenset(_PROGRAMS.split())


class TooLarge(Refused):
    """The file is larger than the firm allows."""

    sentence = _l("“%(name)s” is too large: a file may have %(limit)s at most.")
    field = "size"
    status = 413


class QuotaExceeded(Refused):
    """The client's space has no room left for this file."""

    sentence = _l("There is no room left for “%(name)s”: %(left)s of this space are free. Please contact the firm.")
    field = "size"


class FormatRefused(Refused):
    """Programs are not accepted."""

    sentence = _l(
        "Files of the format “.%(ext)s” are not accepted, because they can run programs. Put it into a ZIP archive."
    )
    field = "name"


class BadSize(Refused):
    """The size is no size."""

    sentence = _l("The size of the file could not be read. Please choose it again.")
    field = "size"


def accepted_name(raw: str) -> str:
    """The file's name as it is stored.

    :raises BadName: see :func:`portal.kit.names.clean_name`.
    :raises FormatRefused: its ending is one of programs; dots and blanks after it do not hide it (Windows drops them).
    """
    name = clean_name(raw)
    _, dot, ending = name.rstrip(". ").rpartition(".")
    if dot and ending.lower() in PROGRAMS:
        raise FormatRefused(ext=ending.lower())
    return name


def accepted_size(size: object, *, name: str) -> int:
    """The size in bytes; an empty file is a file.

    :raises BadSize: not a whole number of bytes.
    :raises TooLarge: more than the firm allows.
    """
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise BadSize()
    limit = current_app.config["SETTINGS"].max_file_bytes
    if size > limit:
        raise TooLarge(name=name, limit=filesize(limit))
    return size


def check_quota(client_id: uuid.UUID, size: int, *, name: str) -> None:
    """Is there room for ``size`` more bytes in this client's space?

    :raises QuotaExceeded: no.
    """
    fit(size, room_left(client_id, wanted=size), name=name)


def fit(size: int, left: int, *, name: str) -> None:
    """Refuse ``size`` bytes where only ``left`` are free.

    :raises QuotaExceeded: it does not fit.
    """
    if size > left:
        raise QuotaExceeded(name=name, left=filesize(max(left, 0)))


def content_type_of(name: str) -> str:
    """The content type that the name says. The browser's word is not taken: it may say anything."""
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def part_bytes(size: int) -> int:
    """How large the parts of a file of ``size`` bytes are; 0 when it travels in one piece."""
    if size <= SINGLE_BYTES:
        return 0
    wanted = -(-size // MOST_PARTS)
    return max(PART_BYTES, -(-wanted // MEBIBYTE) * MEBIBYTE)


def part_count(size: int, part: int) -> int:
    """How many parts of ``part`` bytes (the last may be shorter)."""
    return -(-size // part) if part else 1


def size_of_part(size: int, part: int, number: int) -> int:
    """Bytes of part ``number`` (1, 2, ...)."""
    return min(part, size - (number - 1) * part) if part else size
