"""Mails against a real mail server: taken, put off, refused, lost in the middle; never twice."""

from __future__ import annotations

import dataclasses
import email
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select, update

from portal.accounts import commands as accounts
from portal.kit.db import db
from portal.kit.mail import compose
from portal.mailer import commands
from portal.mailer.models import Mail
from portal.outbox import commands as outbox
from portal.outbox.models import OutboxEntry
from portal.outbox.registry import RetryLater
from tests.cast import Cast
from tests.postbox import do_promised_work


class Server:
    """A mail server that answers DATA as it is told, then takes what comes."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.mails: list[EmailMessage] = []
        self.refuse_reader = ""

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if self.refuse_reader:
            return self.refuse_reader
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer == "drop":
            server.transport.close()
            return "250 nobody hears this"
        if answer.startswith("250"):
            self.mails.append(email.message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        return answer


def free_port() -> int:
    """A port that nobody listens on (the server's starter cannot take port 0)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def server(app: Any) -> Iterator[Server]:
    """A real SMTP server in this process, and the application pointed at it."""
    handler = Server()
    port = free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    real = app.config["SETTINGS"]
    app.config["SETTINGS"] = dataclasses.replace(
        real, smtp_url=f"smtp://127.0.0.1:{port}", mail_from="Portal <portal@firm.example>"
    )
    yield handler
    app.config["SETTINGS"] = real
    controller.stop()


@pytest.fixture
def nora(cast: Cast) -> Any:
    """A new contact whose activation mail is promised."""
    person = accounts.create_contact(
        email="nora@client.example", first_name="Nora", last_name="Été", language="fr", actor=cast.alice
    )
    accounts.invite(person, actor=cast.alice)
    return person


def only_mail() -> Mail:
    return db.session.scalars(select(Mail).execution_options(populate_existing=True)).one()


def make_due() -> None:
    db.session.execute(update(OutboxEntry).values(available_at=OutboxEntry.created_at, leased_until=None))


def test_a_mail_arrives_whole_and_once(server: Server, nora: Any) -> None:
    do_promised_work()
    do_promised_work()
    commands.deliver(only_mail().id)
    (mail,) = server.mails
    assert mail["To"] == "Nora Été <nora@client.example>"
    assert mail["From"] == "Cabinet Verdier <portal@firm.example>"
    assert mail["Message-ID"].startswith(f"<{only_mail().id}@")
    assert mail["Auto-Submitted"] == "auto-generated" and mail["Content-Language"] == "fr"
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None and html is not None
    assert "/activation/" in text.get_content() and "prefers-color-scheme" in html.get_content()
    row = only_mail()
    assert (row.state, row.attempts, row.body_text, row.body_html) == ("sent", 1, None, None)
    assert row.sent_at is not None


@pytest.mark.parametrize("first", ["451 4.7.1 Greylisted, come back later", "421 4.3.2 closing", "drop"])
def test_a_mail_that_is_put_off_arrives_later_with_the_same_id(server: Server, nora: Any, first: str) -> None:
    server.answers = [first]
    do_promised_work()
    assert (only_mail().state, server.mails) == ("waiting", [])
    assert only_mail().last_error
    make_due()
    do_promised_work()
    assert only_mail().state == "sent" and only_mail().last_error is None
    assert len(server.mails) == 1
    assert server.mails[0]["Message-ID"].startswith(f"<{only_mail().id}@")


def test_a_refused_mail_is_given_up_visibly_and_can_be_tried_again(
    server: Server, nora: Any, cast: Cast, sign_in: Callable[[Any], Any]
) -> None:
    server.refuse_reader = "550 5.1.1 No such user here"
    do_promised_work()
    mail = only_mail()
    assert mail.state == "failed" and "No such user" in (mail.last_error or "")
    browser = sign_in(cast.alice)
    assert "No such user" in browser.get("/mails?state=failed").text
    server.refuse_reader = ""
    assert browser.post(f"/mails/{mail.id}/retry").status_code == 303
    do_promised_work()
    assert only_mail().state == "sent" and len(server.mails) == 1
    assert browser.post(f"/mails/{mail.id}/retry").status_code == 409


def test_a_server_that_is_away_loses_nothing(app: Any, nora: Any) -> None:
    real = app.config["SETTINGS"]
    app.config["SETTINGS"] = dataclasses.replace(real, smtp_url="smtp://127.0.0.1:9")
    try:
        with pytest.raises(RetryLater):
            commands.deliver(only_mail().id)
        assert only_mail().state == "waiting" and only_mail().attempts == 1
        for _try in range(commands.MAX_ATTEMPTS - 2):
            with pytest.raises(RetryLater):
                commands.deliver(only_mail().id)
        commands.deliver(only_mail().id)
        assert only_mail().state == "failed"
    finally:
        app.config["SETTINGS"] = real


def test_the_same_work_delivered_a_hundred_times_sends_one_mail(server: Server, nora: Any) -> None:
    entry = db.session.scalars(select(OutboxEntry.id).where(OutboxEntry.name == "mail.deliver")).one()
    ident = only_mail().id
    for _delivery in range(100):
        outbox.work(entry)
        commands.deliver(ident)
    assert len(server.mails) == 1


def test_names_cannot_inject_headers(server: Server, cast: Cast) -> None:
    message = compose(
        sender="Portal <portal@firm.example>",
        sender_name="Cabinet\r\nBcc: evil@evil.example",
        to_address="nora@client.example",
        to_name='Nora"\r\nBcc: evil@evil.example\r\n\r\nbody',
        subject="Hello\r\nBcc: evil@evil.example\n\x00\u2028x",
        text="text\n",
        html="<p>text</p>",
        message_id="1@host",
        date=datetime(2026, 1, 1, tzinfo=UTC),
        language="fr",
    )
    parsed = email.message_from_bytes(message.as_bytes(), policy=default)
    assert parsed["Bcc"] is None
    assert parsed["Subject"] == "Hello Bcc: evil@evil.example x"
    assert [address.addr_spec for address in parsed["To"].addresses] == ["nora@client.example"]


def test_a_name_that_is_markup_stays_a_name(cast: Cast, app: Any) -> None:
    person = accounts.create_contact(
        email="html@client.example", first_name="<script>alert(1)</script>", last_name="{{ 7*7 }}", actor=cast.alice
    )
    accounts.invite(person, actor=cast.alice)
    do_promised_work()
    mail = only_mail()
    assert "<script>" not in (mail.body_html or "") and "&lt;script&gt;" in (mail.body_html or "")
    assert "{{ 7*7 }}" in (mail.body_text or "")


def test_without_a_mail_server_mails_are_kept_encrypted(nora: Any) -> None:
    from sqlalchemy import text

    do_promised_work()
    assert only_mail().state == "kept" and "/activation/" in (only_mail().body_text or "")
    stored = db.session.execute(text("SELECT body_text, body_html FROM mail")).one()
    assert b"activation" not in bytes(stored[0]) and b"activation" not in bytes(stored[1])


def test_a_kept_mail_is_shown_with_its_links_in_a_sandbox(nora: Any, cast: Cast, sign_in: Callable[[Any], Any]) -> None:
    do_promised_work()
    browser, mail = sign_in(cast.alice), only_mail()
    page = browser.get(f"/mails/{mail.id}")
    assert "/activation/" in page.text and "frame-src 'self'" in page.headers["Content-Security-Policy"]
    preview = browser.get(f"/mails/{mail.id}/preview")
    policy = preview.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox ") and "unsafe" not in policy and "allow-scripts" not in policy
    assert "/activation/" in preview.text


def test_nobody_else_reads_the_mail_log(nora: Any, cast: Cast, sign_in: Callable[[Any], Any]) -> None:
    do_promised_work()
    mail = only_mail()
    for person, stranger in ((cast.bob, 404), (cast.tess, 404), (cast.clara, 404), (cast.mallory, 404)):
        browser = sign_in(person)
        assert browser.get("/mails").status_code == 403
        assert browser.get(f"/mails/{mail.id}").status_code == stranger
        assert browser.get(f"/mails/{mail.id}/preview").status_code == stranger
        assert browser.post(f"/mails/{mail.id}/retry").status_code == stranger
