"""A pretended moment, for the demo firm only.

The demo is made by the product's own commands in under a minute, and must look as if a firm had worked with it for
half a year. A log whose lines all carry the same minute would show nothing of what the log, the lists and the filters
are for, and rows written behind the commands' backs would prove nothing. So the demo says when each command is to
have happened, and the three places that date things ask here: ids (UUIDv7, whose order is the order of time), the
moments that a new row gets by default, and the lines of the log.

Nothing else may use this: outside of :func:`pretending` the database's clock is the only one.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

import uuid_utils


class _Pretence:
    """The moment, and how many ids were made in it: each is a millisecond later, so that their order is kept."""

    def __init__(self, moment: datetime) -> None:
        self.moment, self.ids = moment, 0


_current: ContextVar[_Pretence | None] = ContextVar("pretended_moment", default=None)


@contextmanager
def pretending(moment: datetime) -> Iterator[None]:
    """What happens inside is dated to this moment.

    :param moment: with a time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a pretended moment needs a time zone")
    token = _current.set(_Pretence(moment))
    try:
        yield
    finally:
        _current.reset(token)


def pretended() -> datetime | None:
    """The pretended moment; None in earnest."""
    found = _current.get()
    return found.moment if found is not None else None


def pretended_id() -> uuid.UUID | None:
    """A UUIDv7 of the pretended moment; None in earnest."""
    found = _current.get()
    if found is None:
        return None
    at = found.moment + timedelta(milliseconds=found.ids)
    found.ids += 1
    return uuid.UUID(int=uuid_utils.uuid7(nanoseconds=int(at.timestamp()) * 10**9 + at.microsecond * 1000).int)
