"""The workbook writer: typed cells, and nothing that could become a formula or break the file."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from portal.kit import xlsx
from portal.kit.xlsx import CELL_UNITS, Column, Kind, Sheet, TooManyRows, write_workbook


# Cells of Excel have no time zone, hence none here.
def _cell(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC).replace(tzinfo=None)  # type: ignore[misc,arg-type]


PARIS = ZoneInfo("Europe/Paris")
HOSTILE = [
    "=1+1",
    '=cmd|" /C calc"!A0',
    "{=1+1}",
    "+1",
    "-1+2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "'=1",
    "＝1+1",
    "a\x00b\x01\x0b\x1f\x7f\x85c",
    "\ufffe\uffff",
    "\ud800 alone",
    "_x003D_1+1",
    "]]><f>1</f>",
    "<&>\"'",
    "http://evil.example",
    "mailto:x@y.example",
    "internal:Sheet1!A1",
    "x" * 40_000,
    "\U0001f600" * 20_000,
    "\u202egpj.exe",
    "12345678901234567890",
    "",
]


def _read(path: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return openpyxl.load_workbook(path)


def _write(path: Path, columns: list[Column], rows: list[tuple[Any, ...]]) -> Any:
    write_workbook(path, [Sheet("Clients", columns, iter(rows))], zone=PARIS)
    return _read(path)["Clients"]


def test_no_hostile_text_becomes_a_formula_or_breaks_the_workbook(
    tmp_path: Path,
) -> None:
    path = tmp_path / "hostile.xlsx"
    sheet = _write(path, [Column("=A1"), Column("Text")], [(value, "after") for value in HOSTILE])
    assert [cell.value for cell in sheet["B"][1:]] == ["after"] * len(HOSTILE)
    for cell in (*sheet["A"][1:], sheet["A1"]):
        assert cell.data_type in ("s", "n"), cell.coordinate
        assert cell.data_type == "s" or cell.value is None
    assert sheet["A1"].value == "=A1"
    assert sheet["A2"].value == "=1+1"
    assert {cell.number_format for cell in sheet["A"][1:] if cell.value is not None} == {"@"}
    with zipfile.ZipFile(path) as archive:
        text = archive.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in text
        assert "<f " not in text
        assert "<hyperlink" not in text


def test_a_long_text_is_cut_to_what_a_cell_holds(tmp_path: Path) -> None:
    sheet = _write(
        tmp_path / "long.xlsx",
        [Column("Text")],
        [("x" * 40_000,), ("\U0001f600" * 20_000,)],
    )
    for cell in sheet["A"][1:]:
        assert len(cell.value.encode("utf-16-le")) // 2 <= CELL_UNITS
        assert cell.value.endswith("…")


def test_cells_have_types(tmp_path: Path) -> None:
    columns = [Column(kind.value, kind) for kind in Kind]
    moment = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    sheet = _write(
        tmp_path / "types.xlsx",
        columns,
        [(None,) * 7, ("a", 3, Decimal("1.25"), 12.5, date(2026, 7, 1), moment, True)],
    )
    assert [cell.value for cell in sheet[2]] == [None] * 7
    values = [cell.value for cell in sheet[3]]
    assert values == [
        "a",
        3,
        1.25,
        12.5,
        _cell(2026, 7, 1),
        _cell(2026, 7, 2, 0, 30),
        True,
    ]
    assert [cell.data_type for cell in sheet[3]] == ["s", "n", "n", "n", "d", "d", "b"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:G3"


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        (Kind.DATE, date(1789, 7, 14), "1789-07-14"),
        (Kind.DATE, date(9999, 12, 31), _cell(9999, 12, 31)),
        (Kind.DATE, "tomorrow", "tomorrow"),
        (Kind.NUMBER, float("nan"), None),
        (Kind.NUMBER, float("inf"), None),
        (Kind.WHOLE, 2**60, str(2**60)),
        (Kind.NUMBER, "=1", "=1"),
        (Kind.YES_NO, "maybe", "maybe"),
        (Kind.MOMENT, datetime(1, 1, 2, tzinfo=UTC), "0001-01-02 00:09:21"),
    ],
)
def test_what_excel_cannot_hold_is_written_as_text(tmp_path: Path, kind: Kind, value: Any, shown: Any) -> None:
    sheet = _write(tmp_path / "odd.xlsx", [Column("Value", kind)], [(value,)])
    assert sheet["A2"].value == shown


def test_an_empty_sheet_still_has_its_head(tmp_path: Path) -> None:
    sheet = _write(tmp_path / "empty.xlsx", [Column("Name"), Column("Since", Kind.DATE)], [])
    assert [cell.value for cell in sheet[1]] == ["Name", "Since"]


def test_equal_labels_and_odd_sheet_names_are_made_distinct(tmp_path: Path) -> None:
    path = tmp_path / "names.xlsx"
    columns = [Column("SIREN"), Column("siren"), Column("SIREN")]
    names = ["Patients/[2026]", "Patients  2026 ", "p" * 40, "P" * 40, "'", ""]
    write_workbook(path, [Sheet(name, columns, [("1", "2", "3")]) for name in names], zone=PARIS)
    book = _read(path)
    assert len({name.casefold() for name in book.sheetnames}) == len(names)
    assert all(len(name) <= 31 for name in book.sheetnames)
    for sheet in book:
        assert [cell.value for cell in sheet[1]] == ["SIREN", "siren (2)", "SIREN (3)"]
        assert [cell.value for cell in sheet[2]] == ["1", "2", "3"]


def test_a_fault_while_reading_is_raised(tmp_path: Path) -> None:
    def rows() -> Iterator[tuple[str]]:
        yield ("first",)
        raise RuntimeError("the cursor is gone")

    with pytest.raises(RuntimeError, match="cursor"):
        write_workbook(tmp_path / "broken.xlsx", [Sheet("S", [Column("A")], rows())], zone=PARIS)


def test_every_row_comes_once_and_in_order_whatever_its_neighbours_hold(tmp_path: Path) -> None:
    """Rows are turned into cells many at a time: one odd value among them changes nothing for the others."""
    rows: list[list[Any]] = [[f"Texte {number}", number] for number in range(600)]
    rows[300] = ["a\x00b", None]
    rows[301] = [0, 5]
    rows[302] = ["y" * 40_000, 6]
    write_workbook(tmp_path / "book.xlsx", [Sheet("S", [Column("T"), Column("N", Kind.WHOLE)], iter(rows))], zone=PARIS)
    sheet = openpyxl.load_workbook(tmp_path / "book.xlsx").worksheets[0]
    found = [(text, number) for text, number in sheet.iter_rows(min_row=2, values_only=True)]
    assert found[300:302] == [("ab", None), ("0", 5)]
    assert len(found[302][0]) <= CELL_UNITS
    rest = [*range(300), *range(303, 600)]
    assert [found[number] for number in rest] == [(f"Texte {number}", number) for number in rest]
    assert len(found) == 600


def test_more_rows_than_a_sheet_holds_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The head is a row too."""
    monkeypatch.setattr(xlsx, "MAX_ROWS", 301)
    sheets = {count: [Sheet("S", [Column("T")], iter([["x"]] * count))] for count in (300, 301)}
    write_workbook(tmp_path / "fits.xlsx", sheets[300], zone=PARIS)
    with pytest.raises(TooManyRows):
        write_workbook(tmp_path / "long.xlsx", sheets[301], zone=PARIS)
