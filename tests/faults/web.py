"""A real web server on the database of a faults' site, behind a line that can be severed, and a browser before it."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from flask.sessions import SecureCookieSessionInterface

from config import ROOT
from portal.accounts.models import Person
from tests.faults.conftest import Site
from tests.faults.severing import Severing

# Completions of single uploads and of batches.
COMPLETION = rb"POST /\S*completion HTTP"
# The server that `portal up` starts, with one process.
SERVER = ["gunicorn", "tests.faults.served:small_parts()", "-k", "gthread", "--threads", "4", "--log-level", "warning"]


class Severed(Exception):
    """The line broke before the whole answer was here."""


class Hand:
    """Asks the web server as the browser's script does: each answer is whole, or it did not come."""

    def __init__(self, site: Site, url: str, person: Person) -> None:
        serializer: Any = SecureCookieSessionInterface().get_signing_serializer(site.app)
        self._address = urlsplit(url)
        self._cookie = f"atrium={serializer.dumps({'sign_in': site.token(person)})}"

    def get(self, path: str, **_: Any) -> Any:
        """The answer to a question."""
        return self._ask("GET", path, None)

    def post(self, path: str, *, json: Any, **_: Any) -> Any:
        """The answer to an order."""
        return self._ask("POST", path, json)

    def _ask(self, method: str, path: str, sent: Any) -> Any:
        """:raises Severed: no answer, or half of one."""
        line = http.client.HTTPConnection(str(self._address.hostname), self._address.port or 80, timeout=30)
        headers = {"Accept": "application/json", "Content-Type": "application/json", "Cookie": self._cookie}
        try:
            line.request(method, path, body=None if sent is None else json.dumps(sent), headers=headers)
            answer = line.getresponse()
            text = answer.read().decode()
            return SimpleNamespace(status_code=answer.status, json=json.loads(text), text=text)
        except (OSError, http.client.HTTPException, ValueError) as broken:
            raise Severed from broken
        finally:
            line.close()


@contextmanager
def served(site: Site, log: Path) -> Iterator[Severing]:
    """The line to a web server of the site; requests that end an upload can be cut on it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with Severing(f"http://127.0.0.1:{port}", COMPLETION) as line, log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", *SERVER, "-b", f"127.0.0.1:{port}"], cwd=ROOT, stdout=sink, stderr=sink,
            env={**os.environ, **site.env, "PORTAL_URL": line.url}, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            _wait_until_it_answers(port, log)
            yield line
        finally:
            process.terminate()
            process.wait(20)


def _wait_until_it_answers(port: int, log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(log.read_text(errors="replace")[-2000:])
