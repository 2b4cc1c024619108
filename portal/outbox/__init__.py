"""Work that must follow a commit: written in the same transaction, done afterwards, at least once."""

from portal.outbox.commands import emit
from portal.outbox.registry import task

__all__ = ["emit", "task"]
