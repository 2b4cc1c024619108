"""The processes of `portal up` under supervisord, which starts a dead one again."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from supervisor.xmlrpc import SupervisorTransport

from portal.engines.leftovers import marked
from portal.engines.place import Place
from portal.engines.secrets import write_privately


@dataclass(frozen=True)
class Program:
    """One process to look after. Groups stop one after the other, the one that started last first."""

    name: str
    group: str
    command: Sequence[str]
    folder: Path
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: int = 15
    environ: dict[str, str] = field(default_factory=dict)
    waits: bool = False  # until its group is started a second time, so that it takes no time from the others


@dataclass(frozen=True)
class Supervisor:
    """A running supervisord."""

    place: Place
    process: subprocess.Popen[bytes]
    programs: list[Program]

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def start(self, programs: Sequence[Program]) -> None:
        """Start further programs (of groups that do not run yet), without waiting until they are up."""
        self.programs.extend(programs)
        write_privately(_configuration_file(self.place), configuration_of(self.place, self.programs))
        self._rpc().reloadConfig()
        for group in _groups(programs):
            self._rpc().addProcessGroup(group)

    def start_those_that_wait(self, group: str) -> None:
        """Start the programs of a running group that were told to wait."""
        self._rpc().startProcessGroup(group, False)

    def states(self) -> dict[str, str]:
        """State of each program by its name: RUNNING, STARTING, BACKOFF, FATAL, ..."""
        answer = self._rpc().getAllProcessInfo()
        return {str(entry["name"]): str(entry["statename"]) for entry in answer}  # type: ignore[index, union-attr, call-overload]

    def stop(self) -> None:
        """Stop every program, the last group first; a supervisor that takes longer than all of them may is killed."""
        if not self.has_ended:
            self.process.terminate()
        longest = [max(p.stop_seconds for p in self.programs if p.group == group) for group in _groups(self.programs)]
        try:
            self.process.wait(3 + sum(longest))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _rpc(self) -> xmlrpc.client.ServerProxy:
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport).supervisor  # type: ignore[return-value]

    @property
    def _socket(self) -> Path:
        return self.place.sockets / "supervisor.sock"

    def wait_until_it_answers(self, timeout: float) -> None:
        """:raises RuntimeError: when supervisord ends or stays silent for ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        while not self.has_ended and time.monotonic() < deadline:
            with suppress(OSError, xmlrpc.client.Error):
                self.states()
                return
            time.sleep(0.05)
        raise RuntimeError(f"The supervisor did not start: see {self.place.log('supervisor')}.")


@contextmanager
def supervised(place: Place, programs: Sequence[Program], env: dict[str, str]) -> Iterator[Supervisor]:
    """Run supervisord and these programs for a block of code.

    ``env`` is added to the environment of every program. At the end everything is stopped.
    """
    write_privately(_configuration_file(place), configuration_of(place, programs))
    command = [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(_configuration_file(place))]
    setpriv = shutil.which("setpriv")
    if setpriv:
        # When `portal up` itself is killed, the supervisor takes its programs down in good order.
        command = [setpriv, "--pdeathsig=TERM", *command]
    with place.log("supervisor").open("ab") as log:
        process = subprocess.Popen(
            command,
            env=os.environ | env | marked(place.var),
            cwd=place.var,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C in the terminal reaches `portal up` only, which then stops in order
        )
    supervisor = Supervisor(place, process, list(programs))
    try:
        supervisor.wait_until_it_answers(20)
        yield supervisor
    finally:
        supervisor.stop()


def _configuration_file(place: Place) -> Path:
    return place.var / "run" / "supervisord.conf"


def _groups(programs: Sequence[Program]) -> list[str]:
    return list(dict.fromkeys(program.group for program in programs))


def configuration_of(place: Place, programs: Sequence[Program]) -> str:
    """The text of supervisord.conf for these programs."""
    sections = [
        _section(
            "supervisord",
            nodaemon="true",
            silent="true",
            logfile=place.log("supervisord"),
            logfile_maxbytes="5MB",
            pidfile=place.var / "run" / "supervisord.pid",
            **({"user": "root"} if os.geteuid() == 0 else {}),
        ),
        _section("unix_http_server", file=place.sockets / "supervisor.sock", chmod="0700"),
        _section(
            "rpcinterface:supervisor",
            **{"supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"},
        ),
    ]
    for priority, group in enumerate(_groups(programs), 1):
        members = [program for program in programs if program.group == group]
        names = ",".join(program.name for program in members)
        sections.append(_section(f"group:{group}", programs=names, priority=priority))
        sections += [_program(place, program) for program in members]
    return "\n".join(sections)


def _program(place: Place, program: Program) -> str:
    environ = ",".join(f'{name}="{value}"' for name, value in program.environ.items())
    return _section(
        f"program:{program.name}",
        command=shlex.join(program.command),
        directory=program.folder,
        autostart="false" if program.waits else "true",
        autorestart="true",
        startsecs=1,
        # Each try waits a second longer; an engine whose old lock still stands comes up after a few.
        startretries=50,
        stopsignal=program.stop_signal.name.removeprefix("SIG"),
        stopwaitsecs=program.stop_seconds,
        killasgroup="true",
        redirect_stderr="true",
        stdout_logfile=place.log(program.name),
        stdout_logfile_maxbytes="10MB",
        stdout_logfile_backups=3,
        **({"environment": environ} if environ else {}),
    )


def _section(title: str, **values: object) -> str:
    # supervisord expands %(...)s in every value.
    lines = [f"{name} = {str(value).replace('%', '%%')}" for name, value in values.items()]
    return "\n".join([f"[{title}]", *lines, ""])
