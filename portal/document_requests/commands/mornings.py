"""When reminders go out: in the morning, where the firm is."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from portal.kit import days
from portal.kit.clock import now

MORNING = time(8)
# What could not be sent until then waits for the next morning.
LATEST = time(12)


def next_morning(after_days: int) -> datetime:
    """Eight o'clock of the firm's day so many days from today, in UTC."""
    day = days.today() + timedelta(days=after_days)
    return datetime.combine(day, MORNING, tzinfo=days.firm_zone()).astimezone(UTC)


def is_morning() -> bool:
    """Is it morning where the firm is, by the database's clock?"""
    return MORNING <= now().astimezone(days.firm_zone()).time() < LATEST
