"""What can be promised: every task by its name, its queue and how it is tried again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

Handler = Callable[..., Any]


class RetryLater(Exception):
    """The work could not be done now for a reason outside (a server that does not answer); it is tried again later."""

    def __init__(self, reason: str, *, after: timedelta | None = None) -> None:
        self.after = after
        super().__init__(reason)


@dataclass(frozen=True)
class Task:
    """One kind of work.

    ``atomic``: the handler's writes and the mark "done" are one transaction, so the effect happens exactly once. Work
    that talks to the outside cannot be: it runs under a lease of ``lease`` and must be idempotent itself; when it takes
    longer it calls ``outbox.keep_lease()`` between its steps. ``max_attempts`` bounds faults of ours, ``patience`` how
    long :class:`RetryLater` may ask for another try.
    """

    name: str
    handler: Handler
    queue: str
    atomic: bool
    lease: timedelta
    max_attempts: int
    patience: timedelta = timedelta(days=3)


TASKS: dict[str, Task] = {}


def task(
    name: str,
    *,
    queue: str = "default",
    atomic: bool = False,
    lease: timedelta = timedelta(minutes=2),
    max_attempts: int = 12,
    patience: timedelta = timedelta(days=3),
) -> Callable[[Handler], Handler]:
    """Register a handler: ``@task("mail.deliver", queue="mail")``. Its keyword arguments are the payload."""

    def register(handler: Handler) -> Handler:
        if name in TASKS and TASKS[name].handler.__qualname__ != handler.__qualname__:
            raise RuntimeError(f"two tasks are called {name}")
        TASKS[name] = Task(name, handler, queue, atomic, lease, max_attempts, patience)
        return handler

    return register


@dataclass(frozen=True)
class Periodic:
    """Work that comes back by itself. Its handler must be harmless when run twice or not at all for a while."""

    name: str
    handler: Handler
    every: timedelta


PERIODIC: dict[str, Periodic] = {}


def periodic(name: str, *, every: timedelta) -> Callable[[Handler], Handler]:
    """Register housekeeping: ``@periodic("files.reap", every=timedelta(minutes=10))``; beat calls it."""

    def register(handler: Handler) -> Handler:
        PERIODIC[name] = Periodic(name, handler, every)
        return handler

    return register
