"""Delayed work of the mails."""

from __future__ import annotations

import uuid
from datetime import timedelta

from portal.mailer import commands
from portal.outbox.registry import task


# The lease is longer than all timeouts of one delivery together.
@task("mail.deliver", queue="mail", lease=timedelta(minutes=5), max_attempts=commands.MAX_ATTEMPTS + 2)
def deliver(mail_id: str) -> None:
    """Bring one mail on its way."""
    commands.deliver(uuid.UUID(mail_id))
