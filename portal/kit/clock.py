"""What time it is. The database's clock decides, so that two servers never disagree about an expired link."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, func, literal, select

from portal.kit.db import db
from portal.kit.pretence import pretended, pretending

__all__ = ["now", "now_in_sql", "pretended", "pretending"]


def now() -> datetime:
    """The present moment by the database's clock, with time zone UTC; in the demo the pretended one."""
    wanted = pretended()
    if wanted is not None:
        return wanted.astimezone(UTC)
    moment: datetime = db.session.execute(select(func.clock_timestamp())).scalar_one()
    return moment.astimezone(UTC)


def now_in_sql() -> ColumnElement[datetime]:
    """:func:`now` for a statement, where the database reads its own clock."""
    moment = pretended()
    return func.now() if moment is None else literal(moment)
