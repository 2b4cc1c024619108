"""Receipts: whoever may only deposit gets proof of what arrived, once, whatever fails on the way."""

from __future__ import annotations

import hashlib
import os
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from portal.clients import commands as clients
from portal.files import acceptance, reaper
from portal.files.commands import completion
from portal.files.commands import receipts as receipts_commands
from portal.files.commands.bin import bin_folder
from portal.files.commands.receipts import mail_receipt
from portal.files.commands.rights import set_level
from portal.files.models import FileVersion, Receipt, ReceiptLine
from portal.files.receipts import own_receipts, receipt_number, visible_receipts
from portal.kit.clock import now
from portal.kit.db import db
from portal.kit.storage import StoreAway
from portal.mailer.models import Mail
from portal.outbox import commands as outbox
from portal.outbox.models import OutboxEntry
from portal.outbox.registry import RetryLater
from portal.permissions.levels import Level
from tests.files.uploading import upload_file
from tests.postbox import do_promised_work, mails_to
from tests.statements import counted


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of 5 MiB, the least that S3 allows."""
    monkeypatch.setattr(acceptance, "SINGLE_BYTES", 1024 * 1024)
    monkeypatch.setattr(acceptance, "PART_BYTES", 5 * 1024 * 1024)


def let_pass(time: timedelta) -> None:
    """What was promised for later is due now, as if so much time had passed."""
    db.session.execute(update(OutboxEntry).values(available_at=OutboxEntry.available_at - time))
    db.session.execute(update(Receipt).values(created_at=Receipt.created_at - time))
    db.session.commit()
    db.session.expire_all()


def all_receipts() -> list[Receipt]:
    """Every receipt there is, oldest first."""
    return list(db.session.scalars(select(Receipt).order_by(Receipt.id).execution_options(populate_existing=True)))


def lines_of(receipt: Receipt) -> list[ReceiptLine]:
    """The lines of a receipt in order."""
    found = select(ReceiptLine).where(ReceiptLine.receipt_id == receipt.id).order_by(ReceiptLine.id)
    return list(db.session.scalars(found.execution_options(populate_existing=True)))


def test_diego_deposits_and_gets_a_receipt_by_mail_and_as_a_page(cast: Any, sign_in: Any) -> None:
    """Name, size, SHA-256, time, who, firm and client; the mail comes two minutes after the first file."""
    browser, first, second = sign_in(cast.diego), os.urandom(3000), b"second"
    assert upload_file(browser, cast.exchange, "Relevé mars.pdf", first).status_code == 200
    assert upload_file(browser, cast.exchange, "b.txt", second).status_code == 200
    assert mails_to(cast.diego.email, "receipt") == []
    let_pass(timedelta(minutes=2, seconds=1))
    (mail,) = mails_to(cast.diego.email, "receipt")
    (receipt,) = all_receipts()
    assert receipt.mailed_at is not None
    page = browser.get(f"/receipts/{receipt.id}")
    assert page.status_code == 200
    wanted = [
        "Relevé mars.pdf", hashlib.sha256(first).hexdigest(), hashlib.sha256(second).hexdigest(), "3,000",
        "Cabinet Verdier", "Acme", "Exchange", "Diego Diaz", receipt_number(receipt.id),
    ]  # fmt: skip
    for words in wanted:
        assert words in page.text, words
        assert words in (mail.body_text or "").replace("firm.example", ""), words
    assert f"/receipts/{receipt.id}" in (mail.body_text or "")
    assert [line.name for line in lines_of(receipt)] == ["Relevé mars.pdf", "b.txt"]


def test_only_who_may_but_deposit_gets_a_receipt(cast: Any, sign_in: Any) -> None:
    """Clara has full and sees her files; Bob is of the firm."""
    upload_file(sign_in(cast.clara), cast.exchange, "a.txt", b"a")
    upload_file(sign_in(cast.bob), cast.exchange, "b.txt", b"b")
    assert all_receipts() == []


def test_the_time_stands_in_the_readers_zone(cast: Any, sign_in: Any) -> None:
    """Diego lives in Tokyo; the firm is in Paris."""
    cast.diego.time_zone = "Asia/Tokyo"
    db.session.commit()
    browser = sign_in(cast.diego)
    upload_file(browser, cast.exchange, "a.txt", b"a")
    let_pass(timedelta(minutes=3))
    (mail,) = mails_to(cast.diego.email, "receipt")
    (receipt,) = all_receipts()
    assert "+09:00" in (mail.body_text or "")
    assert "+09:00" in browser.get(f"/receipts/{receipt.id}").text


def test_files_of_two_minutes_are_one_receipt_and_later_ones_another(cast: Any, sign_in: Any) -> None:
    """Also while the mail of the first has not left; another folder has receipts of its own."""
    set_level(cast.books, person=cast.diego, level=Level.DEPOSIT, actor=cast.alice)
    browser = sign_in(cast.diego)
    upload_file(browser, cast.exchange, "1.txt", b"1")
    upload_file(browser, cast.exchange, "2.txt", b"2")
    upload_file(browser, cast.books, "3.txt", b"3")
    let_pass(timedelta(minutes=2, seconds=1))
    upload_file(browser, cast.exchange, "4.txt", b"4")
    assert [[line.name for line in lines_of(one)] for one in all_receipts()] == [
        ["1.txt", "2.txt"],
        ["3.txt"],
        ["4.txt"],
    ]
    do_promised_work()
    upload_file(browser, cast.exchange, "5.txt", b"5")
    assert [line.name for line in lines_of(all_receipts()[2])] == ["4.txt", "5.txt"]


@pytest.mark.usefixtures("small_parts")
def test_the_checksum_of_a_file_in_parts_is_that_of_the_whole(cast: Any, sign_in: Any) -> None:
    """Its parts were vouched for one by one; the whole is computed from the store before the mail leaves."""
    browser, data = sign_in(cast.diego), os.urandom(6 * 1024 * 1024)
    assert upload_file(browser, cast.exchange, "large.zip", data).status_code == 200
    (receipt,) = all_receipts()
    page = browser.get(f"/receipts/{receipt.id}").text
    assert "being computed" in page
    db.session.execute(update(OutboxEntry).where(OutboxEntry.name == "files.hash").values(done_at=func.now()))
    let_pass(timedelta(minutes=3))
    (mail,) = mails_to(cast.diego.email, "receipt")
    whole = hashlib.sha256(data).hexdigest()
    assert whole in (mail.body_text or "")
    assert [line.sha256 for line in lines_of(receipt)] == [whole]
    page = browser.get(f"/receipts/{receipt.id}").text
    assert whole in page
    assert "being computed" not in page


@pytest.mark.usefixtures("small_parts")
def test_a_store_that_is_away_postpones_the_mail_and_loses_nothing(
    cast: Any, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The work stays promised; when the store is back, the receipt goes out once."""
    upload_file(sign_in(cast.diego), cast.exchange, "large.zip", os.urandom(2 * 1024 * 1024))
    db.session.execute(update(OutboxEntry).where(OutboxEntry.name == "files.hash").values(done_at=func.now()))
    let_pass(timedelta(minutes=3))

    def away(_version: str) -> None:
        raise StoreAway()

    with monkeypatch.context() as patched:
        patched.setattr(reaper, "hash_version", away)
        do_promised_work(rounds=1)
    entry = db.session.scalars(select(OutboxEntry).where(OutboxEntry.name == "files.mail_receipt")).one()
    assert (entry.done_at, entry.failed_at) == (None, None)
    assert "RetryLater" in (entry.last_error or "")
    let_pass(timedelta(hours=2))
    assert len(mails_to(cast.diego.email, "receipt")) == 1


def test_a_worker_that_dies_at_any_point_doubles_and_loses_nothing(
    cast: Any, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before the mark, after the mark, and after the commit: one mail in the end."""
    upload_file(sign_in(cast.diego), cast.exchange, "a.txt", b"a")
    (receipt,) = all_receipts()

    class Killed(BaseException):
        """As kill -9 would: nothing catches it."""

    def die(*_args: Any, **_kwargs: Any) -> None:
        raise Killed()

    for place in ("_copy_checksums", "send", "_without_checksum_now"):
        with monkeypatch.context() as patched:
            patched.setattr(receipts_commands, place, die)
            with pytest.raises(Killed):
                mail_receipt(str(receipt.id))
        db.session.rollback()
        assert all_receipts()[0].mailed_at is None
        assert db.session.scalar(select(func.count()).select_from(Mail)) == 0
    for _again in range(3):
        mail_receipt(str(receipt.id))
    assert len(mails_to(cast.diego.email, "receipt")) == 1
    let_pass(timedelta(hours=1))
    assert len(mails_to(cast.diego.email, "receipt")) == 1


def test_an_upload_whose_publishing_fails_leaves_no_receipt(
    cast: Any, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """File and receipt are one transaction, and completing twice makes one line."""
    browser = sign_in(cast.diego)

    def broken(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError("no more")

    with monkeypatch.context() as patched:
        patched.setattr(completion, "add_all_to_receipt", broken)
        with pytest.raises(RuntimeError):
            upload_file(browser, cast.exchange, "a.txt", b"a")
    db.session.rollback()
    assert all_receipts() == []
    assert db.session.scalar(select(func.count()).select_from(FileVersion)) == 0


def test_a_file_that_is_added_while_the_mail_is_made_waits_for_the_next_try(
    cast: Any, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its checksum is not there yet: the receipt is not mailed without it."""
    upload_file(sign_in(cast.diego), cast.exchange, "a.txt", b"a")
    (receipt,) = all_receipts()
    db.session.execute(update(ReceiptLine).values(sha256=""))
    db.session.commit()
    with monkeypatch.context() as patched:
        patched.setattr(receipts_commands, "_compute_checksums", lambda _ident: None)
        with pytest.raises(RetryLater):
            mail_receipt(str(receipt.id))
    assert all_receipts()[0].mailed_at is None
    mail_receipt(str(receipt.id))
    assert all_receipts()[0].mailed_at is not None


def test_a_receipt_outlives_its_file_and_folder(cast: Any, sign_in: Any) -> None:
    """The depositor still reads it; a line whose content went before it was hashed says so."""
    browser = sign_in(cast.diego)
    upload_file(browser, cast.exchange, "a.txt", b"a")
    (receipt,) = all_receipts()
    bin_folder(cast.exchange, actor=cast.alice)
    db.session.execute(update(ReceiptLine).values(sha256=""))
    db.session.query(FileVersion).delete()
    db.session.commit()
    page = browser.get(f"/receipts/{receipt.id}")
    assert page.status_code == 200
    assert "erased before it was computed" in page.text
    let_pass(timedelta(minutes=3))
    assert "erased before it was computed" in (mails_to(cast.diego.email, "receipt")[0].body_text or "")


def test_a_depositor_sees_the_own_uploads_only_and_the_own_receipts_only(cast: Any, sign_in: Any) -> None:
    """Two depositors of one folder know nothing of each other; the firm's readers see both."""
    set_level(cast.exchange, person=cast.clara, level=Level.DEPOSIT, actor=cast.alice)
    hers, his = sign_in(cast.clara), sign_in(cast.diego)
    upload_file(hers, cast.exchange, "hers.txt", b"a")
    upload_file(his, cast.exchange, "his.txt", b"b")
    of_clara, of_diego = all_receipts()
    page = his.get(f"/folders/{cast.exchange.id}").text
    assert "his.txt" in page
    assert "hers.txt" not in page
    assert "Your receipts" in page
    for address in ("/receipts", f"/folders/{cast.exchange.id}/receipts", "/"):
        assert "his.txt" in his.get(address).text, address
        assert "hers.txt" not in his.get(address).text, address
    assert his.get(f"/receipts/{of_clara.id}").status_code == 404
    assert hers.get(f"/receipts/{of_clara.id}").status_code == 200
    for person, status in ((cast.alice, 200), (cast.bob, 200), (cast.tess, 404), (cast.mallory, 404)):
        assert sign_in(person).get(f"/receipts/{of_diego.id}").status_code == status, person.full_name
    listed = sign_in(cast.bob).get(f"/folders/{cast.exchange.id}/receipts").text
    assert "his.txt" in listed
    assert "hers.txt" in listed
    assert sign_in(cast.mallory).get(f"/folders/{cast.exchange.id}/receipts").status_code == 404
    set_level(cast.exchange, person=cast.bob, level=Level.NONE, actor=cast.alice)
    assert sign_in(cast.bob).get(f"/receipts/{of_diego.id}").status_code == 404


def test_a_receipt_is_gone_with_the_membership_and_comes_back_with_it(cast: Any, sign_in: Any) -> None:
    """In the next request, by the database's clock."""
    browser = sign_in(cast.diego)
    upload_file(browser, cast.exchange, "a.txt", b"a")
    (receipt,) = all_receipts()
    clients.set_contact_end(cast.acme, cast.diego.id, now() - timedelta(seconds=1), actor=cast.alice)
    assert browser.get(f"/receipts/{receipt.id}").status_code == 404
    assert "a.txt" not in browser.get("/receipts").text
    clients.set_contact_end(cast.acme, cast.diego.id, None, actor=cast.alice)
    assert browser.get(f"/receipts/{receipt.id}").status_code == 200


def test_a_closed_account_gets_no_mail_and_the_firm_keeps_the_receipt(cast: Any, sign_in: Any) -> None:
    """The work is done all the same: it is not tried for days."""
    upload_file(sign_in(cast.diego), cast.exchange, "a.txt", b"a")
    cast.diego.disabled_at = func.now()
    db.session.commit()
    let_pass(timedelta(minutes=3))
    assert mails_to(cast.diego.email, "receipt") == []
    (receipt,) = all_receipts()
    assert receipt.mailed_at is not None
    assert sign_in(cast.alice).get(f"/receipts/{receipt.id}").status_code == 200


def test_lists_of_receipts_take_as_many_statements_for_many_as_for_one(cast: Any, sign_in: Any) -> None:
    """And pages follow each other without a gap."""
    browser = sign_in(cast.diego)
    upload_file(browser, cast.exchange, "a.txt", b"a")
    browser.get("/receipts")
    with counted() as one:
        browser.get("/receipts")
    for number in range(60):
        receipt = Receipt(
            person_id=cast.diego.id, client_id=cast.acme.id, folder_id=cast.exchange.id, folder_name="Exchange"
        )
        db.session.add(receipt)
        db.session.flush()  # its line refers to it
        db.session.add(
            ReceiptLine(receipt_id=receipt.id, version_id=receipt.id, name=f"n{number}.txt", size=1, sha256="0" * 64)
        )
    db.session.commit()
    with counted() as many:
        page = browser.get("/receipts")
    assert len(many) == len(one)
    assert page.text.count('class="list-row"') == 50
    assert "n59.txt" in page.text
    assert "n9.txt" not in page.text
    assert len(own_receipts(cast.diego.viewer)) == 5
    assert db.session.scalar(select(func.count()).select_from(visible_receipts(cast.alice.viewer).subquery())) == 61


def test_bad_addresses_are_answered_without_an_error(cast: Any, sign_in: Any) -> None:
    """Forged places and ids that are none."""
    browser = sign_in(cast.diego)
    assert browser.get("/receipts?after=%00nonsense").status_code == 200
    assert browser.get("/receipts/not-an-id").status_code == 404
    assert browser.get(f"/receipts/{cast.acme.id}").status_code == 404
    assert outbox.sweep() >= 0
