"""Work on files that follows a commit, and housekeeping."""

from __future__ import annotations

from datetime import timedelta

from portal.files import reaper
from portal.files.commands.receipts import mail_receipt
from portal.outbox.registry import periodic, task

task("files.hash", queue="files", lease=timedelta(minutes=30))(reaper.hash_version)
task("files.mail_receipt", queue="files", lease=timedelta(minutes=30))(mail_receipt)
task("files.forget_client", queue="files", lease=timedelta(minutes=30))(reaper.forget_client)
periodic("files.reap", every=timedelta(minutes=10))(reaper.reap)
