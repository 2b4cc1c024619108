"""When things happened: half a year of working days, up to this morning."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
DAYS = 183


class Calendar:
    """Moments in the working hours of the firm; nothing lies in the future."""

    def __init__(self, until: datetime, chance: random.Random) -> None:
        """:param until: the present moment, with a time zone."""
        self.until = until.astimezone(PARIS) - timedelta(minutes=25)
        self.start = self.until.date() - timedelta(days=DAYS)
        self.chance = chance

    def office(self, day: float) -> datetime:
        """A moment in office hours, ``day`` days after the start; at a weekend the Friday before."""
        return self._at(day, 8.4, 18.3, weekends=False)

    def anytime(self, day: float) -> datetime:
        """A moment at which contacts are about: evenings, and now and then a Saturday."""
        return self._at(day, 7.5, 21.5, weekends=self.chance.random() < 0.3)

    def soon_after(self, moment: datetime, *, hours: float = 4) -> datetime:
        """Somewhat later, not after now."""
        later = moment + timedelta(hours=self.chance.uniform(0.05, hours))
        return min(later, self.until - timedelta(seconds=self.chance.randint(1, 900)))

    def day_of(self, moment: datetime) -> int:
        """How many days after the start a moment lies."""
        return (moment.astimezone(PARIS).date() - self.start).days

    def between(self, first: float, last: float) -> float:
        """A day, the later ones somewhat more often: business grows."""
        return first + (last - first) * float(self.chance.random() ** 0.8)

    def _at(self, day: float, opens: float, closes: float, *, weekends: bool) -> datetime:
        found: date = self.start + timedelta(days=min(max(int(day), 0), DAYS))
        if not weekends and found.weekday() > 4:
            found -= timedelta(days=found.weekday() - 4)
        seconds = int(self.chance.triangular(opens, closes, 10.2) * 3600)
        moment = datetime.combine(found, time(), PARIS) + timedelta(seconds=seconds)
        # Today is not over: what would lie ahead moves to the hours that have passed, or to the day before.
        while moment > self.until:
            moment -= timedelta(hours=self.chance.uniform(1, 5))
        return moment
