"""Housekeeping of document requests."""

from __future__ import annotations

from datetime import timedelta

from portal.document_requests.commands.reminding import remind
from portal.outbox.registry import periodic

periodic("document_requests.remind", every=timedelta(minutes=15))(remind)
