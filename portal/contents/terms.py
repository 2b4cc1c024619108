"""What somebody typed into the search field, and the query that PostgreSQL understands. Nothing typed can break it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, func, literal, literal_column

from portal.contents.words import folded

MOST_TYPED = 200
MOST_TERMS = 12
LANGUAGES = ("french", "english", "italian")
# One or two letters stand inside of nearly every name: there they are the beginning of a word. Not so in scripts in
# which a sign is a word.
_SHORT = re.compile(r"[a-z]{1,2}")
# What stands before a word in a name, but its beginning.
BEFORE_A_WORD = " -_.,;&+@#°(['’«"
_PART = re.compile(r'(-?)(?:"([^"]*)"?|(\S+))')


@dataclass(frozen=True)
class Terms:
    """Words and phrases, folded. The last word may be the beginning of one: people look while they type.

    ``without`` must not occur in the text.
    """

    words: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    is_open: bool = False

    @property
    def is_empty(self) -> bool:
        """Nothing to look for; what must not occur alone is no question."""
        return not self.words and not self.phrases

    @property
    def all_words(self) -> list[str]:
        """The words that should occur, those of phrases too."""
        return [*self.words, *(word for phrase in self.phrases for word in phrase.split())]


def parse(typed: str) -> Terms:
    """Words, "phrases in quotes" and -exclusions, twelve at most; punctuation counts as a blank."""
    typed = typed[:MOST_TYPED]
    words: list[str] = []
    phrases: list[str] = []
    without: list[str] = []
    for minus, phrase, word in _PART.findall(typed):
        found = folded(phrase or word)
        if not found:
            continue
        if minus:
            without.append(found)
        elif phrase and " " in found:
            phrases.append(found)
        else:
            words += found.split()
    is_open = bool(words) and typed[-1:].isalnum() and folded(typed).endswith(words[-1])
    return Terms(tuple(words[:MOST_TERMS]), tuple(phrases[:MOST_TERMS]), tuple(without[:MOST_TERMS]), is_open)


def begins_word(word: str) -> bool:
    """Whether this (folded) word is looked for in names only where a word begins, so few letters it has."""
    return _SHORT.fullmatch(word) is not None


def text_query(terms: Terms) -> Any:
    """The terms as a ``tsquery`` for the vectors of :func:`~portal.contents.commands.keeping.word_vector`."""
    found: list[Any] = []
    for number, word in enumerate(terms.words):
        query = _as_written_or_stemmed(word)
        if terms.is_open and number == len(terms.words) - 1:
            query = query.op("||")(func.to_tsquery(config("simple"), _text(f"'{word}':*")))
        found.append(query)
    found += [func.phraseto_tsquery(config("simple"), _text(phrase)) for phrase in terms.phrases]
    found += [func.tsquery_not(func.phraseto_tsquery(config("simple"), _text(each))) for each in terms.without]
    whole = found[0]
    for query in found[1:]:
        whole = whole.op("&&")(query)
    return whole


def _as_written_or_stemmed(word: str) -> Any:
    query: Any = func.plainto_tsquery(config("simple"), _text(word))
    for language in LANGUAGES:
        query = query.op("||")(func.plainto_tsquery(config(language), _text(word)))
    return query


def config(name: str) -> Any:
    """A text search configuration, by its name."""
    # Written out: with a name that is only cast when it runs, the planner could not tell a rare word from a common one.
    return literal_column(f"'{name}'::regconfig")


def _text(value: str) -> Any:
    return literal(value, Text())
