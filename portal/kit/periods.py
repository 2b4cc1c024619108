"""How long an access goes on that is renewed with one click."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.kit import days
from portal.kit.clock import now
from portal.kit.i18n import day

SAME = "same"
# (months, days) that are added.
PERIODS: dict[str, tuple[int, int]] = {"30-days": (0, 30), "3-months": (3, 0), "1-year": (12, 0)}
LABELS: dict[str, LazyString] = {
    "30-days": _l("30 days more, until %(day)s"),
    "3-months": _l("3 months more, until %(day)s"),
    "1-year": _l("1 year more, until %(day)s"),
}
DEFAULT = "3-months"
# A first length of more than a year says little about what is wanted next.
LONGEST = timedelta(days=367)


class UnknownPeriod(days.BadDay):
    """A form named a period that is not offered."""

    field = "period"
    sentence = _l("Choose for how long it is renewed.")


@dataclass(frozen=True)
class Choice:
    """One way to renew: what the form sends, what it says, the last day that follows."""

    key: str
    label: str
    last: date


@dataclass(frozen=True)
class End:
    """When a limited access ends: its last day where the firm is, whether that is over, and the ways to renew it."""

    until: datetime
    last: date
    over: bool
    choices: list[Choice]

    @property
    def seen(self) -> str:
        """The end as a form sends it back, so that two clicks do not renew twice."""
        return self.until.isoformat()

    @property
    def words(self) -> str:
        """ "Access until 31/12/2026", or that it has ended."""
        if self.over:
            return str(_("Access ended on %(day)s", day=day(self.last)))
        return str(_("Access until %(day)s", day=day(self.last)))


def end_of(until: datetime | None, began: datetime | None, moment: datetime | None = None) -> End | None:
    """What there is to say about the end of an access; None where it has none.

    :param began: when it began, for the length of a renewal; None where nobody knows.
    :param moment: the present, where the caller has asked for it already.
    """
    if until is None:
        return None
    moment = moment or now()
    return End(until, days.last_day(until), until <= moment, choices(until, began, days.day_of(moment)))


def seen_end(raw: str) -> datetime | None:
    """The end that a page showed to whoever renews; None where the form does not say or says nonsense."""
    try:
        seen = datetime.fromisoformat(raw)
    except ValueError:
        return None
    return seen if seen.tzinfo is not None else None


def choices(until: datetime, began: datetime | None, today: date) -> list[Choice]:
    """The ways to renew, the one of a single click first: as long as the access was given for, else three months.

    :param until: when it ends, or has ended.
    :param began: when it began; None where nobody knows.
    :param today: the firm's present day.
    """
    usual = renewed_last(SAME, until, began, today)
    found = [Choice(SAME, str(_("Renew until %(day)s", day=day(usual))), usual)]
    for key in PERIODS:
        last = renewed_last(key, until, began, today)
        found.append(Choice(key, str(LABELS[key]) % {"day": day(last)}, last))
    return found


def renewed_last(period: str, until: datetime, began: datetime | None, today: date | None = None) -> date:
    """The last day of an access that is renewed: counted from its end, or from today where it has ended.

    :param period: "same" or a key of PERIODS.
    :param today: the firm's present day, where the caller knows it.
    :raises UnknownPeriod: it is neither.
    :raises portal.kit.days.BadDay: the day would lie too far ahead.
    """
    if period != SAME and period not in PERIODS:
        raise UnknownPeriod()
    months, extra = _length(until, began) if period == SAME else PERIODS[period]
    first_without = max(days.last_day(until), today or days.today()) + timedelta(days=1)
    last = days.months_later(first_without, months) + timedelta(days=extra - 1)
    if last.year > days.LATEST_YEAR:
        raise days.BadDay(_l("This date lies too far ahead."))
    return last


def _length(until: datetime, began: datetime | None) -> tuple[int, int]:
    """(months, days) from the beginning to the end; whole months are counted as months."""
    if began is None or not timedelta(hours=1) < until - began <= LONGEST:
        return PERIODS[DEFAULT]
    first, after = began.astimezone(days.firm_zone()).date(), days.last_day(until) + timedelta(days=1)
    months = round((after - first).days / 30.44)
    # "From the 15th until the 15th" is a month to whoever set it, though it is a day more.
    if months and abs((days.months_later(first, months) - after).days) <= 1:
        return months, 0
    return 0, max((after - first).days, 1)
