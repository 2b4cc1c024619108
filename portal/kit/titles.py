"""Rows that people choose by a name, such as templates: each name once, whatever its case and accents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.kit.db import db
from portal.kit.errors import Conflict, Refused
from portal.kit.names import search_key

# What is copied keeps so many characters of its name: the words around it need room.
COPIED = 80


@dataclass(frozen=True)
class UniqueName:
    """The unique name of a model: the columns that hold it and its folded key, and what to say when it is taken."""

    model: Any
    taken: type[Refused]
    name: str = "name"

    def give(self, row: Any, name: str) -> None:
        """Name a row and write it now: two people may choose one name at once, and the second must hear of it here.

        :raises Refused: ``taken``, when another row has the name.
        """
        setattr(row, self.name, name)
        setattr(row, self._key, search_key(name))
        with db.session.no_autoflush:
            others = select(self.model.id).where(self._column == search_key(name), self.model.id != row.id)
            if db.session.scalar(others) is not None:
                raise self.taken()
        try:
            with db.session.begin_nested():
                db.session.add(row)
                db.session.flush()  # the unique name is checked by the database
        except IntegrityError:
            raise self.taken() from None

    def of_a_copy(self, name: str) -> str:
        """The first free one of "Copy of ...", "Copy 2 of ..." in the reader's language."""
        short = name[:COPIED]
        taken = set(db.session.scalars(select(self._column)))
        for number in range(1, 1000):
            copy = _("Copy %(number)s of %(title)s", number=number, title=short)
            wanted = _("Copy of %(title)s", title=short) if number == 1 else copy
            if search_key(wanted) not in taken:
                return str(wanted)
        raise self.taken()

    @property
    def _key(self) -> str:
        return f"{self.name}_key"

    @property
    def _column(self) -> Any:
        return getattr(self.model, self._key)


def locked(row: Any, gone: Any = None) -> Any:
    """The row as it is now, held until the transaction ends.

    :param gone: what to say when somebody deleted it.
    :raises Conflict: it is no longer there.
    """
    model = type(row)
    statement = select(model).where(model.id == row.id).with_for_update()
    found = db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise Conflict(gone)
    return found
