"""The same names in the headers of mails and the cells of workbooks."""

from __future__ import annotations

import email
import re
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl

from portal.kit.mail import compose
from portal.kit.xlsx import Column, Kind, Sheet, write_workbook
from tests.figures import record_figure
from tests.names.hostile_names import hostile_names


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
