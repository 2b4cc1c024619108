"""Housekeeping of document requests, and what follows from the virus check."""

from __future__ import annotations

from datetime import timedelta

from portal.document_requests.commands.deciding import refuse_infected
from portal.document_requests.commands.reminding import remind
from portal.outbox.registry import periodic, task

task("document_requests.infected", atomic=True)(refuse_infected)
periodic("document_requests.remind", every=timedelta(minutes=15))(remind)
