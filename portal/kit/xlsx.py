"""Excel workbooks, written row by row: typed cells, and no cell that could ever become a formula.

The writer puts every text into the sheet as an inline string, so that "=1+1" is four characters. Text columns carry the
format "Text" besides, or Excel would read the value as a formula as soon as somebody edits the cell.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from enum import Enum
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from flask_babel import lazy_gettext as _l
from rustpy_xlsxwriter import Format, write_worksheets

from portal.kit.errors import Refused

# Limits of the format (ECMA-376 says nothing; these are Excel's own specifications).
MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384
CELL_UNITS = 32_767
_NAME_UNITS = 31

# Rows that are turned into cells together.
_BATCH = 250

# Not allowed in XML 1.0 at all, and lone surrogates, which have no UTF-8 form.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
# Excel keeps 15 digits of a number; a longer one would silently become another one.
_EXACT = 10**15
# Excel's year 1900 has a day too many: what lies before its end is written as text.
_FIRST_DAY = date(1900, 3, 1)
_FIRST_MOMENT = datetime(1900, 3, 1)  # noqa: DTZ001 - a cell has no zone


class TooManyRows(Refused):
    """A sheet of Excel ends at row 1,048,576."""

    sentence = _l("This is more than a sheet of Excel can hold (1,048,575 rows). Choose fewer clients with a filter.")


class Kind(Enum):
    """What a column holds."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    MOMENT = "moment"
    YES_NO = "yes_no"


@dataclass(frozen=True)
class Column:
    """A column: what stands at its head, what it holds and how wide it is (in characters)."""

    title: str
    kind: Kind = Kind.TEXT
    width: float = 20.0


@dataclass(frozen=True)
class Sheet:
    """One sheet; ``rows`` is read once, row by row, each with one value per column."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Any]]


_NUMBER_FORMATS = {
    Kind.TEXT: "@",
    Kind.WHOLE: "0",
    Kind.NUMBER: "General",
    Kind.MONEY: "#,##0.00",
    Kind.DATE: "dd/mm/yyyy",
    Kind.MOMENT: "dd/mm/yyyy hh:mm",
    Kind.YES_NO: "General",
}


def write_workbook(path: Path, sheets: Sequence[Sheet], *, zone: tzinfo) -> None:
    """Write the sheets to ``path`` with constant memory: frozen and filtered head, widths, typed cells.

    :param zone: time zone in which moments are written; a cell of Excel has none.
    :raises TooManyRows: a sheet has more rows than Excel can hold.
    :raises Exception: whatever reading the rows raises; the file is then incomplete.
    """
    names = _sheet_names([sheet.name for sheet in sheets])
    titles = [_titles(sheet.columns) for sheet in sheets]
    write_worksheets(
        [(name, _records(sheet, keys, zone)) for name, keys, sheet in zip(names, titles, sheets, strict=True)],
        str(path),
        freeze_panes={"general": {"row": 1, "col": 0}},
        autofilter={"general": True},
        header_format={name: Format().set_bold().set_text_wrap().set_align("top") for name in names},
        column_widths={
            name: [min(max(column.width, 4.0), 80.0) for column in sheet.columns]
            for name, sheet in zip(names, sheets, strict=True)
        },
        column_formats={
            name: [Format().set_num_format(_NUMBER_FORMATS[column.kind]) for column in sheet.columns]
            for name, sheet in zip(names, sheets, strict=True)
        },
        ignore_errors={
            name: [key for key, column in zip(keys, sheet.columns, strict=True) if column.kind is Kind.TEXT]
            for name, keys, sheet in zip(names, titles, sheets, strict=True)
        },
    )


def _records(sheet: Sheet, keys: list[str], zone: tzinfo) -> Iterator[dict[str, Any]]:
    converters = [_converter(column.kind, zone) for column in sheet.columns]
    rows = iter(sheet.rows)
    written = 1
    while batch := list(islice(rows, _BATCH)):
        written += len(batch)
        if written > MAX_ROWS:
            raise TooManyRows()
        # Column by column: nearly every column is harmless as a whole, which spares a look at each of its cells.
        columns = [convert(cells) for convert, cells in zip(converters, zip(*batch, strict=True), strict=True)]
        for row in zip(*columns, strict=True):
            yield dict(zip(keys, row, strict=True))
    if written == 1:
        # The head is taken from the first row: an empty sheet needs an empty one.
        yield dict.fromkeys(keys)


def _texts(cells: Sequence[Any]) -> Sequence[Any]:
    """Cells of a column of texts, as they may stand in the sheet."""
    if _harmless(cells):
        return cells
    return [None if value is None else text_cell(value) for value in cells]


def _harmless(values: Iterable[Any]) -> bool:
    """Only texts, printable, and all together shorter than one cell may be."""
    try:
        joined = "".join([value for value in values if value is not None])
    except TypeError:
        return False
    return joined.isprintable() and len(joined) <= CELL_UNITS // 2


def _each(convert: Callable[[Any], Any]) -> Callable[[Sequence[Any]], list[Any]]:
    return lambda cells: [None if value is None else convert(value) for value in cells]


def _converter(kind: Kind, zone: tzinfo) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """What turns the values of a column into its cells."""
    if kind is Kind.TEXT:
        return _texts
    one: dict[Kind, Callable[[Any], Any]] = {
        Kind.WHOLE: _number,
        Kind.NUMBER: _number,
        Kind.MONEY: _number,
        Kind.DATE: _date,
        Kind.MOMENT: partial(_moment, zone=zone),
        Kind.YES_NO: lambda value: value if isinstance(value, bool) else text_cell(value),
    }
    return _each(one[kind])


def text_cell(value: Any) -> str | None:
    """A value as the text of a cell: without characters that XML forbids, cut to what a cell can hold."""
    text = value if isinstance(value, str) else str(value)
    if not text.isprintable():
        text = _ILLEGAL.sub("", text)
    if len(text) > CELL_UNITS // 2:
        text = _cut(text, CELL_UNITS)
    return text or None


def _cut(text: str, units: int) -> str:
    """Excel counts UTF-16 units: a character beyond the basic plane is two."""
    if len(text) + len(_ASTRAL.findall(text)) <= units:
        return text
    shortened = text.encode("utf-16-le")[: 2 * (units - 1)].decode("utf-16-le", errors="ignore")
    return shortened + "…"


def _number(value: Any) -> Any:
    """A number that Excel holds exactly enough; anything else as text rather than as another number."""
    kind = type(value)
    if kind is int:
        return value if -_EXACT < value < _EXACT else str(value)
    if kind is not Decimal and kind is not float:
        return text_cell(value)
    amount = float(value)
    if not math.isfinite(amount):
        return None
    return amount if abs(amount) < _EXACT else str(value)


def _date(value: Any) -> Any:
    """Older dates than Excel's calendar holds are written as text."""
    if isinstance(value, datetime):
        value = value.date()
    if not isinstance(value, date):
        return text_cell(value)
    return value if value >= _FIRST_DAY else value.isoformat()


def _moment(value: Any, zone: tzinfo) -> Any:
    if not isinstance(value, datetime):
        return _date(value) if isinstance(value, date) else text_cell(value)
    local = value.astimezone(zone).replace(tzinfo=None) if value.tzinfo is not None else value
    return local if local >= _FIRST_MOMENT else local.isoformat(sep=" ")


def _titles(columns: Sequence[Column]) -> list[str]:
    """Every head once: two attributes may have one label, a table of Excel may not have two equal heads."""
    seen: set[str] = set()
    titles = []
    for column in columns[:MAX_COLUMNS]:
        title = wanted = _cut(text_cell(column.title) or "–", 255)
        number = 2
        while title.casefold() in seen:
            title, number = f"{wanted} ({number})", number + 1
        seen.add(title.casefold())
        titles.append(title)
    return titles


def _sheet_names(names: Sequence[str]) -> list[str]:
    """Names that Excel accepts: 31 units, some characters forbidden, each once."""
    result: list[str] = []
    for raw in names:
        wanted = _NOT_IN_NAMES.sub(" ", text_cell(raw) or "").strip("' ") or "–"
        name, number = _fit(wanted, _NAME_UNITS), 2
        while name.casefold() in {taken.casefold() for taken in result}:
            ending = f" {number}"
            name, number = _fit(wanted, _NAME_UNITS - len(ending)) + ending, number + 1
        result.append(name)
    return result


def _fit(text: str, units: int) -> str:
    return text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", errors="ignore")
