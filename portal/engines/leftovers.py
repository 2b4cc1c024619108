"""Processes that an earlier, killed run of the same data folder left behind.

A supervisor that dies by ``kill -9`` leaves its children running. They are recognised by a mark in their environment
that names the data folder, never by their name alone, so that another installation on this machine is safe.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

MARK = "PORTAL_ENGINES_OF"


def marked(var: Path) -> dict[str, str]:
    """The mark that every process started for the data folder ``var`` carries in its environment."""
    return {MARK: str(var)}


def leftovers(var: Path) -> Iterator[psutil.Process]:
    """Yield the running processes that belong to ``var``, without ourselves and those who started us."""
    me = psutil.Process()
    spared = {me.pid, *(parent.pid for parent in me.parents())}
    for process in psutil.process_iter():
        if process.pid not in spared and _belongs_to(process, var):
            yield process


def _belongs_to(process: psutil.Process, var: Path) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        if process.environ().get(MARK) == str(var):
            return True
        # These two write their title over their environment, but they live in their data folder.
        home = {"postgres": var / "postgres" / "data", "valkey-server": var / "valkey"}.get(process.name())
        return home is not None and process.cwd() == os.path.realpath(home)
    except (psutil.Error, OSError):
        return False


def stop_leftovers(var: Path, *, grace: float = 2.0) -> int:
    """Stop every process that belongs to ``var``, politely first; return how many there were.

    ``grace`` is in seconds. Killing is safe here: every engine keeps what it has confirmed.
    """
    found = list(leftovers(var))
    for process in found:
        _quietly(process.terminate)
    _, alive = psutil.wait_procs(found, timeout=grace)
    while alive:
        for process in alive:
            _quietly(process.kill)
        psutil.wait_procs(alive, timeout=5)
        # A pre-forking server may have started one more child meanwhile.
        alive = list(leftovers(var))
    return len(found)


def _quietly(act: Callable[[], None]) -> None:
    try:
        act()
    except psutil.Error:
        return
