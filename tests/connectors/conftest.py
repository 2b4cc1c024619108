"""A real HTTP server that plays the receiver, and a webhook of Acme that leads to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import func, select, update

from portal.connectors import commands
from portal.connectors.models import Delivery
from portal.kit.db import db
from portal.outbox import commands as outbox
from portal.outbox.models import OutboxEntry

LOOPBACK = {"allowed_networks": "127.0.0.0/8"}


@dataclass
class Receiver:
    """What came in, and what is answered next: a status, or a function that talks to the socket itself."""

    port: int
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            found.requests.append((self.path, dict(self.headers), body))
            answer = found.answers.pop(0) if found.answers else 200
            if callable(answer):
                return answer(self)
            self.send_response(answer)
            if 300 <= answer < 400:
                self.send_header("Location", f"{found.url}/elsewhere")
            self.end_headers()
            self.wfile.write(b"thanks " * 1000)

        do_GET = do_POST  # noqa: N815 - the name that http.server looks for

        def log_message(self, *_args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found = Receiver(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def link(cast, receiver):
    commands.activate("webhooks", actor=cast.alice, settings=LOOPBACK)
    settings = {"url": receiver.url, "events": ["file.uploaded", "form.answered"]}
    return commands.attach(cast.acme, "webhooks", settings, actor=cast.alice)


@pytest.fixture
def happen(cast, session):
    """``happen("file.uploaded")``: an event, and all work that is due because of it. Returns the newest delivery."""

    def make(event: str = "file.uploaded", **data: Any) -> Delivery | None:
        commands.publish(event, cast.acme.id, data or {"name": "a.pdf"})
        work_all()
        return newest()

    return make


def newest() -> Delivery | None:
    return db.session.scalars(
        select(Delivery).order_by(Delivery.id.desc()).limit(1).execution_options(populate_existing=True)
    ).one_or_none()


def work_all(rounds: int = 3) -> None:
    """Do what is due among the connectors' work."""
    for _round in range(rounds):
        due = db.session.scalars(
            select(OutboxEntry.id).where(
                OutboxEntry.name.startswith("connectors."),
                OutboxEntry.done_at.is_(None),
                OutboxEntry.failed_at.is_(None),
                OutboxEntry.available_at <= func.now(),
            )
        ).all()
        for entry_id in due:
            outbox.work(entry_id)


def make_due() -> None:
    """Let the time of waiting pass."""
    db.session.execute(update(OutboxEntry).where(OutboxEntry.done_at.is_(None)).values(available_at=func.now()))
    db.session.commit()


def drip(seconds: float) -> Any:
    """An answer whose headers come a byte at a time."""

    def answer(handler: Any) -> None:
        end = time.monotonic() + seconds
        try:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
            while time.monotonic() < end:
                handler.wfile.write(b"x")
                time.sleep(0.05)
        except OSError:
            pass

    return answer
