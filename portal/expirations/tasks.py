"""Housekeeping of access that ends."""

from __future__ import annotations

from datetime import timedelta

from portal.expirations import notices
from portal.outbox.registry import periodic

periodic("expirations.tell", every=timedelta(minutes=15))(notices.tell)
