"""Python programs that begin warm: forked from a process that has imported them, instead of each importing all anew."""

from __future__ import annotations

import os
import runpy
import signal
import sys
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from config import ROOT

_CONTEXT: ForkServerContext = get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.browser.warm"])


def start(command: list[str], env: dict[str, str], log: Path) -> BaseProcess:
    """``python -m`` with these words, in a session of its own; what it says goes to ``log``."""
    process = _CONTEXT.Process(target=_become, args=(command, {**os.environ, **env}, str(log)))
    process.start()
    return process


def stop(process: BaseProcess) -> None:
    """Ask the program and all that it started to end, and make them after 8 seconds."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if process.is_alive() and process.pid:
            os.killpg(process.pid, sign)
            process.join(8)


def _become(command: list[str], env: dict[str, str], log: str) -> None:
    os.setsid()
    os.chdir(ROOT)
    sink = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for said in (1, 2):
        os.dup2(sink, said)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = list(command)
    runpy.run_module(command[0], run_name="__main__", alter_sys=True)
