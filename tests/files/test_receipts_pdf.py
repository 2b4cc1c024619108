"""Receipts as PDF: all that they say can be read back, whatever the names are, and they travel with the mail."""

from __future__ import annotations

import email
import hashlib
import re
from dataclasses import replace
from datetime import timedelta
from email.policy import default
from typing import Any

import pypdfium2
import pytest

from portal.files.commands import receipts as commands
from portal.files.models import Receipt, ReceiptLine
from portal.files.receipt_pdf import receipt_pdf
from portal.files.receipts import receipt_number, receipt_page
from portal.kit.db import db, new_id
from portal.kit.i18n import in_language
from portal.kit.mail import TemporaryFailure
from portal.mailer import commands as mailing
from portal.mailer.models import Mail
from portal.mailer.rendering import write_out
from tests.cast import Cast
from tests.figures import record_figure
from tests.files.test_receipts import all_receipts, let_pass
from tests.files.uploading import upload_file
from tests.postbox import do_promised_work, mails_to


def words_of(pdf: bytes) -> str:
    """The text of all pages as a reader copies it, without the marks that let long names break, on one line."""
    document = pypdfium2.PdfDocument(pdf)
    text = " ".join(page.get_textpage().get_text_range() for page in document)
    return re.sub(r"\s+", " ", text.replace("\u200b", "").replace("\ufffe", ""))


def squeezed(text: str) -> str:
    """Without blanks: where lines break is the page's own affair."""
    return re.sub(r"\s+", "", text)


def a_receipt(cast: Cast, *names: str) -> Receipt:
    """Diego's, with files of these names."""
    receipt = Receipt(
        person_id=cast.diego.id, client_id=cast.acme.id, folder_id=cast.exchange.id, folder_name="Exchange"
    )
    db.session.add(receipt)
    db.session.flush()  # its lines refer to it
    for name in names:
        sha256 = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()
        db.session.add(ReceiptLine(receipt_id=receipt.id, version_id=new_id(), name=name, size=1234, sha256=sha256))
    db.session.commit()
    return receipt


def test_diego_and_staff_with_rights_download_what_was_deposited(cast: Cast, sign_in: Any) -> None:
    browser, data = sign_in(cast.diego), b"balance" * 500
    upload_file(browser, cast.exchange, "Relevé mars.pdf", data)
    (receipt,) = all_receipts()
    path = f"/receipts/{receipt.id}/document"
    assert path in browser.get(f"/receipts/{receipt.id}").text
    answer = browser.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert "attachment" in answer.headers["Content-Disposition"]
    words = words_of(answer.data)
    wanted = [
        "Cabinet Verdier", "Acme", "Exchange", "Diego Diaz", "diego@client.example", "Relevé mars.pdf", "3,500 bytes",
        receipt_number(receipt.id), "Europe/Paris", "GMT+01:00", "Total: One file", "Page 1 of 1",
    ]  # fmt: skip
    assert [word for word in wanted if word not in words] == []
    assert hashlib.sha256(data).hexdigest() in squeezed(words)
    for person, status in (
        (cast.alice, 200),
        (cast.bob, 200),
        (cast.tess, 404),
        (cast.clara, 404),
        (cast.mallory, 404),
    ):
        assert sign_in(person).get(path).status_code == status, person.full_name


def test_it_speaks_the_readers_language(cast: Cast) -> None:
    page = receipt_page(a_receipt(cast, "a.txt"))
    with in_language("fr"):
        french = words_of(receipt_pdf(page, zone="Asia/Tokyo"))
    assert "+09:00" in french
    assert "Asia/Tokyo" in french
    assert b"/Lang" in receipt_pdf(page) or pypdfium2.PdfDocument(receipt_pdf(page)).is_tagged()


@pytest.mark.parametrize(
    "name",
    [
        "x" * 251 + ".pdf", "דוח שנתי 2026.pdf", "تقرير سنوي.pdf", "年度报告.pdf", "決算書.xlsx",
        "😀 facture 👩‍👩‍👧.png", "#set page(width: 1pt)",
        "#import \"/etc/passwd\"", "*bold* _it_ $x^2$ @ref <label>", "\\u{0} \" ' ] ) }",
        "a\u202egpj.exe", "e\u0301te\u0301.txt", "tab\tname", "\x00\x1b[31m", "\ufffe\uffff", "=1+1", "〱" * 80,
    ],
)  # fmt: skip
def test_no_name_breaks_it_or_is_taken_for_markup(cast: Cast, name: str) -> None:
    page = receipt_page(a_receipt(cast, "before.txt", "placeholder", "after.txt"))
    hostile = [replace(file, name=name) if file.name == "placeholder" else file for file in page.files]
    pdf = receipt_pdf(replace(page, firm_name=name, files=hostile))
    words = words_of(pdf)
    assert "before.txt" in words
    assert "after.txt" in words
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) == 1
    assert document[0].get_width() == pytest.approx(595.3, abs=1)
    if name.isascii() and name.isprintable():
        assert squeezed(name) in squeezed(words)


def test_five_hundred_lines_page_well(cast: Cast) -> None:
    names = [f"Pièce comptable n° {number:03}.pdf" for number in range(500)]
    with in_language("en"):
        pdf = receipt_pdf(receipt_page(a_receipt(cast, *names)))
    document, words = pypdfium2.PdfDocument(pdf), words_of(pdf)
    missing = [name for name in names if name not in words]
    record_figure("receipt: names of 500 that cannot be read back", len(missing), "0", not missing)
    assert missing == []
    pages = len(document)
    assert 10 < pages < 60
    assert f"Page {pages} of {pages}" in words
    assert words.count("Received on") == pages + 1, "the head of the table stands on every page"
    assert "500 files, 617 kB" in words.replace("\u00a0", " ")


def test_it_travels_with_the_mail_and_a_try_that_failed_makes_it_anew(
    cast: Cast, sign_in: Any, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_file(sign_in(cast.diego), cast.exchange, "a.txt", b"content")
    let_pass(timedelta(minutes=3))
    sent: list[Any] = []

    def hand_over(message: Any, _url: str) -> str:
        sent.append(message)
        if len(sent) == 1:
            raise TemporaryFailure("greylisted")
        return ""

    settings = app.config["SETTINGS"]
    monkeypatch.setitem(app.config, "SETTINGS", replace(settings, smtp_url="smtp://mail.example"))
    monkeypatch.setattr(mailing, "hand_over", hand_over)
    do_promised_work()
    let_pass(timedelta(hours=1))
    do_promised_work()
    assert len(sent) == 2
    assert sent[0]["Message-ID"] == sent[1]["Message-ID"]
    for message in sent:
        read: Any = email.message_from_bytes(message.as_bytes(), policy=default)
        (attached,) = read.iter_attachments()
        assert attached.get_content_type() == "application/pdf"
        assert attached.get_filename().endswith(".pdf")
        assert hashlib.sha256(b"content").hexdigest() in squeezed(words_of(attached.get_content()))
        assert read.get_body(("plain",)) is not None
        assert read.get_body(("html",)) is not None


def test_a_pdf_that_cannot_be_made_does_not_keep_the_mail_back(
    cast: Cast, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: Any, **_kwargs: Any) -> bytes:
        raise RuntimeError("no fonts")

    upload_file(sign_in(cast.diego), cast.exchange, "a.txt", b"content")
    let_pass(timedelta(minutes=3))
    monkeypatch.setattr(commands, "receipt_pdf", broken)
    (mail,) = mails_to(cast.diego.email, "receipt")
    assert mail.state == "kept"
    assert write_out(db.session.get_one(Mail, mail.id)).attachments == ()
