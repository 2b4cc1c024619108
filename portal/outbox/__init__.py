"""Work that must follow a commit: written in the same transaction, done afterwards, at least once."""

from portal.outbox.commands import emit, keep_lease
from portal.outbox.registry import RetryLater, periodic, task

__all__ = ["RetryLater", "emit", "keep_lease", "periodic", "task"]
