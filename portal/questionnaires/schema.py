"""The shape of a questionnaire: sections and questions, checked once before they are stored.

Stored: ``[{"id", "title", "help", "questions": [{"id", "type", "label", "help", "required", "options"}]}]`` with
options ``[{"key", "label"}]``. Ids and keys are short and plain, so that they can be names of form fields.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from portal.kit.errors import Refused
from portal.kit.normal import normal

Section = dict[str, Any]
Question = dict[str, Any]

TYPES: dict[str, LazyString] = {
    "text": _l("Text"),
    "long_text": _l("Long text"),
    "number": _l("Number"),
    "date": _l("Date"),
    "yes_no": _l("Yes or no"),
    "one_of": _l("One of several"),
    "many_of": _l("Several of several"),
}
CHOICES = ("one_of", "many_of")

MOST_SECTIONS = 40
MOST_QUESTIONS = 200
MOST_OPTIONS = 100
LABEL_LENGTH = 500
HELP_LENGTH = 2000
JSON_BYTES = 1_000_000

_ID = re.compile(r"[a-z0-9_-]{1,40}\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


class BadQuestionnaire(Refused):
    """The questionnaire cannot be stored; the sentence says where and why."""

    field = "sections"


def new_id() -> str:
    """An id for a section, a question or an option."""
    return secrets.token_hex(5)


def parse_sections(raw: str) -> list[Section]:
    """The sections out of the editor's JSON, in their stored form.

    :raises BadQuestionnaire: broken JSON, or whatever :func:`clean_sections` refuses.
    """
    if len(raw.encode("utf-8", "replace")) > JSON_BYTES:
        raise BadQuestionnaire(_l("This questionnaire is too large to be stored. Split it into two."))
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        raise BadQuestionnaire(_l("The questions did not arrive whole. Please save again.")) from None
    return clean_sections(found)


def clean_sections(raw: Any) -> list[Section]:
    """The sections in their stored form: texts trimmed, missing ids made, unknown keys left out.

    :raises BadQuestionnaire: no list of sections, too many, unknown types, empty or endless labels, doubled ids.
    """
    if not isinstance(raw, list) or not all(isinstance(section, dict) for section in raw):
        raise BadQuestionnaire(_l("The questions did not arrive whole. Please save again."))
    if len(raw) > MOST_SECTIONS:
        raise BadQuestionnaire(_l("A form has at most %(count)s sections.", count=MOST_SECTIONS))
    ids: set[str] = set()
    sections = [_clean_section(section, place, ids) for place, section in enumerate(raw, 1)]
    count = sum(len(section["questions"]) for section in sections)
    if count > MOST_QUESTIONS:
        raise BadQuestionnaire(
            _l("A form has at most %(most)s questions; this one has %(count)s.", most=MOST_QUESTIONS, count=count)
        )
    if count == 0:
        raise BadQuestionnaire(_l("Add at least one question."))
    return sections


def _clean_section(raw: dict[str, Any], place: int, ids: set[str]) -> Section:
    questions = raw.get("questions") or []
    if not isinstance(questions, list) or not all(isinstance(question, dict) for question in questions):
        raise BadQuestionnaire(_l("The questions did not arrive whole. Please save again."))
    where = _l("Section %(number)s", number=place)
    return {
        "id": _ident(raw.get("id"), ids),
        "title": _text(raw.get("title"), where, LABEL_LENGTH),
        "help": _text(raw.get("help"), where, HELP_LENGTH, lines=True),
        "questions": [_clean_question(question, place, number, ids) for number, question in enumerate(questions, 1)],
    }


def _clean_question(raw: dict[str, Any], section: int, number: int, ids: set[str]) -> Question:
    where = _l("Question %(number)s of section %(section)s", number=number, section=section)
    kind = raw.get("type")
    if not isinstance(kind, str) or kind not in TYPES:
        raise _fault(where, _l("choose one of the listed types of answer."))
    label = _text(raw.get("label"), where, LABEL_LENGTH)
    if not label:
        raise _fault(where, _l("write the question."))
    return {
        "id": _ident(raw.get("id"), ids),
        "type": kind,
        "label": label,
        "help": _text(raw.get("help"), where, HELP_LENGTH, lines=True),
        "required": raw.get("required") is True,
        "options": _clean_options(raw.get("options"), where) if kind in CHOICES else [],
    }


def _clean_options(raw: Any, where: LazyString) -> list[dict[str, str]]:
    given = raw if isinstance(raw, list) else []
    if len(given) > MOST_OPTIONS:
        raise _fault(where, _l("there are at most %(count)s answers to choose from.", count=MOST_OPTIONS))
    keys: set[str] = set()
    options = []
    for option in given:
        if not isinstance(option, dict):
            raise _fault(where, _l("the answers to choose from did not arrive whole."))
        label = _text(option.get("label"), where, LABEL_LENGTH)
        if label:
            options.append({"key": _ident(option.get("key"), keys), "label": label})
    if len(options) < 2:
        raise _fault(where, _l("write at least two answers to choose from."))
    if len({option["label"].casefold() for option in options}) < len(options):
        raise _fault(where, _l("two answers to choose from are the same."))
    return options


def _ident(raw: Any, taken: set[str]) -> str:
    """The id as given when it is plain and new; a fresh one for an element that the editor has just made."""
    if raw is None or raw == "":
        raw = new_id()
    if not isinstance(raw, str) or not _ID.match(raw) or raw in taken:
        raise BadQuestionnaire(_l("The questions did not arrive whole. Please save again."))
    taken.add(raw)
    return raw


def _text(raw: Any, where: LazyString, limit: int, *, lines: bool = False) -> str:
    if raw is None:
        return ""
    if not isinstance(raw, str):
        raise BadQuestionnaire(_l("The questions did not arrive whole. Please save again."))
    text = normal(raw.replace("\r\n", "\n")).strip()
    text = text if lines else " ".join(text.split())
    if _CONTROL.search(text):
        raise _fault(where, _l("there are characters that cannot be shown. Type the text again by hand."))
    if len(text) > limit:
        raise _fault(where, _l("a text is too long, %(limit)s characters at most.", limit=limit))
    return text


def _fault(where: LazyString, what: LazyString) -> BadQuestionnaire:
    return BadQuestionnaire(_l("%(where)s: %(what)s", where=where, what=what))


def as_typed(raw: str) -> list[Section]:
    """What can be shown again of refused JSON: never raises, leaves out what has no shape."""
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError, TypeError):
        return []
    sections = [section for section in found if isinstance(section, dict)] if isinstance(found, list) else []
    return [
        {
            **{key: _shown(section.get(key)) for key in ("id", "title", "help")},
            "questions": [
                _question_as_typed(question) for question in _dicts(section.get("questions"))[: 2 * MOST_QUESTIONS]
            ],
        }
        for section in sections[: 2 * MOST_SECTIONS]
    ]


def _question_as_typed(question: dict[str, Any]) -> Question:
    kind = question.get("type")
    return {
        **{key: _shown(question.get(key)) for key in ("id", "label", "help")},
        "type": kind if isinstance(kind, str) and kind in TYPES else "text",
        "required": question.get("required") is True,
        "options": [
            {key: _shown(option.get(key)) for key in ("key", "label")}
            for option in _dicts(question.get("options"))[: 2 * MOST_OPTIONS]
        ],
    }


def _dicts(raw: Any) -> list[dict[str, Any]]:
    return [item for item in raw if isinstance(item, dict)] if isinstance(raw, list) else []


def _shown(raw: Any) -> str:
    return _CONTROL.sub("\ufffd", raw) if isinstance(raw, str) else ""


def questions_of(sections: list[Section]) -> Iterator[Question]:
    """All questions in their order."""
    for section in sections:
        yield from section["questions"]
