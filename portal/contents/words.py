"""Words as they are searched: without case, without accents."""

from __future__ import annotations

import re

from portal.contents.maker.made import MOST_WORDS
from portal.kit.names import search_key
from portal.kit.normal import normal

_BLANKS = re.compile(r"\s+")
# PostgreSQL's parser takes "12/2024" and "a.b" for one token each (a path, a host): who types a part would not find it.
_JOINTS = re.compile(r"[^\w\s]+")


def body_of(words: str) -> str:
    """A text as it is kept for showing passages: composed characters, single blanks, at most 200,000 characters."""
    return _BLANKS.sub(" ", normal(words.replace("\x00", " "))).strip()[:MOST_WORDS]


def folded(text: str) -> str:
    """A text as its words are compared: neither case nor accents count, all but letters and digits parts words."""
    return _BLANKS.sub(" ", _JOINTS.sub(" ", search_key(text)).replace("_", " ")).strip()
