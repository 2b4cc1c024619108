"""`portal up`: everything starts, comes back when killed, and leaves nothing when stopped."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest

from portal.engines.place import is_free
from tests.engines.site import RunningSite, portal, site, wait_for


def _take(port: int, stack: ExitStack) -> None:
    """Listen on a port as another program would, unless one does already."""
    if is_free(port):
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", port))
        listener.listen()


def _command(process: psutil.Process) -> str:
    """Its command line; nothing for a process that has just ended."""
    with suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


def _one(running: RunningSite, *words: str) -> psutil.Process:
    """The first process (the oldest: the parent) whose command line holds all words."""
    found = [p for p in running.processes() if all(word in _command(p) for word in words)]
    return min(found, key=lambda process: process.create_time())


def test_what_is_killed_comes_back_and_a_stop_leaves_no_process(tmp_path: Path) -> None:
    """Part by part, then everything at once, then the supervisor: as one story, for each start takes its time."""
    var = tmp_path / "a folder with spaces" / "var"
    with ExitStack() as stack:
        for usual in (8000, 8333, 5432, 6379):
            _take(usual, stack)
        running = stack.enter_context(site(var))
        running.wait_until_up()
        address = running.env["PORTAL_URL"]
        assert ":8000" not in address
        assert "Set up your firm with this link" in running.output
        wait_for(running.healthy)
        healthy = portal("doctor", "--json", var=var)
        assert healthy.returncode == 0, healthy.stdout
        assert json.loads(healthy.stdout)["ok"]

        for words in (["postgres", "-D"], ["valkey-server"], ["weed"], ["gunicorn"], ["celery", "worker"], ["beat"]):
            _one(running, *words).kill()
        wait_for(running.healthy)

        again = portal("up", var=var)
        assert again.returncode == 1
        assert len(again.stderr.strip().splitlines()) == 1
        assert f"already runs on this data folder ({var}) at {address}" in again.stderr

        running.kill_everything()
    _after_kill_9_of_everything_the_next_start_repairs_itself(var, address)
    assert portal("doctor", var=var).returncode == 1


def _after_kill_9_of_everything_the_next_start_repairs_itself(var: Path, address: str) -> None:
    # The process id in the old lock may by now belong to somebody else: here to process 1, which certainly runs.
    lock = var / "postgres" / "data" / "postmaster.pid"
    lock.write_text("1\n" + lock.read_text().split("\n", 1)[1])
    (var / "postgres" / "draft").mkdir(exist_ok=True)
    with site(var) as running:
        running.wait_until_up()
        assert running.env["PORTAL_URL"] == address
        assert running.answers()
        _one(running, "supervisord").kill()
        wait_for(lambda: "is started again" in running.output and running.output.count("Atrium runs at") == 2)
        assert running.answers()
        running.stop()
        assert running.process.returncode == 0
        assert running.processes() == []


def test_engines_of_a_killed_start_are_found_and_replaced(tmp_path: Path) -> None:
    var = tmp_path / "var"
    with site(var) as running:
        wait_for(lambda: any("postgres" in p.name() for p in running.processes()))
        running.process.kill()
        running.process.wait()
        with site(var) as next_one:
            next_one.wait_until_up()
            servers = [p for p in next_one.processes() if p.name() in ("postgres", "valkey-server", "weed")]
            assert len({p.pid for p in servers if "supervisord" in _command(p.parent())}) == 3
            next_one.stop()
            assert next_one.processes() == []


@pytest.mark.parametrize("port", ["8123456", "zero"])
def test_a_wrong_port_is_refused_before_anything_starts(tmp_path: Path, port: str) -> None:
    done = portal("up", "--port", port, var=tmp_path)
    assert done.returncode == 2
    assert "--port" in done.stderr


def test_a_port_that_was_asked_for_and_is_taken_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = portal("up", "--port", str(port), var=tmp_path)
    assert done.returncode == 1
    assert f"Port {port} is taken" in done.stderr
