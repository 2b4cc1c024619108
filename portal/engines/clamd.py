"""ClamAV's daemon with signatures of our own: what the tests of the virus check talk to.

In production ``CLAMD_URL`` leads to the firm's own ClamAV. Here a clamd of this machine is used, or, where there is
none, the one of the Debian packages, unpacked into a folder without installing anything.
"""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

FETCH_SECONDS = 240
START_SECONDS = 60
_USUAL = ("/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin", "/opt/homebrew/sbin")


class NoClamd(RuntimeError):
    """There is no clamd on this machine and none could be fetched; the sentence says what to install."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            "The tests of the virus check need ClamAV's daemon: install the package that holds `clamd` "
            f"(Debian: clamav-daemon, Fedora: clamd, Homebrew: clamav). {reason}"
        )


@dataclass(frozen=True)
class Program:
    """A clamd and the folder with the libraries that it needs beside the machine's own (None: it needs none)."""

    path: Path
    libraries: Path | None = None

    @property
    def environ(self) -> dict[str, str]:
        """The environment to start it in."""
        added = {"LD_LIBRARY_PATH": str(self.libraries)} if self.libraries else {}
        return {**os.environ, **added}


def clamd_program(cache: Path) -> Program:
    """The clamd of this machine; else the one in ``cache``, which is filled by the machine's package manager.

    :raises NoClamd: there is neither one nor a way to get one.
    """
    for folder in (*os.environ.get("PATH", "").split(os.pathsep), *_USUAL):
        if folder and os.access(Path(folder) / "clamd", os.X_OK):
            return Program(Path(folder) / "clamd")
    kept = _kept(cache)
    if kept is not None:
        return kept
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise NoClamd("This machine has no apt-get to fetch it with.")
    # Beside the cache first: what breaks off half-way must not be taken for whole.
    cache.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="clamd-", dir=cache.parent) as made:
        _fetch(Path(made))
        with suppress(OSError):  # another run was quicker
            (Path(made) / "root").rename(cache)
    kept = _kept(cache)
    if kept is None:
        raise NoClamd("The packages that were fetched do not hold it.")
    return kept


def _kept(cache: Path) -> Program | None:
    path = cache / "usr/sbin/clamd"
    libraries = sorted((cache / "usr/lib").glob("**/libclamav.so.*"))
    return Program(path, libraries[0].parent) if path.exists() and libraries else None


def _fetch(folder: Path) -> None:
    """Download clamd with the libraries that this machine lacks and unpack them, with state folders of our own.

    :raises NoClamd: the package manager could not.
    """
    for part in ("lists/partial", "cache/archives/partial", "root"):
        (folder / part).mkdir(parents=True)
    options = {
        "Dir::State::lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "Debug::NoLocking": "1",
        "APT::Sandbox::User": getpass.getuser(),
        "Acquire::Retries": "2",
    }
    apt = ["apt-get", "-q", *(f"-o{name}={value}" for name, value in options.items())]
    until = time.monotonic() + FETCH_SECONDS
    _run([*apt, "update"], folder, until)
    planned = _run([*apt, "--no-install-recommends", "--simulate", "install", "clamav-daemon"], folder, until)
    names = [line.split()[1] for line in planned.splitlines() if line.startswith("Inst ")]
    wanted = [name for name in names if name == "clamav-daemon" or name.startswith("lib")]
    _run([*apt, "download", *wanted], folder, until)
    for package in sorted(folder.glob("*.deb")):
        _run(["dpkg-deb", "-x", str(package), str(folder / "root")], folder, until)


def _run(command: list[str], folder: Path, until: float) -> str:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=True, timeout=max(1.0, until - time.monotonic()),
            env={**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"},
        )  # fmt: skip
    except subprocess.TimeoutExpired as slow:
        raise NoClamd(f"Fetching it took more than {FETCH_SECONDS} seconds.") from slow
    except (OSError, subprocess.CalledProcessError) as fault:
        said = (getattr(fault, "stderr", "") or str(fault)).strip().splitlines()
        raise NoClamd(f"Fetching it failed: {said[-1][:200] if said else fault}.") from fault
    return done.stdout


@dataclass
class Clamd:
    """One clamd at a socket of its own, with signatures given as text; ``stop`` and ``start`` play a scanner away.

    ``signatures`` are files of a signature database by name: ``{"own.ndb": "Name:0:*:6869"}``.
    """

    program: Program
    folder: Path
    signatures: Mapping[str, str]
    stream_max_bytes: int = 1024 * 1024
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """What CLAMD_URL says to find it."""
        return f"unix://{self._socket}"

    @property
    def _socket(self) -> Path:
        return self.folder / "clamd.sock"

    def start(self) -> None:
        """Start it and wait until it answers.

        :raises NoClamd: it ends, or does not answer in time; the sentence holds the last line that it said.
        """
        database = self.folder / "signatures"
        database.mkdir(parents=True, exist_ok=True)
        for name, text in self.signatures.items():
            (database / name).write_text(text + "\n")
        settings = self.folder / "clamd.conf"
        settings.write_text(
            f"Foreground yes\nLocalSocket {self._socket}\nFixStaleSocket yes\nDatabaseDirectory {database}\n"
            f"TemporaryDirectory {self.folder}\nStreamMaxLength {self.stream_max_bytes}\nMaxThreads 4\n"
            "SelfCheck 0\nReadTimeout 20\n"
        )
        with (self.folder / "clamd.log").open("wb") as log:
            self.process = subprocess.Popen(
                [str(self.program.path), "-c", str(settings)], cwd=self.folder, env=self.program.environ,
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > until:
                said = (self.folder / "clamd.log").read_text(errors="replace").strip().splitlines()
                self.stop()
                raise NoClamd(f"The one at {self.program.path} does not start: {said[-1] if said else 'no word'}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it, and whatever it was at."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
        self._socket.unlink(missing_ok=True)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(5)
            try:
                line.connect(str(self._socket))
                line.sendall(b"zPING\0")
                return line.recv(16).startswith(b"PONG")
            except OSError:
                return False


@contextmanager
def started_clamd(cache: Path, signatures: Mapping[str, str], *, stream_max_bytes: int) -> Iterator[Clamd]:
    """A running clamd; it ends with the block.

    :raises NoClamd: there is none to be had.
    """
    program = clamd_program(cache)
    # A short path: sockets may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="clamd-", ignore_cleanup_errors=True) as folder:
        running = Clamd(program, Path(folder), signatures, stream_max_bytes)
        running.start()
        try:
            yield running
        finally:
            running.stop()
