"""The lines of a request as its editor sends them, checked once before they are stored.

The editor's JSON: ``[{"label", "help", "formats": "pdf,jpg", "required", "due_on" or "days", "person_id"}]``.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.document_requests.refusals import BadLines, Faults
from portal.kit import days
from portal.kit.normal import normal

MOST_LINES = 100
LABEL_LENGTH = 200
HELP_LENGTH = 1000
MOST_DAYS = 730
JSON_BYTES = 300_000

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")
_ENDING = re.compile(r"[a-z0-9]{1,10}\Z")
_MOST_ENDINGS = 20

# What people choose from instead of writing endings.
FORMATS: tuple[tuple[str, LazyString], ...] = (
    ("", _l("Any format")),
    ("pdf", _l("PDF")),
    ("pdf,jpg,jpeg,png,heic,webp,tif,tiff", _l("PDF or photo")),
    ("jpg,jpeg,png,heic,webp,tif,tiff", _l("Photo")),
    ("xlsx,xls,ods,csv", _l("Spreadsheet")),
    ("docx,doc,odt,rtf,pdf", _l("Text document")),
)


@dataclass(frozen=True)
class Item:
    """One document that is asked for. ``days`` counts from the sending (templates), ``due_on`` is a day (requests)."""

    label: str
    help: str = ""
    formats: tuple[str, ...] = ()
    required: bool = True
    days: int | None = None
    due_on: date | None = None
    person_id: uuid.UUID | None = None

    def stored(self) -> dict[str, Any]:
        """As a template keeps it."""
        return {
            "label": self.label,
            "help": self.help,
            "formats": list(self.formats),
            "required": self.required,
            "days": self.days,
        }


def items_of(stored: list[dict[str, Any]]) -> list[Item]:
    """The lines of a template with days counted from today, where the firm is."""
    today = days.today()
    return [
        Item(
            label=line["label"],
            help=line.get("help", ""),
            formats=tuple(line.get("formats", ())),
            required=line.get("required", True),
            days=line.get("days"),
            due_on=today + timedelta(days=line["days"]) if line.get("days") is not None else None,
        )
        for line in stored
    ]


def parse_items(raw: str) -> list[Item]:
    """The lines out of the editor's JSON.

    :raises BadLines: broken JSON, none or too many lines, or with a sentence beside each part at fault.
    """
    found = _list(raw)
    if found is None or len(raw) > JSON_BYTES:
        raise BadLines(sentence=_l("The lines did not arrive whole. Please send again."))
    # A line that nobody wrote anything into is no line.
    lines = [
        (place, line) for place, line in enumerate(found) if any(str(line.get(k) or "") for k in ("label", "help"))
    ]
    if not lines:
        raise BadLines({0: {"label": _("Say which document you need.")}}, _l("Add at least one document."))
    if len(lines) > MOST_LINES:
        raise BadLines(sentence=_l("A request has at most %(count)s lines.", count=MOST_LINES))
    faults: Faults = {}
    today = days.today()
    items = [_item(line, faults.setdefault(place, {}), today) for place, line in lines]
    faults = {place: sentences for place, sentences in faults.items() if sentences}
    if faults:
        raise BadLines(faults)
    return items


def _list(raw: str) -> list[dict[str, Any]] | None:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list) or not all(isinstance(line, dict) for line in found):
        return None
    return found


def _item(line: dict[str, Any], faults: dict[str, str], today: date) -> Item:
    label = " ".join(_text(line, "label", LABEL_LENGTH, faults).split())
    if not label and "label" not in faults:
        faults["label"] = _("Say which document you need.")
    return Item(
        label=label,
        help=_text(line, "help", HELP_LENGTH, faults),
        formats=_formats(line.get("formats"), faults),
        required=line.get("required") is not False,
        days=_days(line.get("days"), faults),
        due_on=_due(line.get("due_on"), faults, today),
        person_id=_person(line.get("person_id"), faults),
    )


def _text(line: dict[str, Any], part: str, limit: int, faults: dict[str, str]) -> str:
    raw = line.get(part)
    if not isinstance(raw, str):
        return ""
    text = normal(raw.replace("\r\n", "\n")).strip()
    if _CONTROL.search(text):
        faults[part] = _("This holds characters that cannot be shown. Type it again by hand.")
    elif len(text) > limit:
        faults[part] = _("This is too long: %(limit)s characters at most.", limit=limit)
    return text


def _formats(raw: Any, faults: dict[str, str]) -> tuple[str, ...]:
    endings = [ending.strip() for ending in raw.split(",") if ending.strip()] if isinstance(raw, str) else []
    if len(endings) > _MOST_ENDINGS or not all(_ENDING.match(ending) for ending in endings):
        faults["formats"] = _("Choose one of the listed formats.")
        return ()
    return tuple(dict.fromkeys(endings))


def _days(raw: Any, faults: dict[str, str]) -> int | None:
    if raw in (None, ""):
        return None
    text = str(raw).strip()
    if not (text.isascii() and text.isdigit() and len(text) < 5 and int(text) <= MOST_DAYS):
        faults["days"] = _("Write a number of days from 0 to %(most)s.", most=MOST_DAYS)
        return None
    return int(text)


def _due(raw: Any, faults: dict[str, str], today: date) -> date | None:
    if raw in (None, ""):
        return None
    text = str(raw).strip()[:20]
    typed = _DAY_FIRST.fullmatch(text)
    try:
        found = date(int(typed[3]), int(typed[2]), int(typed[1])) if typed else date.fromisoformat(text)
    except ValueError:
        faults["due_on"] = _("This is no date. Write it as day, month and year.")
        return None
    if found < today:
        faults["due_on"] = _("This day is over already. Choose today or a later day.")
    elif found.year > days.LATEST_YEAR:
        faults["due_on"] = _("This date lies too far ahead.")
    return found


def check_day(day: date) -> None:
    """Is this a day by which something can be handed in?

    :raises BadDay: it is over, or too far ahead.
    """
    if day < days.today():
        raise days.BadDay(_l("This day is over already. Choose today or a later day."), field="due_on")
    if day.year > days.LATEST_YEAR:
        raise days.BadDay(_l("This date lies too far ahead."), field="due_on")


def _person(raw: Any, faults: dict[str, str]) -> uuid.UUID | None:
    if raw in (None, ""):
        return None
    try:
        return uuid.UUID(str(raw))
    except ValueError:
        faults["person_id"] = _("Choose one of the listed contacts.")
        return None


def shown_items(items: list[Item]) -> list[dict[str, Any]]:
    """Lines as the editor draws them."""
    return [
        {
            "label": item.label,
            "help": item.help,
            "formats": ",".join(item.formats),
            "required": item.required,
            "days": "" if item.days is None else str(item.days),
            "due_on": item.due_on.isoformat() if item.due_on else "",
            "person_id": str(item.person_id or ""),
        }
        for item in items
    ]


def as_typed(raw: str, faults: Faults | None = None) -> list[dict[str, Any]]:
    """What can be drawn again of refused JSON, with the sentence beside each part: never raises."""
    found = _list(raw) or []
    keys = ("label", "help", "formats", "days", "due_on", "person_id")
    return [
        {
            **{key: _CONTROL.sub("\ufffd", str(line.get(key) or ""))[: 2 * HELP_LENGTH] for key in keys},
            "required": line.get("required") is not False,
            "faults": (faults or {}).get(place, {}),
        }
        for place, line in enumerate(found[: 2 * MOST_LINES])
    ]


def formats_said(endings: Any) -> str:
    """Formats in words: "PDF or photo", or the endings where nobody gave them a name; empty accepts all."""
    joined = ",".join(endings or ())
    if not joined:
        return ""
    for value, label in FORMATS:
        if value == joined:
            return str(label)
    return ", ".join(ending.upper() for ending in endings)
