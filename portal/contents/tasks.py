"""Work on the contents of files that follows a commit."""

from __future__ import annotations

from datetime import timedelta

from portal.contents.commands.making import make, make_pages
from portal.contents.commands.promising import catch_up
from portal.outbox.registry import periodic, task

# A program that opens a file ends by itself within half a minute; what fails for a fault of ours fails three times.
task("contents.make", queue="files", lease=timedelta(minutes=5), max_attempts=3)(make)
task("contents.make_pages", queue="files", lease=timedelta(minutes=10), max_attempts=3)(make_pages)
periodic("contents.catch_up", every=timedelta(minutes=2))(catch_up)
