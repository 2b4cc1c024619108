"""The place in a text that holds the words, with the words marked; accents and case of the text stay as they are."""

from __future__ import annotations

import re
from typing import NamedTuple

from sqlalchemy import Text, func, literal, select

from portal.contents.terms import BEFORE_A_WORD, LANGUAGES, Terms, begins_word, config
from portal.kit.db import db

BEFORE, LENGTH = 60, 240


class Piece(NamedTuple):
    """A piece of text; ``is_hit`` where it is one of the words."""

    text: str
    is_hit: bool


# How letters may stand in the text where they were typed without accents.
_LETTERS = {
    "a": "aàáâãäåā", "c": "cçćč", "e": "eèéêëēėę", "i": "iìíîïī", "n": "nñń", "o": "oòóôõöøō", "u": "uùúûüū",
    "y": "yýÿ", "s": "sśš", "z": "zžźż", "'": "'’",
}  # fmt: skip


def stems_of(terms: Terms) -> list[str]:
    """Beginnings by which the words are recognised in a text: as they were typed, and their stems. One statement."""
    words = terms.all_words
    text = literal(" ".join(words), Text())
    arrays = [func.tsvector_to_array(func.to_tsvector(config(language), text)) for language in LANGUAGES]
    found = {stem for row in db.session.execute(select(*arrays)).one() for stem in row}
    # Words so short that they begin half of all others are marked only where they stand alone.
    return sorted({*words, *(stem for stem in found if len(stem) > 2)}, key=len, reverse=True)


def passage(body: str, stems: list[str]) -> list[Piece]:
    """About 240 characters around the first word; the beginning where none is recognised."""
    first = _pattern(stems).search(body)
    start = max(0, first.start() - BEFORE) if first else 0
    if start:
        start = body.find(" ", start, first.start() if first else None) + 1 or start
    end = start + LENGTH
    if end < len(body):
        end = max(body.rfind(" ", start + LENGTH // 2, end), start + LENGTH // 2)
    pieces = marked(body[start:end], stems)
    return [*([Piece("… ", False)] if start else []), *pieces, *([Piece(" …", False)] if end < len(body) else [])]


def marked(text: str, stems: list[str], *, inside: bool = False) -> list[Piece]:
    """The text in pieces, those with the words marked.

    :param inside: words count inside of longer ones too, as in names; very short ones where a word begins.
    """
    pieces, at = [], 0
    for match in _pattern(stems, inside=inside).finditer(text):
        if match.start() > at:
            pieces.append(Piece(text[at : match.start()], False))
        pieces.append(Piece(match.group(), True))
        at = match.end()
    return [*pieces, Piece(text[at:], False)] if at < len(text) else pieces


def _pattern(stems: list[str], *, inside: bool = False) -> re.Pattern[str]:
    if inside:
        begins = rf"(?:^|(?<=[{re.escape(BEFORE_A_WORD)}]))"
        forms = [(begins if begins_word(stem) else "") + _spelt(stem) for stem in stems]
        return re.compile("|".join(forms) or r"(?!)", re.IGNORECASE)
    forms = [_spelt(stem) + (r"\w*" if len(stem) > 2 else r"(?!\w)") for stem in stems]
    return re.compile(rf"(?<!\w)(?:{'|'.join(forms)})" if forms else r"(?!)", re.IGNORECASE)


def _spelt(stem: str) -> str:
    spelt = "".join(f"[{_LETTERS[letter]}]" if letter in _LETTERS else re.escape(letter) for letter in stem)
    return spelt.replace("[oòóôõöøō][eèéêëēėę]", "(?:[oòóôõöøō][eèéêëēėę]|œ)").replace(
        "[aàáâãäåā][eèéêëēėę]", "(?:[aàáâãäåā][eèéêëēėę]|æ)"
    )
