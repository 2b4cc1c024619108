"""Housekeeping of the client base."""

from datetime import timedelta

from portal.clients.commands.bin import erase_old
from portal.outbox.registry import periodic

periodic("clients.erase_old", every=timedelta(hours=6))(erase_old)
