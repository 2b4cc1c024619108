"""Counting SQL statements, so that a list that grows cannot quietly ask one question per row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

_OWN = ("SAVEPOINT", "RELEASE", "ROLLBACK TO")


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect the statements that run inside the block; those of savepoints are the tests' own and left out."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.lstrip().upper().startswith(_OWN):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)
