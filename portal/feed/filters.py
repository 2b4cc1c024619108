"""What a reader looks for in the activity, as the address holds it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from portal.activity.verbs import GROUPS, VERBS

_LONGEST_NAME = 200
_LONGEST_EXT = 16


@dataclass(frozen=True)
class Filters:
    """A search; what is empty does not narrow.

    ``types`` holds keys of groups and of single verbs. ``only`` leaves the sub-folders of ``folder_id`` out. ``since``
    and ``until`` are days of the reader, both included.
    """

    name: str = ""
    formats: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    folder_id: uuid.UUID | None = None
    only: bool = False
    since: date | None = None
    until: date | None = None
    person_id: uuid.UUID | None = None

    @property
    def is_empty(self) -> bool:
        """Does nothing narrow?"""
        return self == Filters(only=self.only)

    @property
    def verbs(self) -> set[str]:
        """The keys of all verbs that ``types`` names."""
        return {key for key, verb in VERBS.items() if key in self.types or verb.group in self.types}

    def span(self, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
        """First moment, and first moment after the end, of the period in the reader's time zone."""
        # pytz's zones give local mean time when they are combined directly: nine minutes off in Paris.
        named = ZoneInfo(str(zone))
        begin = datetime.combine(self.since, time(), named) if self.since else None
        end = datetime.combine(self.until + timedelta(days=1), time(), named) if self.until else None
        return begin, end


def from_address(arguments: Mapping[str, Any]) -> Filters:
    """Read a search from an address; what cannot be understood does not narrow.

    :param arguments: a werkzeug MultiDict.
    """
    several = getattr(arguments, "getlist", lambda key: [arguments[key]] if key in arguments else [])
    since, until = _day(arguments.get("since")), _day(arguments.get("until"))
    if since and until and since > until:
        since, until = until, since
    return Filters(
        name=str(arguments.get("q", "")).replace("\x00", "").strip()[:_LONGEST_NAME],
        formats=tuple(dict.fromkeys(_ext(value) for value in several("format") if _ext(value)))[:20],
        types=tuple(key for key in dict.fromkeys(several("type")) if key in GROUPS or key in VERBS),
        folder_id=_id(arguments.get("folder")),
        only=arguments.get("only") == "1",
        since=since,
        until=until,
        person_id=_id(arguments.get("person")),
    )


def _ext(value: str) -> str:
    return value.replace("\x00", "").strip().lstrip(".").lower()[:_LONGEST_EXT]


def _id(value: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(value)) if value else None
    except ValueError:
        return None


def _day(value: Any) -> date | None:
    try:
        found = date.fromisoformat(str(value)) if value else None
    except ValueError:
        return None
    # The last day of the calendar has no day after it.
    return found if found is not None and 1970 <= found.year <= 9998 else None
