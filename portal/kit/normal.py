"""Unicode's normal forms in bounded time.

The usual function sorts the marks of a letter one by one, which takes the square of their number: a megabyte of accents
on one letter would hold a process for an hour. The standard has an answer for that: text in which a run of marks is
broken after 30 (UAX #15, 13, "Stream-Safe Text Format").
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

_MOST_MARKS = 30
# Shorter texts are done in less than a hundredth of a second, whatever they hold.
_SHORT = 1000
# No mark stands before U+0300, so a long run of other characters has to be there.
_SUSPICIOUS = re.compile("[^\x00-\u02ff]{31,}")
_JOINER = "\u034f"


def normal(text: str, form: Literal["NFC", "NFKC", "NFKD"] = "NFC") -> str:
    """The text in a normal form, in time that grows as it does."""
    if len(text) > _SHORT:
        text = _SUSPICIOUS.sub(_broken, text)
    return unicodedata.normalize(form, text)


def _broken(run: re.Match[str]) -> str:
    """The same characters, with the joiner that the standard names after every 30 marks in a row."""
    pieces, marks = [], 0
    for character in run[0]:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > _MOST_MARKS:
            pieces.append(_JOINER)
            marks = 1
        pieces.append(character)
    return "".join(pieces)
