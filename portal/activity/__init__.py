"""The log: who did what to which file, folder or client, and when. Rows are added, never changed."""

from portal.activity import verbs
from portal.activity.commands import record

__all__ = ["record", "verbs"]
