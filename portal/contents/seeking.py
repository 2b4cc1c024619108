"""The newest files that hold some words, at about the same cost whether the words are rare or in half of all files.

Rare words are looked up in their index, whoever asks, and the reader's rights narrow what was found. For common words
the index would hand over hundreds of thousands of rows; there the newest files are walked through until a page is full.
A walk that does not fill its page (two common words that never stand together; words that stand only where the reader
sees nothing) ends after a stretch, and what is left is looked up after all. Every file that is returned was narrowed by
the select of the caller, which asks for the rights; what is counted or estimated here never leaves this module.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, any_, literal, select, text

from portal.files.models import File
from portal.kit.db import db

# Words that find no more than this are handed to the last step one by one: the planner then knows how many they are.
FEW = 3000
# What the planner expects to find more often than this, or in more than this share of one client's files, is walked for
# at once. Of words that its statistics do not name it expects up to a fiftieth of all files.
MANY, SHARE = 30_000, 0.03
# So many files that hold the words are taken from a walk at first; not all of them are the reader's to see.
AT_ONCE = 200
# A reader's clients are named one by one up to this number; of more of them each file's folder is asked.
FEW_CLIENTS = 100


@dataclass(frozen=True)
class Reach:
    """The clients in question: ``ids`` where they are few, None for many or all.

    ``only_of`` is a reader who sees nothing there but what they uploaded themselves.
    """

    ids: list[uuid.UUID] | None = None
    only_of: uuid.UUID | None = None

    @property
    def is_wide(self) -> bool:
        """More clients than one would name."""
        return self.ids is None

    def on(self, client_id: Any) -> list[ColumnElement[bool]]:
        """The condition on a column with the client."""
        ids = self.ids or []
        return [client_id == ids[0]] if len(ids) == 1 else [client_id == any_(_array(ids))]


@dataclass(frozen=True)
class Words:
    """Where the words are: ``key`` is the file's id in that table, ``holds`` the condition on it.

    ``stretch`` is how many rows are walked through before they are looked up instead. An index leads from the newest of
    all to the oldest, and another one from the newest of one client.
    """

    key: Any
    client_id: Any
    holds: ColumnElement[bool]
    stretch: int


def newest(selected: Select[Any], words: Words, reach: Reach, *, before: uuid.UUID | None, size: int) -> list[File]:
    """At most ``size`` files of ``selected`` that hold the words, newest first.

    :param selected: files as far as the reader sees them, with the table of ``words`` joined.
    :param before: only files older than this one.
    """
    if reach.only_of is not None:
        own = File.uploaded_by_id == reach.only_of
        return _of(selected.where(own, words.holds, *_older(words, before)), size)
    hits = select(words.key).where(words.holds, *_narrow(words, reach), *_older(words, before))
    # Through a few clients nobody walks: the newest of all files are those of others.
    is_walkable = reach.is_wide or len(reach.ids or ()) == 1
    if not is_walkable or _expected(hits) < _many(words, reach):
        # Asked without an order: a planner that takes a rare word for a common one would walk through all files.
        ids = list(db.session.scalars(hits.limit(FEW + 1)))
        if len(ids) <= FEW:
            return _of(selected.where(File.id == any_(_array(ids))), size) if ids else []
        if not is_walkable:
            return _all_looked_up(selected, hits, size)
    found, before = _walked(selected, words, reach, before, size)
    if before is None:
        return found
    with _by_index():
        return found + _all_looked_up(selected, hits.where(*_older(words, before)), size - len(found))


def _walked(
    selected: Select[Any], words: Words, reach: Reach, before: uuid.UUID | None, size: int
) -> tuple[list[File], uuid.UUID | None]:
    """(what the newest files hold, where to go on; None when the page is full or all has been seen).

    The words are looked for first and the rights asked of what holds them: asked for both at once, the planner likes to
    read a whole stretch. As long as something is found, the next look is longer; the first that finds nothing for this
    reader ends the walk.
    """
    found: list[File] = []
    length, most = words.stretch, AT_ONCE
    while True:
        narrow = [*_narrow(words, reach), *_older(words, before)]
        stretch = select(words.key).where(*narrow).order_by(words.key.desc())
        end = db.session.scalar(stretch.offset(length).limit(1))
        within = stretch.where(words.holds, *([words.key >= end] if end is not None else []))
        ids = list(db.session.scalars(within.limit(most)))
        more = _of(selected.where(File.id == any_(_array(ids))), size - len(found)) if ids else []
        found += more
        if len(found) == size:
            return found, None
        # What is left of this stretch comes next, or the next stretch.
        last = ids[-1] if len(ids) == most else end
        if last is None or not more:
            return found, last
        before, length, most = last, length * 4, most * 4


def _all_looked_up(selected: Select[Any], hits: Select[Any], size: int) -> list[File]:
    found = hits.with_only_columns(hits.selected_columns[0].label("id")).cte("hits").prefix_with("MATERIALIZED")
    return _of(selected.where(File.id.in_(select(found.c.id))), size)


def _of(selected: Select[Any], size: int) -> list[File]:
    return list(db.session.scalars(selected.order_by(File.id.desc()).limit(size)))


def _narrow(words: Words, reach: Reach) -> list[ColumnElement[bool]]:
    return reach.on(words.client_id) if reach.ids is not None else []


def _older(words: Words, before: uuid.UUID | None) -> list[ColumnElement[bool]]:
    return [words.key < before] if before is not None else []


def _many(words: Words, reach: Reach) -> float:
    if reach.is_wide:
        return MANY
    return max(FEW, min(MANY, SHARE * _expected(select(words.key).where(*_narrow(words, reach)))))


def _array(ids: list[uuid.UUID]) -> Any:
    return literal(ids, ARRAY(Uuid()))


def _expected(hits: Select[Any]) -> float:
    """How many rows the planner expects, by its statistics of the most common words; nothing is read."""
    asked = hits.compile(db.engine, compile_kwargs={"render_postcompile": True})
    answer = db.session.connection().exec_driver_sql(f"EXPLAIN (FORMAT JSON) {asked}", asked.params).scalar_one()
    plan = json.loads(answer) if isinstance(answer, str) else answer
    return float(plan[0]["Plan"]["Plan Rows"])


@contextmanager
def _by_index() -> Iterator[None]:
    """Words that are common each are taken for common together: the planner would read every text from end to end."""
    db.session.execute(text("SET LOCAL enable_seqscan = off"))
    yield
    db.session.execute(text("SET LOCAL enable_seqscan = on"))
