"""Answers: from what people type to what is stored, and back to what is read.

Stored per question id: text as it is, numbers with a point (``"1234.5"``), dates ISO 8601, yes/no as ``"yes"``
or ``"no"``, one of by key, many of as a list of keys. What was typed and does not fit yet is kept as
``{"typed": ...}``, so that nothing is lost on a reload; a form with such an answer cannot be submitted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.numbers import NumberFormatError, parse_decimal
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.kit.errors import Refused
from portal.kit.i18n import day, number
from portal.kit.normal import normal
from portal.questionnaires.schema import Question, Section, questions_of

TEXT_LENGTH = 1000
LONG_TEXT_LENGTH = 20_000
NUMBER_LENGTH = 30

Answers = dict[str, Any]

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_DAY = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})\Z")


class BadAnswer(Refused):
    """The answer does not fit its question."""


class Incomplete(Refused):
    """The form cannot be submitted yet: ``faults`` holds a sentence per question id."""

    sentence = _l("Some answers are missing or need your attention.")

    def __init__(self, faults: dict[str, str]) -> None:
        self.faults = faults
        super().__init__()


def clean_answer(question: Question, values: Sequence[str]) -> Any:
    """The stored form of one answer; None when it is empty.

    :param values: what the form's field holds: one text, or several for *many of*.
    :raises BadAnswer: it does not fit; a sentence for the person who answers.
    """
    texts = [normal(value.replace("\r\n", "\n")).strip() for value in values]
    texts = [text for text in texts if text]
    if any(_CONTROL.search(text) for text in texts):
        raise BadAnswer(_l("This holds characters that cannot be shown. Type it again by hand."))
    if not texts:
        return None
    if question["type"] == "many_of":
        return _many(question, texts)
    return _CLEANERS[question["type"]](question, texts[0])


def _text(question: Question, text: str) -> str:
    limit = TEXT_LENGTH if question["type"] == "text" else LONG_TEXT_LENGTH
    if len(text) > limit:
        raise BadAnswer(_l("This is too long: %(limit)s characters at most.", limit=limit))
    return text if question["type"] == "long_text" else " ".join(text.split())


def _number(question: Question, text: str) -> str:
    bare = re.sub(r"[\s'’]", "", text).replace("−", "-")
    try:
        # Digits only: an exponent of a few letters would grow into megabytes when it is written out.
        if len(bare) > NUMBER_LENGTH or not re.fullmatch(r"[+-]?[0-9][0-9.,]*", bare):
            raise ValueError
        plain = re.fullmatch(r"[+-]?\d+([.,]\d+)?", bare)
        # Without groups of thousands a comma and a point mean the same; with them the reader's language decides.
        value = Decimal(bare.replace(",", ".")) if plain else parse_decimal(bare, locale=get_locale())
        if not value.is_finite():
            raise ValueError
    except (NumberFormatError, InvalidOperation, ValueError):
        raise BadAnswer(_l("This is not a number. Write it like 1,250 or 12.5.")) from None
    return format(value, "f")


def _date(question: Question, text: str) -> str:
    typed = _DAY.match(text)
    try:
        found = date(int(typed[3]), int(typed[2]), int(typed[1])) if typed else date.fromisoformat(text)
        if not 1800 <= found.year <= 2200:
            raise ValueError
    except ValueError:
        raise BadAnswer(_l("This is not a date. Write it like 31/12/2026.")) from None
    return found.isoformat()


def _yes_no(question: Question, text: str) -> str:
    if text not in ("yes", "no"):
        raise BadAnswer(_l("Choose yes or no."))
    return text


def _one(question: Question, text: str) -> str:
    if text not in {option["key"] for option in question["options"]}:
        raise BadAnswer(_l("Choose one of the listed answers."))
    return text


def _many(question: Question, texts: list[str]) -> list[str]:
    chosen = set(texts)
    known = [option["key"] for option in question["options"]]
    if not chosen <= set(known):
        raise BadAnswer(_l("Choose among the listed answers."))
    return [key for key in known if key in chosen]


_CLEANERS = {"text": _text, "long_text": _text, "number": _number, "date": _date, "yes_no": _yes_no, "one_of": _one}


def kept_as_typed(question: Question, values: Sequence[str]) -> dict[str, Any]:
    """What is stored of an answer that does not fit: shown again as it was typed."""
    texts = [_CONTROL.sub("\ufffd", value)[:LONG_TEXT_LENGTH] for value in values[:100]]
    return {"typed": texts if question["type"] == "many_of" else (texts or [""])[0]}


def is_typed(answer: Any) -> bool:
    """True for an answer that was kept although it does not fit."""
    return isinstance(answer, dict)


def faults_of(sections: list[Section], answers: Answers) -> dict[str, str]:
    """A sentence for each question that keeps the form from being submitted."""
    faults = {}
    for question in questions_of(sections):
        answer = answers.get(question["id"])
        if isinstance(answer, dict):
            faults[question["id"]] = fault_of_typed(question, answer)
        elif answer is None and question["required"]:
            faults[question["id"]] = _("Please answer this question.")
    return faults


def fault_of_typed(question: Question, answer: dict[str, Any]) -> str:
    """What is wrong with a kept answer, or empty."""
    typed = answer.get("typed", "")
    try:
        clean_answer(question, typed if isinstance(typed, list) else [str(typed)])
    except BadAnswer as refusal:
        return str(refusal)
    # It was refused under another language's numbers and fits now: typing it again stores it.
    return str(_("Please check this answer and enter it again."))


def as_field(question: Question, answer: Any) -> Any:
    """What stands in the field: a text, or a list of keys for *many of*."""
    if is_typed(answer):
        answer = answer.get("typed")
    elif question["type"] == "number" and answer:
        return number(Decimal(answer)) if abs(Decimal(answer).as_tuple().exponent) <= 3 else answer  # type: ignore[arg-type]
    if question["type"] == "many_of":
        return answer if isinstance(answer, list) else []
    return answer if isinstance(answer, str) else ""


def shown(question: Question, answer: Any) -> str:
    """The answer as the reader reads it; empty when there is none."""
    if answer is None or is_typed(answer):
        return ""
    kind = question["type"]
    if kind == "yes_no":
        return str(_("Yes") if answer == "yes" else _("No"))
    if kind == "date":
        return day(date.fromisoformat(answer))
    if kind == "number":
        return str(as_field(question, answer))
    if kind in ("one_of", "many_of"):
        labels = {option["key"]: option["label"] for option in question["options"]}
        keys = answer if isinstance(answer, list) else [answer]
        return ", ".join(labels.get(key, "") for key in keys)
    return str(answer)
