"""Work on files that follows a commit, and housekeeping."""

from __future__ import annotations

from datetime import timedelta

from portal.files import reaper
from portal.files.commands.receipts import mail_receipt
from portal.files.commands.retention import clean_up
from portal.files.commands.rooms import count_again
from portal.files.commands.scanning import catch_up, scan_version
from portal.files.commands.tree_applications import MANY, ONE, apply_to_one, promise_each
from portal.outbox.registry import periodic, task

task("files.hash", queue="files", lease=timedelta(minutes=30))(reaper.hash_version)
task("files.mail_receipt", queue="files", lease=timedelta(minutes=30))(mail_receipt)
task("files.forget_client", queue="files", lease=timedelta(minutes=30))(reaper.forget_client)
# A scanner that is away over a holiday must not leave what came in meanwhile unchecked for ever.
task("files.scan", queue="files", lease=timedelta(minutes=30), patience=timedelta(days=30))(scan_version)
periodic("files.scan_catch_up", every=timedelta(minutes=5))(catch_up)
task(MANY, queue="files", atomic=True)(promise_each)
task(ONE, queue="files", atomic=True)(apply_to_one)
periodic("files.reap", every=timedelta(minutes=10))(reaper.reap)
periodic("files.clean_up", every=timedelta(hours=1))(clean_up)
periodic("files.count_room", every=timedelta(days=1))(count_again)
