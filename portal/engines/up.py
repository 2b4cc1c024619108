"""`portal up`: everything that is not configured from outside, started, watched, and stopped together."""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console

from config import ROOT, Settings
from portal.engines import report
from portal.engines.leftovers import marked, stop_leftovers
from portal.engines.migrating import has_firm, migrate
from portal.engines.place import Place
from portal.engines.postgres import Postgres
from portal.engines.run import Engine
from portal.engines.seaweedfs import SeaweedFS
from portal.engines.secrets import Secrets, write_privately
from portal.engines.site import site_programs, web_port
from portal.engines.supervision import Program, Supervisor, supervised
from portal.engines.valkey import Valkey

_ENGINE_SECONDS = 60
_WEB_SECONDS = 60


class AlreadyRunning(RuntimeError):
    """Another `portal up` looks after this data folder."""


class Stop(BaseException):
    """Ctrl-C or SIGTERM."""


@dataclass
class Up:
    """One run of the site on the data folder of ``place``."""

    place: Place
    port: int
    demo_wanted: bool
    console: Console

    def __post_init__(self) -> None:
        self.secrets = Secrets.kept_in(self.place.var)
        self.engines = self._engines()
        self.env = {"PORTAL_URL": os.environ.get("PORTAL_URL") or f"http://localhost:{self.port}"}
        self.env |= {"SECRET_KEY": os.environ.get("SECRET_KEY") or self.secrets.secret_key}
        self.env |= {"PORTAL_VAR": str(self.place.var)}

    def _engines(self) -> list[Engine]:
        origins = [f"http://localhost:{self.port}", f"http://127.0.0.1:{self.port}"]
        if os.environ.get("PORTAL_URL"):
            address = urlsplit(os.environ["PORTAL_URL"])
            origins.append(f"{address.scheme}://{address.netloc}")
        wanted: dict[str, Engine] = {
            "S3_ENDPOINT_URL": SeaweedFS(self.place, self.secrets, origins),
            "DATABASE_URL": Postgres(self.place, self.secrets),
            "REDIS_URL": Valkey(self.place),
        }
        return [engine for name, engine in wanted.items() if not os.environ.get(name)]

    def run(self) -> None:
        """Start everything and stay until :class:`Stop`; a supervisor that dies is replaced."""
        while True:
            stop_leftovers(self.place.var)
            self._prepare()
            with supervised(self.place, self._programs(), self.env) as supervisor:
                self._come_up(supervisor)
                while not supervisor.has_ended:
                    time.sleep(0.5)
            self.console.print("The supervisor has died and is started again.")

    def _prepare(self) -> None:
        for engine in self.engines:
            engine.prepare()
            self.env |= engine.settings()
        Settings.from_env(os.environ | self.env)

    def _programs(self) -> list[Program]:
        return [
            Program(e.name, "engines", e.command, e.working_folder, e.stop_signal, e.stop_seconds, e.environ)
            for e in self.engines
        ]

    def _start_site(self, supervisor: Supervisor) -> None:
        # Only a demo firm offers sign-in by one click, and whether there is one is known only now.
        demo = {"PORTAL_DEMO": "1"} if report.sign_ins_file(self.place.var).exists() else {}
        self.env |= demo
        supervisor.start(site_programs(self.place, self.port, demo))

    def _come_up(self, supervisor: Supervisor) -> None:
        slow = [engine for engine in self.engines if isinstance(engine, SeaweedFS)]
        for engine in self.engines:
            if engine not in slow:
                self._wait_for(engine)
        half_made = self._half_made_demo.exists()
        for engine in self.engines:
            if half_made and isinstance(engine, Postgres):
                engine.forget_everything()
        migrate(self.env | {"DATABASE_URL": self._database_url})
        first_run = not has_firm(self._database_url)
        if not first_run:
            # The web server takes as long to start as the object store: let them do it side by side.
            self._start_site(supervisor)
        for engine in slow:
            self._wait_for(engine)
            if half_made:
                engine.forget_everything()
        link = None
        if first_run:
            link = self._begin()
            self._start_site(supervisor)
        write_privately(environment_file(self.place.var), json.dumps(self.env, indent=1))
        self._wait_for_web()
        supervisor.start_those_that_wait("site")
        report.show_address(self.console, self.env["PORTAL_URL"], self.place.var, link)

    def _wait_for(self, engine: Engine) -> None:
        try:
            engine.wait_until_ready(_ENGINE_SECONDS)
        except TimeoutError as fault:
            raise RuntimeError(f"{fault}\n{_tail(self.place, engine.name)}") from fault

    @property
    def _half_made_demo(self) -> Path:
        """Stands while the demo is being made: when it is found at a start, that start begins the demo anew."""
        return self.place.var / "demo-unfinished"

    @property
    def _database_url(self) -> str:
        return os.environ.get("DATABASE_URL") or self.env["DATABASE_URL"]

    def _begin(self) -> str | None:
        """On an empty database: make the demo firm, or a link by which the real one is set up."""
        if self.demo_wanted:
            self.console.print("First run: the demo firm is being made. This takes about a minute.")
            self._half_made_demo.touch()
            portal(["demo"], self.env)
            self._half_made_demo.unlink()
            return None
        return portal(["set-up-link"], self.env, capture=True).strip() or None

    def _wait_for_web(self) -> None:
        deadline = time.monotonic() + _WEB_SECONDS
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
                connection.request("GET", "/", headers={"Host": urlsplit(self.env["PORTAL_URL"]).netloc})
                connection.getresponse()
                return
            except OSError as fault:
                if time.monotonic() > deadline:
                    raise RuntimeError(f"The web server does not answer:\n{_tail(self.place, 'web')}") from fault
                time.sleep(0.05)


def portal(arguments: list[str], env: dict[str, str], *, capture: bool = False) -> str:
    """Run another `portal` command with the environment of the running engines.

    :raises RuntimeError: when it fails.
    """
    command = [sys.executable, "-m", "portal.cli", *arguments]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | env | marked(Path(env["PORTAL_VAR"])),
        check=False,
        text=True,
        stdout=subprocess.PIPE if capture else None,
    )
    if done.returncode:
        raise RuntimeError(f"`portal {' '.join(arguments)}` failed; the reason stands above.")
    return done.stdout if capture else ""


def environment_file(var: Path) -> Path:
    """Where a running `portal up` writes the environment that leads to its engines (mode 600)."""
    return var / "run" / "env.json"


def run_up(var: Path, port: int | None, *, demo: bool) -> None:
    """Run the site until Ctrl-C or SIGTERM.

    :raises AlreadyRunning: when another one runs on this data folder.
    :raises RuntimeError: when a part cannot be started, with the reason.
    """
    if any(sign in str(var) for sign in "\n;"):
        raise RuntimeError("The path of the data folder may contain neither line breaks nor semicolons.")
    console = Console()
    place = Place.at(var)
    with _only_one(place):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _raise_stop)
        try:
            stop_leftovers(place.var)
            Up(place, web_port(place.var, port), demo, console).run()
        except Stop:
            pass
        finally:
            environment_file(place.var).unlink(missing_ok=True)
            stop_leftovers(place.var, grace=1)
            console.print("Everything is stopped.")


def _raise_stop(*_: object) -> None:
    # A second Ctrl-C must not break the orderly stop; it is short, and kill -9 is repaired by the next start.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    print("\nStopping...", flush=True)
    raise Stop


@contextmanager
def _only_one(place: Place) -> Iterator[None]:
    """Hold the folder's lock. The kernel lets go of it when we die, however that happens: it is never stale."""
    with (place.var / "run" / "up.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(_where_it_runs(place)) from None
        yield


def _where_it_runs(place: Place) -> str:
    file = environment_file(place.var)
    address = json.loads(file.read_text())["PORTAL_URL"] if file.exists() else None
    where = f"at {address}" if address else "and is just starting"
    return f"Atrium already runs on this data folder ({place.var}) {where}."


def _tail(place: Place, name: str) -> str:
    return place.log(name).read_text(errors="replace")[-2000:]
