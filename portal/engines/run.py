"""Start the three engines for as long as a block of code runs: for tests, tools and developers."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from portal.engines.leftovers import marked, stop_leftovers
from portal.engines.place import Place
from portal.engines.postgres import Postgres
from portal.engines.seaweedfs import SeaweedFS
from portal.engines.secrets import Secrets
from portal.engines.valkey import Valkey

Engine = Postgres | SeaweedFS | Valkey
_START_SECONDS = 60


@contextmanager
def started(folder: Path, *, for_tests: bool = False) -> Iterator[dict[str, str]]:
    """Run PostgreSQL, SeaweedFS and Valkey with their data in ``folder``; yield the environment that leads to them.

    ``for_tests`` makes them fast and forgetful. What an earlier run left running in ``folder`` is stopped first.

    :raises TimeoutError: when one of them does not answer within a minute.
    :raises RuntimeError: when one of them ends at its start, with the end of its log.
    """
    place = Place.at(folder, for_tests=for_tests)
    secrets = Secrets.kept_in(place.var)
    engines: list[Engine] = [SeaweedFS(place, secrets), Postgres(place, secrets), Valkey(place)]
    stop_leftovers(place.var, grace=2)
    with ExitStack() as stack:
        stack.callback(_forget_sockets, place)
        with ThreadPoolExecutor(len(engines)) as pool:
            list(pool.map(lambda engine: engine.prepare(), engines))
            # Started from this thread: a child that dies with its parent really dies with the thread that made it.
            processes = [stack.enter_context(_running(engine, place)) for engine in engines]
            list(pool.map(_wait_for, engines, processes, [place] * len(engines)))
        env = {"SECRET_KEY": secrets.secret_key, "PORTAL_URL": "http://localhost", "PORTAL_VAR": str(place.var)}
        for engine in engines:
            env |= engine.settings()
        yield env


@contextmanager
def _running(engine: Engine, place: Place) -> Iterator[subprocess.Popen[bytes]]:
    with place.log(engine.name).open("ab") as log:
        process = subprocess.Popen(
            _dying_with_us(engine.command),
            cwd=engine.working_folder,
            env=os.environ | marked(place.var) | engine.environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _stop(engine, process, place)


def _dying_with_us(command: list[str]) -> list[str]:
    """A killed test run must not leave engines behind; where setpriv is missing, the next start tidies up."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return command
    if command[0] == setpriv:
        return [setpriv, "--pdeathsig=KILL", *command[1:]]
    return [setpriv, "--pdeathsig=KILL", *command]


def _wait_for(engine: Engine, process: subprocess.Popen[bytes], place: Place) -> None:
    try:
        engine.wait_until_ready(_START_SECONDS)
    except TimeoutError:
        said = place.log(engine.name).read_text(errors="replace")[-2000:]
        if process.poll() is not None:
            raise RuntimeError(f"{engine.name} ended with status {process.returncode}:\n{said}") from None
        raise


def _stop(engine: Engine, process: subprocess.Popen[bytes], place: Place) -> None:
    if place.for_tests and engine.name != "postgres":
        process.kill()  # nothing here outlives the run, and SeaweedFS takes up to 30 s to leave by itself
    else:
        process.send_signal(engine.stop_signal)
    try:
        process.wait(engine.stop_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _forget_sockets(place: Place) -> None:
    if place.for_tests and place.var not in place.sockets.parents:
        shutil.rmtree(place.sockets, ignore_errors=True)
        (place.var / "run" / "sockets").unlink(missing_ok=True)
