"""Starts the program that opens a file, and waits for it no longer than a bounded time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from config import ROOT

WALL_SECONDS = 30
# Nothing of ours is in the program's environment: neither keys nor addresses. Few memory arenas, because the limit
# counts addresses, not pages.
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1"}


@contextmanager
def workshop() -> Iterator[Path]:
    """A folder for one job, removed afterwards with everything in it. Put the file there as ``source``."""
    with tempfile.TemporaryDirectory(prefix="contents-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def run(folder: Path, job: dict[str, Any]) -> dict[str, Any]:
    """The result of one job: what :class:`~portal.contents.maker.made.Made` says, or ``{"failed": why}``.

    :param job: ``kind`` and ``ending``, or ``kind`` and the ``numbers`` of pages.
    """
    (folder / "job.json").write_text(json.dumps(job))
    (folder / "result.json").unlink(missing_ok=True)
    program = subprocess.Popen(
        [sys.executable, "-B", "-s", "-m", "portal.contents.maker", str(folder)],
        cwd=ROOT, env={**_ENVIRONMENT, "TMPDIR": str(folder)}, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        status = program.wait(WALL_SECONDS)
    except subprocess.TimeoutExpired:
        return {"failed": f"took more than {WALL_SECONDS} seconds"}
    finally:
        # Whatever it may have started goes with it.
        _kill(program)
    return _result(folder) or {"failed": f"the program ended with {_named(status)}"}


def _kill(program: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(program.pid, signal.SIGKILL)
    program.wait()


def _result(folder: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((folder / "result.json").read_text())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _named(status: int) -> str:
    return signal.Signals(-status).name if status < 0 else f"status {status}"
