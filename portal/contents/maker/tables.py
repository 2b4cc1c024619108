"""CSV and spreadsheets: the beginning of the first sheets, as tables."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from portal.contents.maker.made import MOST_WORDS, Made
from portal.contents.maker.packages import check_package
from portal.contents.maker.plain import CUT, READ_BYTES, SHOWN_BYTES, read_text

SHEETS, ROWS, COLUMNS, CELL = 3, 200, 40, 500
# Of each sheet, for its words.
ROWS_READ = 5000


def make(source: Path, made: Made, ending: str) -> None:
    """The tables and their words.

    :raises Unfit: a package that is broken or swells beyond measure.
    """
    html = _csv(source, made, ending) if ending in ("csv", "tsv") else _workbook(source, made, ending)
    made.pages = 1
    made.add("document", 0, html.encode("utf-8", "replace"), "text/html; charset=utf-8")


def _csv(source: Path, made: Made, ending: str) -> str:
    text, more = read_text(source)
    made.words = text
    shown = text[:SHOWN_BYTES]
    csv.field_size_limit(READ_BYTES)
    rows: list[list[str]] = []
    reader = csv.reader(shown.splitlines(keepends=True), delimiter="\t" if ending == "tsv" else _delimiter(shown))
    for row in reader:
        rows.append(row)
        if len(rows) > ROWS:
            break
    return _table(rows) + (CUT if more or len(rows) > ROWS or len(shown) < len(text) else "")


def _delimiter(text: str) -> str:
    """The separator that the first lines hold most of; a semicolon is what French and Italian office programs write."""
    head = "\n".join(line[:2000] for line in text[:20_000].splitlines()[:10])
    return max(";,\t|", key=head.count)


def _workbook(source: Path, made: Made, ending: str) -> str:
    from python_calamine import CalamineWorkbook

    if ending != "xls":
        check_package(source)
    book = CalamineWorkbook.from_path(str(source))
    parts, found, room = [], [], MOST_WORDS
    names = list(book.sheet_names)
    for name in names[:SHEETS]:
        rows = book.get_sheet_by_name(name).to_python(nrows=ROWS_READ)
        cut = len(rows) > ROWS or any(len(row) > COLUMNS for row in rows[:ROWS])
        parts.append(f"<h2>{escape(name)}</h2>{_table([map(_shown, row[:COLUMNS]) for row in rows[:ROWS]])}{CUT * cut}")
        words = " ".join(_shown(cell) for row in rows for cell in row if cell != "")[:room]
        found.append(f"{name} {words}")
        room -= len(words)
    made.words = "\n".join(found)
    return "".join(parts) + CUT * (len(names) > SHEETS)


def _shown(cell: Any) -> str:
    """A cell as people write it; whole numbers without a fraction, moments without their zero hours."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell).removesuffix(" 00:00:00")


def _table(rows: Iterable[Iterable[str]]) -> str:
    lines = []
    for row in list(rows)[:ROWS]:
        cells: Sequence[str] = list(row)[:COLUMNS]
        lines.append("<tr>" + "".join(f"<td>{escape(cell[:CELL])}</td>" for cell in cells) + "</tr>")
    return f"<table>{''.join(lines)}</table>"
