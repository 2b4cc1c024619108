"""Work that must follow a commit: written in the same transaction, done afterwards, at least once."""

from portal.outbox.commands import emit, emit_many, keep_lease, note
from portal.outbox.registry import RetryLater, periodic, task

__all__ = ["RetryLater", "emit", "emit_many", "keep_lease", "note", "periodic", "task"]
