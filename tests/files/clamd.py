"""A real virus scanner for tests, with one signature: that of the EICAR test file."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from portal.engines.clamd import Clamd, started_clamd
from portal.kit.db import db
from portal.outbox.models import OutboxEntry
from tests.postbox import do_promised_work

# In pieces, or scanners of the machines that hold this text would take it away.
EICAR = "".join(["X5O!P%@AP[4", "\\PZX54(P^)7CC)7}", "$EICAR-STAND", "ARD-ANTIVIRUS-", "TEST-FILE!$H+H*"]).encode()
SIGNATURE = "Atrium.Test.Eicar.UNOFFICIAL"
STREAM_MAX_BYTES = 1024 * 1024
_CACHE = Path(__file__).parents[2] / ".venv" / "clamd"


@pytest.fixture(scope="session")
def running_clamd() -> Iterator[Clamd]:
    """One clamd for the whole run."""
    signatures = {"eicar.ndb": f"Atrium.Test.Eicar:0:*:{EICAR.hex()}"}
    with started_clamd(_CACHE, signatures, stream_max_bytes=STREAM_MAX_BYTES) as clamd:
        yield clamd


@pytest.fixture
def scanner(app: Flask, running_clamd: Clamd) -> Iterator[Clamd]:
    """A portal with CLAMD_URL set; a test may stop the scanner, it runs again for the next one."""
    if running_clamd.process is None:
        running_clamd.start()
    with with_clamd_url(app, running_clamd.url):
        yield running_clamd


class with_clamd_url:  # noqa: N801 - reads as what it does
    """Inside, the portal's settings say this address of a scanner (None: there is none)."""

    def __init__(self, app: Flask, url: str | None) -> None:
        self.app, self.url = app, url

    def __enter__(self) -> None:
        self.before = self.app.config["SETTINGS"]
        self.app.config["SETTINGS"] = dataclasses.replace(self.before, clamd_url=self.url)

    def __exit__(self, *_error: Any) -> None:
        self.app.config["SETTINGS"] = self.before


def scan_now() -> None:
    """Do the promised work, and that which was put off as if its time had come."""
    do_promised_work()


def make_due(session: Any) -> None:
    """Let what was put off for later be due now."""
    from sqlalchemy import func, update

    session.execute(update(OutboxEntry).where(OutboxEntry.done_at.is_(None)).values(available_at=func.now()))
    db.session.expire_all()


Uploader = Callable[..., Any]
