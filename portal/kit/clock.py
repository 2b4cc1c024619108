"""What time it is. The database's clock decides, so that two servers never disagree about an expired link."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import func, select

from portal.kit.db import db


def now() -> datetime:
    """The present moment by the database's clock, with time zone UTC."""
    moment: datetime = db.session.execute(select(func.clock_timestamp())).scalar_one()
    return moment.astimezone(UTC)
