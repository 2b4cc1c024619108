"""A `portal up` in a process of its own, for tests that kill parts of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from config import ROOT, Settings
from portal.engines.doctor import examine
from portal.engines.leftovers import leftovers, stop_leftovers

# Tests share two cores with each other: what takes four seconds alone may take a minute here.
PATIENCE = 150


@dataclass
class RunningSite:
    """One `portal up`: its process, its data folder and what it has said so far."""

    process: subprocess.Popen[bytes]
    var: Path
    said: Path

    @property
    def output(self) -> str:
        return self.said.read_text(errors="replace")

    @property
    def env(self) -> dict[str, str]:
        found: dict[str, str] = json.loads((self.var / "run" / "env.json").read_text())
        return found

    def wait_until_up(self) -> None:
        wait_for(lambda: "Atrium runs at" in self.output or self.process.poll() is not None)
        assert "Atrium runs at" in self.output, self.output

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.env["PORTAL_URL"], timeout=10) as answer:
                return bool(answer.status < 500)
        except urllib.error.HTTPError as answer:
            return answer.code < 500
        except OSError:
            return False

    def healthy(self) -> bool:
        """Whether every part answers, asked in this process: a command for each question would take a second."""
        return bool(examine(Settings.from_env(self.env))["ok"])

    def processes(self) -> list[psutil.Process]:
        return list(leftovers(self.var))

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)

    def kill_everything(self) -> None:
        """What a power cut or an impatient administrator does."""
        for process in [psutil.Process(self.process.pid), *self.processes()]:
            process.kill()
        self.process.wait(30)
        wait_for(lambda: not self.processes())


def portal(*arguments: str, var: Path) -> subprocess.CompletedProcess[str]:
    """Run a `portal` command on this data folder, without any engine of the test run in its environment."""
    command = [sys.executable, "-m", "portal.cli", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=clean_environ(var), capture_output=True, text=True, check=False, timeout=PATIENCE
    )


def clean_environ(var: Path) -> dict[str, str]:
    ours = ("DATABASE_URL", "REDIS_URL", "S3_", "SECRET_KEY", "PORTAL_", "SMTP_URL")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {"PORTAL_VAR": str(var)}


@contextmanager
def site(var: Path, *options: str) -> Iterator[RunningSite]:
    """Start `portal up --no-demo` and leave nothing behind, whatever the test does."""
    var.mkdir(parents=True, exist_ok=True)
    said = var.parent / f"said-{time.monotonic_ns()}.txt"
    with said.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "portal.cli", "up", "--no-demo", *options],
            cwd=ROOT,
            env=clean_environ(var) | {"PYTHONUNBUFFERED": "1", "COLUMNS": "200"},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield RunningSite(process, var, said)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        stop_leftovers(var, grace=0)


def wait_for(happens: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait until something holds; an assertion error after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.3)
