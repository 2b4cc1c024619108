"""Where one set of engines lives: its data folder, its short folder for sockets, its free ports."""

from __future__ import annotations

import os
import random
import re
import socket
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

# Below the range from which Linux takes the ports of outgoing connections, so that a port stays ours between a crash
# and the restart that follows.
_PORTS = range(10_000, 32_000)
# A Unix socket's path may have 107 bytes (sun_path in unix(7)); the longest name below it is ".s.PGSQL.5432.lock".
_LONGEST_SOCKET_FOLDER = 80


@dataclass(frozen=True, slots=True)
class Place:
    """The folders of one set of engines; ``for_tests`` trades durability for speed."""

    var: Path
    sockets: Path
    for_tests: bool = False

    @classmethod
    def at(cls, var: Path, *, for_tests: bool = False) -> Place:
        """Make the folders of a set of engines that keeps its data in ``var``."""
        var = Path(var).absolute()
        var.mkdir(parents=True, exist_ok=True)
        run = var / "run"
        run.mkdir(mode=0o700, exist_ok=True)
        run.chmod(0o700)
        return cls(var, _sockets_for(run), for_tests)

    def log(self, name: str) -> Path:
        folder = self.var / "log"
        # Mails that are not sent stand in the worker's log, with their one-time links.
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder / f"{name}.log"


def _sockets_for(run: Path) -> Path:
    """A folder whose path is short and plain: deep ones break sockets, spaces break the addresses some clients read."""
    if len(os.fsencode(run)) <= _LONGEST_SOCKET_FOLDER and re.fullmatch(r"[\w./-]+", str(run), re.ASCII):
        return run
    note = run / "sockets"
    if note.exists():
        kept = Path(note.read_text())
        if _is_ours(kept):
            return kept
    base = tempfile.gettempdir()
    made = Path(tempfile.mkdtemp(prefix="atrium-", dir=base if len(base) < 40 and " " not in base else "/tmp"))
    note.write_text(str(made))
    return made


def _is_ours(folder: Path) -> bool:
    # Somebody else could have made a folder of that name after a reboot emptied the temporary folder.
    try:
        status = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o077


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback address now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Return ``count`` different ports on which nobody listens.

    :raises RuntimeError: when there are not that many.
    """
    found: list[int] = []
    for port in random.sample(_PORTS, 2_000):
        if is_free(port):
            found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError(f"This machine has no {count} free ports between {_PORTS.start} and {_PORTS.stop}.")
