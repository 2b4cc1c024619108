"""A real virus scanner for tests, with one signature: that of the EICAR test file."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, update

from portal.engines.clamd import Clamd, started_clamd
from portal.files.models import File, FileVersion
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
    with clamd_url(app, running_clamd.url):
        yield running_clamd


@contextmanager
def clamd_url(app: Flask, url: str | None) -> Iterator[None]:
    """Inside, the portal's settings say this address of a scanner (None: there is none)."""
    before = app.config["SETTINGS"]
    app.config["SETTINGS"] = dataclasses.replace(before, clamd_url=url)
    try:
        yield
    finally:
        app.config["SETTINGS"] = before


def work_now() -> None:
    """Do all promised work, also what was put off for later; what the session holds is read anew afterwards."""
    waiting = update(OutboxEntry).where(OutboxEntry.done_at.is_(None), OutboxEntry.failed_at.is_(None))
    db.session.execute(waiting.values(available_at=func.now()).execution_options(synchronize_session=False))
    db.session.commit()
    do_promised_work()
    db.session.expire_all()


def versions_of(file: File) -> list[FileVersion]:
    """All contents of a file, oldest first, as they are now."""
    found = db.session.query(FileVersion).filter_by(file_id=file.id).order_by(FileVersion.number)
    return list(found.populate_existing())


def fresh(file: Any) -> File:
    """The file as it is now."""
    found = db.session.get(File, file.id, populate_existing=True)
    assert found is not None
    return found
