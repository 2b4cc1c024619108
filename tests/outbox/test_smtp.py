"""A mail server that refuses, hangs up and then accepts: every mail arrives, and arrives once."""

from __future__ import annotations

import socket
import uuid
from collections import Counter
from collections.abc import Iterator
from email import message_from_bytes
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import text

from portal import mailer
from portal.accounts.models import Person
from portal.kit.db import db, transactional
from tests.figures import record_figure
from tests.outbox.conftest import Site

MAILS = 40


class MoodyServer:
    """Refuses the first try of each reader in one of four ways, and takes the second."""

    def __init__(self) -> None:
        self.tries: Counter[str] = Counter()
        self.taken: list[str] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        self.tries[address] += 1
        mood = int(address.partition("@")[0].removeprefix("r")) % 4
        if self.tries[address] == 1 and mood == 0:
            return "450 4.2.0 greylisted"
        if self.tries[address] == 1 and mood == 1:
            server.transport.close()
            return "421 4.3.0 closing"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        address = envelope.rcpt_tos[0]
        mood = int(address.partition("@")[0].removeprefix("r")) % 4
        if self.tries[address] == 1 and mood == 2:
            return "451 4.3.0 disk full"
        self.taken.append(message_from_bytes(envelope.content)["Message-ID"])
        return "250 OK"


@pytest.fixture
def server() -> Iterator[tuple[MoodyServer, int]]:
    """The server and its port."""
    moody = MoodyServer()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(moody, hostname="127.0.0.1", port=port)
    controller.start()
    yield moody, port
    controller.stop()


@transactional
def _send(number: int) -> None:
    reader = Person(
        id=uuid.uuid4(), kind="collaborator", email=f"r{number}@firm.example", first_name="Ruth", language="en"
    )
    mailer.send("export_ready", to=reader, export_id=uuid.uuid4(), file_name="clients.xlsx")


def test_refused_then_accepted_mails_arrive_once(site: Site, server: tuple[MoodyServer, int]) -> None:
    moody, port = server
    site.start_worker(SMTP_URL=f"smtp://127.0.0.1:{port}")
    for number in range(MAILS):
        _send(number)

    def all_sent() -> bool:
        # The pauses between tries are cut short; everything else is as it is in service.
        with db.engine.begin() as connection:
            connection.execute(text("UPDATE outbox SET available_at = now() WHERE available_at > now()"))
        return not site.open_work()

    site.sweep_until(all_sent)
    doubled = len(moody.taken) - len(set(moody.taken))
    lost = MAILS - len(set(moody.taken))
    record_figure("outbox: mail server moody, lost", lost, f"0 of {MAILS}", lost == 0)
    record_figure("outbox: mail server moody, doubled", doubled, f"0 of {MAILS}", doubled == 0)
    assert (lost, doubled) == (0, 0)
    with db.engine.connect() as connection:
        assert dict(connection.execute(text("SELECT state, count(*) FROM mail GROUP BY state")).all()) == {
            "sent": MAILS
        }
    assert sum(moody.tries.values()) >= MAILS + 3 * MAILS // 4
