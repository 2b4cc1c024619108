"""Names as people type them: what is accepted, how two are compared, how one is found."""

from __future__ import annotations

import re
import unicodedata

from flask_babel import lazy_gettext as _l

from portal.kit.errors import Refused
from portal.kit.normal import normal

NAME_BYTES = 255

# Characters that reorder or hide text (Unicode bidirectional controls, UAX #9, and invisible ones): "gpj.exe" can be
# made to look like "exe.jpg".
_DECEIVING = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# Halves of pairs (UTF-16) and noncharacters (Unicode, chapter 23.7): no text, and neither HTML nor XML can hold them.
_NO_TEXT = re.compile(
    "[\ud800-\udfff\ufdd0-\ufdef"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    + "]"
)
_BLANKS = re.compile(r"\s+")


class BadName(Refused):
    """The name cannot be used; the sentence says which rule it breaks."""

    field = "name"


def clean_name(raw: str, *, field: str = "name", path_safe: bool = True) -> str:
    """The name as it is stored: NFC, without blanks at the ends, runs of blanks made one.

    :param raw: what was typed.
    :param field: the form field that the refusal points at.
    :param path_safe: also refuse ``/`` and ``\\`` and the names ``.`` and ``..`` (folders and files).
    :raises BadName: empty, longer than 255 bytes in UTF-8, or holding characters that control or deceive.
    """
    name = _BLANKS.sub(" ", normal(raw).strip()) if not _CONTROL.search(raw.strip()) else raw
    if not name:
        raise BadName(_l("Give it a name."), field=field)
    if _CONTROL.search(name):
        raise BadName(
            _l("The name holds a control character that cannot be shown. Type it again by hand."), field=field
        )
    if _DECEIVING.search(name):
        raise BadName(
            _l("The name holds hidden characters that change how it reads. Type it again by hand."), field=field
        )
    if _NO_TEXT.search(name):
        raise BadName(_l("The name holds characters that are not valid text."), field=field)
    if len(name.encode()) > NAME_BYTES:
        raise BadName(_l("The name is too long: 255 bytes at most (about 250 letters)."), field=field)
    if path_safe and ("/" in name or "\\" in name or name in (".", "..")):
        raise BadName(_l("A name cannot hold “/” or “\\”, nor be “.” or “..”."), field=field)
    return name


def name_key(name: str) -> str:
    """Two names with the same key are the same name: case and Unicode form do not count, accents do."""
    return normal(normal(name).casefold())


def search_key(text: str) -> str:
    """What is searched and sorted by: neither case nor accents count, blanks are single."""
    decomposed = normal(text.casefold().replace("œ", "oe").replace("æ", "ae"), "NFKD")
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return _BLANKS.sub(" ", bare.replace("\x00", "")).strip()


def extension(name: str) -> str:
    """The file format as its name says it: lower case, without the dot, at most 16 characters, or empty."""
    stem, dot, ending = name.rpartition(".")
    return ending.lower() if dot and stem and 0 < len(ending) <= 16 else ""
