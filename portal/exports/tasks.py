"""Delayed work of exports."""

from __future__ import annotations

import uuid
from datetime import timedelta

from portal.exports import commands
from portal.outbox import periodic, task


@task("exports.make", queue="exports", lease=timedelta(seconds=60), max_attempts=5, patience=timedelta(hours=6))
def make(export_id: str) -> None:
    """Make a promised workbook."""
    commands.make_workbook(uuid.UUID(export_id))


periodic("exports.forget_expired", every=timedelta(hours=1))(commands.forget_expired)
