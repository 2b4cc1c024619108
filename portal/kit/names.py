"""Names as people type them: what is accepted, how two are compared, how one is found."""

from __future__ import annotations

import re
import unicodedata

from flask_babel import lazy_gettext as _l

from portal.kit.errors import Refused

NAME_BYTES = 255

# Characters that reorder or hide text (Unicode bidirectional controls, UAX #9, and invisible ones): "gpj.exe" can be
# made to look like "exe.jpg".
_DECEIVING = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
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
    name = _BLANKS.sub(" ", unicodedata.normalize("NFC", raw).strip()) if not _CONTROL.search(raw.strip()) else raw
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
    if any(unicodedata.category(character) == "Cs" for character in name):
        raise BadName(_l("The name holds characters that are not valid text."), field=field)
    if len(name.encode()) > NAME_BYTES:
        raise BadName(_l("The name is too long: 255 bytes at most (about 250 letters)."), field=field)
    if path_safe and ("/" in name or "\\" in name or name in (".", "..")):
        raise BadName(_l("A name cannot hold “/” or “\\”, nor be “.” or “..”."), field=field)
    return name


def name_key(name: str) -> str:
    """Two names with the same key are the same name: case and Unicode form do not count, accents do."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def search_key(text: str) -> str:
    """What is searched and sorted by: neither case nor accents count, blanks are single."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("æ", "ae"))
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return _BLANKS.sub(" ", bare.replace("\x00", "")).strip()


def extension(name: str) -> str:
    """The file format as its name says it: lower case, without the dot, at most 16 characters, or empty."""
    stem, dot, ending = name.rpartition(".")
    return ending.lower() if dot and stem and 0 < len(ending) <= 16 else ""
