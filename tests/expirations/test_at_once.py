"""Receipts and notices with real commits: several at the same moment, and nothing is doubled."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from flask import Flask
from sqlalchemy import func, select

from portal.clients import commands as clients
from portal.clients.models import Client, Membership
from portal.expirations.models import ExpiryNotice
from portal.expirations.notices import tell
from portal.files.commands.completion import store_bytes
from portal.files.commands.receipts import add_to_receipt, mail_receipt
from portal.files.models import Folder, Receipt, ReceiptLine
from portal.kit.clock import now
from portal.kit.db import db, transactional
from portal.kit.errors import Conflict
from portal.mailer.models import Mail
from portal.outbox.models import OutboxEntry
from tests.at_once import at_once
from tests.cast import Cast
from tests.figures import record_figure

WORKERS = 6
ROUNDS = 5


def _count(model: type, *conditions: object) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0  # type: ignore[arg-type]


def test_files_deposited_at_once_are_one_receipt_and_one_mail(real: tuple[Flask, Cast]) -> None:
    """Six uploads of Diego end in the same moment; then six workers are handed the same promise."""
    app, cast = real
    diego = cast.diego.viewer

    @transactional
    def deposit(number: int) -> None:
        folder = db.session.get_one(Folder, cast.exchange.id)
        add_to_receipt(diego, folder, store_bytes(folder, f"{number}.txt", b"content", actor=diego))

    for done in range(1, ROUNDS + 1):
        assert [
            result
            for result in at_once(app, *(partial(deposit, number) for number in range(WORKERS)))
            if result is not None
        ] == []
        with app.app_context():
            receipt_id = db.session.scalars(select(Receipt.id).where(Receipt.mailed_at.is_(None))).one()
            assert _count(ReceiptLine, ReceiptLine.receipt_id == receipt_id) == WORKERS
            assert _count(OutboxEntry, OutboxEntry.name == "files.mail_receipt") == done
            db.session.remove()
        assert [result for result in at_once(app, *[partial(mail_receipt, str(receipt_id))] * WORKERS) if result] == []
        with app.app_context():
            assert _count(Mail, Mail.template == "receipt") == done
    record_figure("receipts: files deposited at once, doubled or lost", 0, "0")


def test_workers_that_tell_at_once_tell_each_reader_once(real: tuple[Flask, Cast]) -> None:
    """The notice's key is unique, and its mails are in the same transaction."""
    app, cast = real
    with app.app_context():
        for person in (cast.clara, cast.diego):
            clients.set_contact_end(cast.acme, person.id, now() + timedelta(days=5), actor=cast.alice)
        db.session.remove()
    results = at_once(app, *[tell] * WORKERS)
    assert [result for result in results if isinstance(result, Exception)] == []
    with app.app_context():
        assert _count(ExpiryNotice) == 2
        mails = select(Mail.to_address).where(Mail.template == "access_ends").order_by(Mail.to_address)
        told = list(db.session.scalars(mails))
    # Clara and Diego of themselves, Bob once of both (or of each, where two workers shared the work).
    assert [address for address in told if address != cast.bob.email] == [cast.clara.email, cast.diego.email]
    assert told.count(cast.bob.email) in (1, 2)


def test_of_many_who_press_renew_at_once_one_renews(real: tuple[Flask, Cast]) -> None:
    """All of them have read the same end; the others are told that somebody was first."""
    app, cast = real
    with app.app_context():
        clients.set_contact_end(cast.acme, cast.diego.id, now() + timedelta(days=5), actor=cast.alice)
        found = select(Membership.valid_until).where(Membership.person_id == cast.diego.id)
        seen = db.session.scalar(found)
        db.session.remove()
    assert seen is not None
    last = seen.date() + timedelta(days=30)

    def renew() -> None:
        client = db.session.get_one(Client, cast.acme.id)
        clients.renew_member(client, cast.diego.id, last, kind="contact", seen=seen, actor=cast.alice)

    results = at_once(app, *[renew] * WORKERS)
    assert results.count(None) == 1
    assert [type(result) for result in results if result is not None] == [Conflict] * (WORKERS - 1)
