"""The orders of a folder's page: the firm's own, by name, by date, by size, by type, each also the other way round.

Every order ends with the name and the id, so that there are no ties and a page can go on where the one before ended.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, DateTime, String, Uuid, and_, bindparam, or_, tuple_

from portal.accounts.models import Person
from portal.accounts.viewer import Viewer
from portal.files.models import File, Folder
from portal.kit.db import db
from portal.kit.paging import place_at, values_at

# As the database and the place in an address hold them. An integer is bound as the widest, so that a forged one fits.
_TYPES: dict[type, Any] = {
    int: BigInteger(),
    str: String(),
    uuid.UUID: Uuid(),
    datetime: DateTime(timezone=True),
}
_MOST_INT = 2**63 - 1


@dataclass(frozen=True)
class Order:
    """Columns to order by, the last ones name and id. ``falls`` says of each whether the largest comes first."""

    columns: tuple[Any, ...]
    kinds: tuple[type, ...]
    falls: tuple[bool, ...]

    def clauses(self, columns: Sequence[Any] | None = None, *, backwards: bool = False) -> list[ColumnElement[Any]]:
        """What ORDER BY takes.

        :param columns: the same columns as a subquery names them; those of the table when left out.
        """
        chosen = self.columns if columns is None else columns
        return [
            column.desc() if falls != backwards else column.asc()
            for column, falls in zip(chosen, self.falls, strict=True)
        ]

    def beyond(self, values: Sequence[Any], *, backwards: bool = False) -> ColumnElement[bool]:
        """The condition on rows that come after one with these values (before it: ``backwards``)."""
        falls = [one != backwards for one in self.falls]
        if len(set(falls)) == 1:
            # One comparison of rows, which an index answers.
            mine, theirs = tuple_(*self.columns), tuple_(*values)
            return mine < theirs if falls[0] else mine > theirs
        first, rest = self.columns[0], tuple_(*self.columns[1:])
        after = first < values[0] if falls[0] else first > values[0]
        on = rest < tuple_(*values[1:]) if falls[1] else rest > tuple_(*values[1:])
        return or_(after, and_(first == values[0], on))

    def parameters(self) -> list[Any]:
        """Parameters for a row's values: ``last_0`` and so on."""
        return [bindparam(f"last_{number}", type_=_TYPES[kind]) for number, kind in enumerate(self.kinds)]

    def values_of(self, row: Any) -> tuple[Any, ...]:
        """What :meth:`beyond` takes, of a row that has these columns."""
        return tuple(getattr(row, column.key) for column in self.columns)


@dataclass(frozen=True)
class Sort:
    """How somebody wants a folder's entries: ``key`` is empty for the firm's order, or name, date, size or type."""

    key: str = ""
    falling: bool = False

    @classmethod
    def named(cls, text: str | None) -> Sort:
        """From what an account or an address says, such as "-date"; anything unknown is the firm's order."""
        falling, key = (text or "").startswith("-"), (text or "").removeprefix("-")
        return cls(key, falling) if key in _FILES and key else cls()

    @property
    def name(self) -> str:
        """What :meth:`named` takes."""
        return f"-{self.key}" if self.falling else self.key

    @property
    def of_files(self) -> Order:
        """The order of files."""
        return _order(_FILES[self.key], File, self.falling)

    @property
    def of_folders(self) -> Order:
        """The order of sub-folders, which have neither size nor type: by name then."""
        columns = _FOLDERS[self.key]
        falling = self.falling and self.key in ("name", "date")
        return _order(columns, Folder, falling)


_FIRM: dict[str, type] = {"position": int}
_FILES: dict[str, dict[str, type]] = {
    "": _FIRM,
    "name": {},
    "date": {"uploaded_at": datetime},
    "size": {"size": int},
    "type": {"ext": str},
}
_FOLDERS: dict[str, dict[str, type]] = {"": _FIRM, "name": {}, "date": {"created_at": datetime}, "size": {}, "type": {}}
_ENDS: dict[str, type] = {"name_key": str, "id": uuid.UUID}
# Every key there is, as an address and an account hold it.
SORTS = tuple(sign + key for key in _FILES for sign in ("", "-") if key or not sign)


# The order that the firm gave. What was put into order by hand has a position below 0; all else has 0 and is by name.
FIRM = Sort()


def _order(first: dict[str, type], model: Any, falling: bool) -> Order:
    """By these columns, then by name: the name rises under equals, also where what comes before it falls."""
    named = {**first, **_ENDS}
    falls = tuple(falling and (name in first or not first) for name in named)
    return Order(tuple(getattr(model, name) for name in named), tuple(named.values()), falls)


def sort_of(viewer: Viewer) -> Sort:
    """The sort that the viewer chose last. No statement where the session knows the person, as in a request."""
    person = db.session.get(Person, viewer.person_id)
    return Sort.named(person.documents_sort if person is not None else None)


def last_values(values: tuple[Any, ...]) -> dict[str, Any]:
    """The values of :meth:`Order.parameters`."""
    return {f"last_{number}": value for number, value in enumerate(values)}


def place_of(sort: Sort, order: Order, row: Any) -> str:
    """Where a page ends, for the address of the next one: the sort, then the last row's values."""
    return place_at((sort.name, *order.values_of(row)))


def place_in(place: str | None, kind: str) -> tuple[Sort, tuple[Any, ...]] | None:
    """The sort and the values of :func:`place_of`; None for what is no such place.

    The sort travels along, so that a page goes on as it began when its reader chooses another one elsewhere meanwhile.

    :param kind: "folders" or "files".
    """
    found = values_at(place)
    if not found or not isinstance(found[0], str) or found[0] not in SORTS:
        return None
    sort, values = Sort.named(found[0]), found[1:]
    order = sort.of_files if kind == "files" else sort.of_folders
    return (sort, values) if tuple(map(type, values)) == order.kinds and all(map(_fits, values)) else None


def _fits(value: Any) -> bool:
    """Whether PostgreSQL takes the value: neither NUL in a text nor an integer of more than eight bytes."""
    if isinstance(value, str):
        return "\x00" not in value
    return not isinstance(value, int) or abs(value) <= _MOST_INT
