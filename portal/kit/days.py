"""Days on which something ends, in the firm's time zone.

People name the last day on which an access holds; kept is the first moment after it. That moment is midnight where the
firm is, so it stays the same day for everybody, whatever zone they read it in, and 23 or 25 hours after the one before
when the clocks change. Where midnight itself is skipped (Beirut, Santiago) it is the moment of the change (PEP 495,
``fold=0``).
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l

from portal.kit import i18n
from portal.kit.clock import now
from portal.kit.errors import Refused

# Nothing is limited for longer than anybody could mean, and far from where the database's "for ever" stands.
LATEST_YEAR = 2200
_DAY_FIRST = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4})")


class BadDay(Refused):
    """What was typed is no day on which something can end."""

    field = "valid_until"
    sentence = _l("This is no date. Write it as day, month and year.")


def firm_zone() -> ZoneInfo:
    """The time zone in which the firm's days begin and end."""
    return ZoneInfo(i18n.firm_time_zone())


def today() -> date:
    """The firm's present day, by the database's clock."""
    return day_of(now())


def day_of(moment: datetime) -> date:
    """The day of a moment where the firm is."""
    return moment.astimezone(firm_zone()).date()


def end_of(last: date, zone: ZoneInfo | None = None) -> datetime:
    """The first moment after a day, in UTC.

    :param zone: where the day is; the firm's when left out.
    """
    return datetime.combine(last + timedelta(days=1), time(), tzinfo=zone or firm_zone()).astimezone(UTC)


def last_day(until: datetime, zone: ZoneInfo | None = None) -> date:
    """The last day of an access that ends at this moment: 31 December for one that ends at midnight after it."""
    return (until - timedelta(microseconds=1)).astimezone(zone or firm_zone()).date()


def typed_end(raw: str) -> datetime | None:
    """The moment after the typed day; None where nothing was typed (without end).

    :param raw: ISO 8601 as browsers send it, or day first: 31/12/2026, 31.12.2026.
    :raises BadDay: no date, one that is over, or one after the year 2200.
    """
    if not raw.strip():
        return None
    last = _parsed(raw.strip())
    if last.year > LATEST_YEAR:
        raise BadDay(_l("This date lies too far ahead."))
    if last < today():
        raise BadDay(_l("This day is over already. Choose today or a later day."))
    return end_of(last)


def _parsed(text: str) -> date:
    found = _DAY_FIRST.fullmatch(text)
    try:
        if found is not None:
            day, month, year = map(int, found.groups())
            return date(year, month, day)
        return date.fromisoformat(text)
    except ValueError:
        raise BadDay() from None


def months_later(first: date, months: int) -> date:
    """The same day so many months later; the month's last day where it has no such day (31 January, 28 February)."""
    years, month = divmod(first.month - 1 + months, 12)
    year, month = first.year + years, month + 1
    return date(year, month, min(first.day, calendar.monthrange(year, month)[1]))
