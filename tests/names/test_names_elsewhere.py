"""The same names where they leave the pages: archives, receipts, mails, workbooks."""

from __future__ import annotations

import email
import re
import zipfile
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
from sqlalchemy import func, select

from portal.accounts.models import Person
from portal.files.archive_names import safe_name
from portal.files.commands import archives
from portal.files.commands.folders import create_folder
from portal.files.commands.receipts import mail_receipt
from portal.files.models import File, Receipt
from portal.kit.db import db
from portal.kit.errors import Refused
from portal.kit.mail import compose
from portal.kit.xlsx import Column, Kind, Sheet, write_workbook
from portal.mailer.models import Mail
from portal.outbox.models import OutboxEntry
from tests.figures import record_figure
from tests.names.conftest import Names
from tests.names.hostile_names import hostile_names
from tests.names.test_names import Page, worst
from tests.postbox import do_promised_work


def test_an_archive_of_all_unpacks_inside_of_its_folder_and_none_collides(names: Names, tmp_path: Path) -> None:
    """The paths of a download, with short contents in the place of those of the store, really unpacked."""
    viewer = db.session.get_one(Person, names.cast.clara.id).viewer
    packed = archives.open_archive(
        viewer, names.cast.acme.id, folder_ids=[names.folder_id], file_ids=[], name="All of them"
    )
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as written:
        for entry in packed.entries:
            written.writestr(entry.path, b"x")
    target = tmp_path / "inside" / "target"
    with zipfile.ZipFile(path) as archive:
        inside = [info.filename for info in archive.infolist() if not info.is_dir()]
        archive.extractall(target)
    unpacked = [found for found in target.rglob("*") if found.is_file()]
    in_folder = db.session.scalar(select(func.count()).where(File.client_id == names.cast.acme.id)) or 0
    assert len(unpacked) == len(inside) == in_folder
    assert [name for name in inside if any(part != safe_name(part) for part in name.split("/"))] == []
    assert [found for found in tmp_path.rglob("*") if found.is_file() and target not in found.parents] == [path]
    # Windows and macOS do not tell these apart.
    assert len({safe_name(name).casefold() for name in inside}) == len(inside)
    record_figure("hostile names that leave an archive or collide in it", len(inside) - len(unpacked), "0")


def test_a_few_of_them_come_through_the_door_of_archives(names: Names) -> None:
    some = list(worst(names, 40).values())
    query = "&".join(f"file={ident}" for ident in some)
    answer = names.browser(names.cast.clara).get(f"/clients/{names.cast.acme.id}/archive?{query}")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].isascii()
    assert len(answer.data) == answer.content_length


def hostile_folders(names: Names, count: int) -> list[Any]:
    """Folders with the worst names, in which Diego may deposit."""
    made: list[Any] = []
    parent = names.cast.root
    for name in worst(names, 400):
        try:
            made.append(create_folder(parent, name=name, actor=names.cast.alice))
        except Refused:
            continue
        if len(made) == count:
            break
    return made


def test_receipts_and_their_mails_hold_names_as_text(names: Names) -> None:
    """The page, the mail's headers and both its bodies, for documents and folders of hostile names."""
    from portal.files.commands.rights import set_level
    from portal.permissions.levels import Level

    cast, hostile = names.cast, list(worst(names, 32))
    for number, folder in enumerate(hostile_folders(names, 4)):
        set_level(folder, person=cast.diego, level=Level.DEPOSIT, actor=cast.alice)
        _deposit(names, folder, hostile[number * 8 : number * 8 + 8])
    diego = names.browser(cast.diego)
    receipts = list(db.session.scalars(select(Receipt).where(Receipt.person_id == cast.diego.id)))
    assert len(receipts) == 4
    plain = Page(diego.get("/receipts").text)
    for receipt in receipts:
        page = diego.get(f"/receipts/{receipt.id}")
        assert page.status_code == 200
        assert receipt.folder_name in "\n".join(Page(page.text).texts)
        assert not [tag for tag, _ in Page(page.text).shapes - plain.shapes if tag in ("script", "iframe", "svg2")]
        mail_receipt(str(receipt.id))
    do_promised_work()
    mails = list(db.session.scalars(select(Mail).where(Mail.template == "receipt")))
    assert len(mails) == 4
    for mail in mails:
        assert mail.state == "kept", mail.last_error
        assert not re.search(r"[\r\n]", mail.subject or "")
        assert not re.search(r"<(script|iframe|object|form|base|svg)\b", mail.body_html or "", re.IGNORECASE)
        opened = names.browser(cast.alice).get(f"/mails/{mail.id}")
        assert opened.status_code == 200


def _deposit(names: Names, folder: Any, some: list[str]) -> None:
    from tests.names.conftest import signed_in, upload_all

    kept, refused = upload_all(signed_in(names.app, names.cast.diego), folder, some)
    assert refused == {}
    assert len(kept) == len(some)


def test_no_name_adds_a_header_to_a_mail() -> None:
    """Each of ten thousand as the subject and as names of reader and sender: the headers are the usual ones."""
    usual = None
    for name in hostile_names(10_000)[::7]:
        message: EmailMessage = compose(
            sender="Portal <portal@firm.example>", sender_name=name, to_address="clara@client.example", to_name=name,
            subject=name, text="x", html="<p>x</p>", message_id="1@firm.example", date=_moment(), language="en",
        )  # fmt: skip
        read = email.message_from_bytes(message.as_bytes(), policy=default)
        headers = [key.lower() for key in read]
        usual = usual or headers
        assert headers == usual, name
        assert [address.addr_spec for address in read["To"].addresses] == ["clara@client.example"], name
        assert [address.addr_spec for address in read["From"].addresses] == ["portal@firm.example"], name
    record_figure("hostile names that add a header to a mail", 0, "0 of 1,429")


def _moment() -> Any:
    from datetime import UTC, datetime

    return datetime(2026, 1, 1, tzinfo=UTC)


def test_no_name_becomes_a_formula_in_a_workbook(tmp_path: Path) -> None:
    """All ten thousand in the rows, the worst as titles and names of sheets: read again, each is text and itself."""
    written = hostile_names(10_000)
    path = tmp_path / "names.xlsx"
    sheet = Sheet(written[500], [Column("=1+1", Kind.TEXT), Column(written[501], Kind.TEXT)], [(n, n) for n in written])
    write_workbook(path, [sheet], zone=ZoneInfo("UTC"))
    rows = list(openpyxl.load_workbook(path).worksheets[0].iter_rows())
    assert len(rows) == len(written) + 1
    formulas = [cell.value for row in rows for cell in row if cell.data_type == "f"]
    assert formulas == []
    illegal = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
    # Excel writes a carriage return as _x000D_; blanks at the ends are the reader's to keep.
    said = [str(row[0].value or "").replace("_x000D_", " ").split() for row in rows[1:]]
    wrong = [n for n, kept in zip(written, said, strict=True) if not illegal.search(n) and n.split() != kept]
    assert wrong == []
    record_figure("hostile names that become formulas in a workbook", len(formulas), "0 of 10,000")


def test_no_promised_work_failed_over_a_name(names: Names) -> None:
    db.session.rollback()
    failed = list(db.session.scalars(select(OutboxEntry.last_error).where(OutboxEntry.failed_at.is_not(None))))
    assert failed == []
