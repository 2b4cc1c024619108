"""Days in the firm's time zone: a day means its end, also when the clocks change, and a renewal adds whole periods."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from portal.kit import days, periods
from portal.kit.days import BadDay, end_of, last_day, typed_end

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("last", "zone", "moment"),
    [
        (date(2026, 12, 31), "Europe/Paris", datetime(2026, 12, 31, 23, tzinfo=UTC)),
        (date(2026, 7, 14), "Europe/Paris", datetime(2026, 7, 14, 22, tzinfo=UTC)),
        # The days on which the clocks change have 23 and 25 hours.
        (date(2026, 3, 28), "Europe/Paris", datetime(2026, 3, 28, 23, tzinfo=UTC)),
        (date(2026, 3, 29), "Europe/Paris", datetime(2026, 3, 29, 22, tzinfo=UTC)),
        (date(2026, 10, 24), "Europe/Paris", datetime(2026, 10, 24, 22, tzinfo=UTC)),
        (date(2026, 10, 25), "Europe/Paris", datetime(2026, 10, 25, 23, tzinfo=UTC)),
        # Midnight itself is skipped: the day ends when the clocks jump.
        (date(2026, 9, 5), "America/Santiago", datetime(2026, 9, 6, 4, tzinfo=UTC)),
        (date(2026, 1, 1), "Pacific/Kiritimati", datetime(2026, 1, 1, 10, tzinfo=UTC)),
        (date(2024, 2, 29), "UTC", datetime(2024, 3, 1, tzinfo=UTC)),
    ],
)
def test_a_day_ends_at_the_midnight_after_it_where_the_firm_is(last: date, zone: str, moment: datetime) -> None:
    """And what is kept reads as that day again."""
    found = end_of(last, ZoneInfo(zone))
    assert found == moment
    assert last_day(found, ZoneInfo(zone)) == last


def test_every_day_of_ten_years_comes_back_as_it_was_typed() -> None:
    """No day is lost or doubled, whatever the clocks do."""
    for zone in map(
        ZoneInfo, ("Europe/Paris", "America/Santiago", "Asia/Beirut", "America/Havana", "Australia/Sydney")
    ):
        day = date(2024, 1, 1)
        while day < date(2034, 1, 1):
            assert last_day(end_of(day, zone), zone) == day
            assert end_of(day, zone) < end_of(day + timedelta(days=1), zone)
            day += timedelta(days=1)


def test_what_is_typed_as_a_day_is_read_and_nonsense_is_refused(cast: Any) -> None:
    """ISO and day first; no past, no year 9999."""
    assert typed_end("") is None
    assert typed_end(" 2099-12-31 ") == datetime(2099, 12, 31, 23, tzinfo=UTC)
    assert typed_end("31/12/2099") == typed_end("31.12.2099") == typed_end("2099-12-31")
    assert typed_end(days.today().isoformat()) == end_of(days.today())
    yesterday = (days.today() - timedelta(days=1)).isoformat()
    for raw in ("soon", "2099-02-30", "31/02/2099", "9999-12-31", "2201-01-01", yesterday, "\x00", "0", "2099-W01-1x"):
        with pytest.raises(BadDay):
            typed_end(raw)


def _renewed(began: date, last: date, period: str = "same") -> date:
    opened = datetime(began.year, began.month, began.day, 9, tzinfo=PARIS)
    return periods.renewed_last(period, end_of(last, PARIS), opened)


def test_a_renewal_adds_as_long_as_the_access_was_given_for(cast: Any) -> None:
    """Whole months stay whole months; what was given for more than a year is renewed by three months."""
    assert _renewed(date(2090, 1, 1), date(2090, 3, 31)) == date(2090, 6, 30)
    assert _renewed(date(2090, 1, 15), date(2090, 2, 15)) == date(2090, 3, 15)
    assert _renewed(date(2090, 1, 1), date(2090, 12, 31)) == date(2091, 12, 31)
    assert _renewed(date(2090, 1, 1), date(2090, 1, 10)) == date(2090, 1, 20)
    assert _renewed(date(2080, 1, 1), date(2090, 12, 31)) == date(2091, 3, 31)
    assert _renewed(date(2090, 1, 1), date(2090, 1, 31), "30-days") == date(2090, 3, 2)
    assert _renewed(date(2090, 1, 1), date(2090, 11, 30), "3-months") == date(2091, 2, 28)
    assert _renewed(date(2090, 1, 1), date(2092, 2, 29), "1-year") == date(2093, 2, 28)


def test_what_has_ended_is_renewed_from_today(cast: Any) -> None:
    """Not from the day on which it ended: that might lie in the past again."""
    assert _renewed(date(2020, 1, 1), date(2020, 1, 10), "30-days") == days.today() + timedelta(days=30)


def test_a_period_that_is_not_offered_is_refused(cast: Any) -> None:
    """A form is not to be trusted."""
    with pytest.raises(periods.UnknownPeriod):
        _renewed(date(2090, 1, 1), date(2090, 1, 10), "1000-years")
    with pytest.raises(BadDay):
        _renewed(date(2199, 12, 1), date(2200, 12, 1), "1-year")
