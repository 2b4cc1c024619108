"""Housekeeping of the outbox itself."""

from datetime import timedelta

from portal.outbox.commands import forget_done
from portal.outbox.registry import periodic

periodic("outbox.forget_done", every=timedelta(hours=6))(forget_done)
