"""Pages by keyset: page n costs what page 1 costs, and a row that is added meanwhile shifts nothing."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlakeyset import InvalidPage, select_page, serialize_bookmark, unserialize_bookmark
from sqlalchemy import Select

from portal.kit.db import db

T = TypeVar("T")

# What a forged place raises. Bookmarks are lines of CSV inside.
_FORGED = (InvalidPage, ValueError, TypeError, KeyError, csv.Error, StopIteration)


@dataclass(frozen=True)
class Page(Generic[T]):
    """Rows of one page; ``next_place`` is what the next request passes as ``place``, or None at the end."""

    items: list[T]
    next_place: str | None


def page_of(select: Select[Any], *, size: int, place: str | None = None) -> Page[Any]:
    """One page of a select.

    :param select: ordered, with a unique last column; nullable columns must be coalesced.
    :param size: rows per page.
    :param place: where the page before ended, as it gave it; a forged or stale one gives the first page.
    """
    try:
        marker = unserialize_bookmark(place) if place else None
        found = select_page(db.session(), select, per_page=size, page=marker)
    except _FORGED:
        found = select_page(db.session(), select, per_page=size)
    single = len(select.column_descriptions) == 1
    rows = [row[0] if single else row for row in found]
    return Page(rows, found.paging.bookmark_next if found.paging.has_next else None)


def place_at(values: Sequence[Any]) -> str:
    """A place made of the last row's values, for lists that are not paged by :func:`page_of`."""
    return serialize_bookmark((tuple(values), False))


def values_at(place: str | None) -> tuple[Any, ...] | None:
    """The values of :func:`place_at`; None for no place or a forged one. Their types are the caller's to check."""
    try:
        found = unserialize_bookmark(place).place if place else None
    except _FORGED:
        return None
    return found if isinstance(found, tuple) else None
