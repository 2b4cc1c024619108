"""Many rows in one statement."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, TextClause, Uuid, any_, literal, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY

from portal.kit.db import Model, db, pretended_moments


def rows_from(model: type[Model], rows: Sequence[dict[str, Any]]) -> TextClause:
    """``SELECT * FROM unnest(...)`` over these rows, with the types of the model's columns.

    Arrays instead of VALUES: a statement holds 65,535 parameters at most, and this one has as many as columns.

    :param rows: at least one, all with the same keys, which are columns of the model.
    """
    columns = model.metadata.tables[model.__tablename__].c
    names = list(rows[0])
    arrays = ", ".join(f"CAST(:{name} AS {_sql_type(columns[name])}[])" for name in names)
    source = text(f"SELECT * FROM unnest({arrays})")
    return source.bindparams(**{name: [row[name] for row in rows] for name in names})


def _sql_type(column: Column[Any]) -> str:
    """The type as a cast names it: a collation belongs to the column and cannot stand there."""
    compiled = column.type.compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]
    return compiled.split(" COLLATE ")[0]


def any_ids(ids: Iterable[uuid.UUID]) -> ColumnElement[Any]:
    """What a column is compared with where a list of ids may be long: one array instead of a parameter for each."""
    return any_(literal(list(ids), ARRAY(Uuid())))


def insert_rows(model: type[Model], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows with one statement, however many they are. Columns that are not named get the server's default."""
    if not rows:
        return
    if moments := pretended_moments(model):
        rows = [{**moments, **row} for row in rows]
    names = ", ".join(rows[0])
    source = rows_from(model, rows)
    statement = text(f'INSERT INTO "{model.__tablename__}" ({names}) {source.text}')
    db.session.execute(statement, {name: [row[name] for row in rows] for name in rows[0]})
