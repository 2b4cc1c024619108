"""Bytes that should be text, and HTML of our own making."""

from __future__ import annotations

import codecs
from html import escape
from pathlib import Path

# As much of a text is shown.
SHOWN_BYTES = 256 * 1024
READ_BYTES = 1024 * 1024
# Put into documents where a word in the reader's language belongs; nothing of a file can look like it, because
# comments are taken out of what is not ours.
CUT = "<!--said:cut-->"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DROPPED = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127, 0xFEFF, 0xFFFE, 0xFFFF])


def read_text(source: Path, most: int = READ_BYTES) -> tuple[str, bool]:
    """(the beginning of a text, is there more of it)."""
    with source.open("rb") as file:
        data = file.read(most + 1)
    return decoded(data[:most]), len(data) > most


def decoded(data: bytes) -> str:
    """Text in whatever it was written in: by its mark, else UTF-8, else UTF-16 by its zeros, else Windows-1252."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _clean(data[len(mark) :].decode(encoding, "replace"))
    try:
        # A character that the end cuts in two is no reason to read it all in another way.
        text = codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        text = None
    if text is not None and "\x00" not in text:
        return _clean(text)
    even, odd = data[0::2].count(0), data[1::2].count(0)
    if max(even, odd) > len(data) / 8:
        return _clean(data.decode("utf-16-le" if odd > even else "utf-16-be", "replace"))
    return _clean(text if text is not None else data.decode("cp1252", "replace"))


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_DROPPED)


def preformatted(text: str, *, cut: bool = False) -> str:
    """Text as it stands, line for line."""
    return f"<pre>{escape(text)}</pre>{CUT if cut else ''}"
