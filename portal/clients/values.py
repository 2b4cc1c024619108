"""Values of attributes: what is accepted for each type, how it is stored, how a reader sees it.

Stored is the canonical text of the type: dates ISO 8601, numbers with a point, money in minor units, ``yes``/``no``,
choices by key, several choices as a JSON list of keys, telephone numbers in international writing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import stdnum.eu.vat
import stdnum.fr.siren
import stdnum.fr.siret
import stdnum.iban
from babel.numbers import NumberFormatError, format_decimal, get_currency_precision, parse_decimal
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from stdnum.exceptions import ValidationError as NumberRefused

from portal.accounts.queries import firm
from portal.clients.models import Attribute
from portal.clients.refusals import BadValue
from portal.kit import i18n
from portal.kit.addresses import BadAddress, BadPhone, clean_address, clean_phone
from portal.kit.names import search_key

TYPES = {
    "text": _l("Text"),
    "long_text": _l("Long text"),
    "number": _l("Number"),
    "money": _l("Amount of money"),
    "date": _l("Date"),
    "yes_no": _l("Yes or no"),
    "one_of": _l("One of several"),
    "many_of": _l("Several of several"),
    "email": _l("E-mail"),
    "phone": _l("Phone"),
    "address": _l("Address"),
}
RULES = {
    "siren": _l("SIREN number"),
    "siret": _l("SIRET number"),
    "vat": _l("VAT number of the European Union"),
    "iban": _l("IBAN"),
}
WITH_OPTIONS = ("one_of", "many_of")
TEXT_LENGTH, LONG_LENGTH, ADDRESS_LENGTH, INTEGER_DIGITS = 500, 20_000, 1_000, 15

_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]"
)
_BLANKS = re.compile(r"[\s\u00a0\u202f'’]+")
_PLAIN_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4})")
_YES = {"yes", "oui", "si", "true", "vrai", "vero", "1", "on", "x"}
_NO = {"no", "non", "false", "faux", "falso", "0", "off"}
_REGIONS = {"fr": "FR", "it": "IT", "en": "GB"}


def currency() -> str:
    """The firm's currency (ISO 4217)."""
    found = firm()
    return found.currency if found is not None else "EUR"


def parse(attribute: Attribute, raw: Any) -> str | None:
    """The canonical text of what was typed, or None for nothing.

    :param raw: text as typed in the reader's language, or a list of keys for "several of several".
    :raises BadValue: it does not fit the type or rule.
    """
    if attribute.type == "many_of":
        return _parse_choices(attribute, raw)
    if isinstance(raw, list | tuple):
        raw = raw[0] if raw else ""
    if isinstance(raw, bool):
        raw = "yes" if raw else "no"
    if isinstance(raw, date):
        raw = raw.isoformat()[:10]
    text = str(raw if raw is not None else "").strip()
    if not text:
        return None
    return _PARSERS[attribute.type](attribute, text)


def check_text(text: str, longest: int, *, lines: bool = False) -> str:
    """Plain text without control and hidden characters.

    :param longest: characters allowed.
    :raises BadValue: too long, or holding characters that cannot be shown.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if _UNSEEN.search(text) or (not lines and "\n" in text):
        raise BadValue(_l("This holds characters that cannot be shown. Type it again by hand."))
    if len(text) > longest:
        raise BadValue(_l("This is too long: %(most)s characters at most."), most=i18n.number(longest))
    return text


def _parse_text(attribute: Attribute, text: str) -> str:
    text = check_text(text, TEXT_LENGTH)
    return check_rule(attribute.rule, text) if attribute.rule else text


def check_rule(rule: str, text: str) -> str:
    """A registration number in its compact form.

    :raises BadValue: the number is not valid under its own rules (check digit, length).
    """
    checks: dict[str, tuple[Callable[[str], str], Any]] = {
        "siren": (stdnum.fr.siren.validate, _l("This is no valid SIREN: 9 digits, the last one checks the others.")),
        "siret": (stdnum.fr.siret.validate, _l("This is no valid SIRET: 14 digits, the last one checks the others.")),
        "vat": (
            stdnum.eu.vat.validate,
            _l("This is no valid VAT number. It begins with the country, for example FR40303265045."),
        ),
        "iban": (stdnum.iban.validate, _l("This is no valid IBAN. Check the digits against the bank's document.")),
    }
    validate, sentence = checks[rule]
    try:
        return str(validate(text))
    except NumberRefused:
        raise BadValue(sentence) from None


def _parse_number(attribute: Attribute, text: str) -> str:
    return format(decimal_of(text).normalize(), "f")


def decimal_of(text: str) -> Decimal:
    """A number as people write it: "1 234,5", "1,234.5" or "1234.5", by the reader's language first.

    :raises BadValue: no number, or more than 15 digits before the point or 6 behind it.
    """
    bare = _BLANKS.sub("", text)
    if "," in bare and "." in bare:
        # The last of the two marks is the decimal one, whatever the language: "1.234,5" and "1,234.5".
        mark = max(bare.rfind(","), bare.rfind("."))
        bare = bare[:mark].replace(",", "").replace(".", "") + "." + bare[mark + 1 :]
    elif not _PLAIN_NUMBER.fullmatch(bare):
        try:
            bare = str(parse_decimal(bare, locale=get_locale()))
        except NumberFormatError:
            bare = bare.replace(",", ".") if bare.count(",") == 1 else bare
    if not _PLAIN_NUMBER.fullmatch(bare):
        raise BadValue(_l("This is no number. Write it like %(example)s."), example=i18n.number(Decimal("1234.5")))
    try:
        value = Decimal(bare)
    except InvalidOperation:
        raise BadValue(
            _l("This is no number. Write it like %(example)s."), example=i18n.number(Decimal("1234.5"))
        ) from None
    whole, _point, behind = bare.lstrip("+-").partition(".")
    if len(whole) > INTEGER_DIGITS or len(behind) > 6:
        raise BadValue(_l("This number has too many digits."))
    return value


def _parse_money(attribute: Attribute, text: str) -> str:
    code = currency()
    for sign in (code, "€", "$", "£"):
        text = text.replace(sign, "")
    minor = decimal_of(text).scaleb(get_currency_precision(code))
    if minor != minor.to_integral_value():
        raise BadValue(_l("An amount has at most %(digits)s decimals."), digits=get_currency_precision(code))
    return str(int(minor))


def _parse_date(attribute: Attribute, text: str) -> str:
    wrong = BadValue(_l("This is no date. Write it like 31/12/2026."))
    try:
        if match := _DAY_FIRST.fullmatch(text):
            day, month, year = (int(part) for part in match.groups())
            found = date(year, month, day)
        else:
            found = date.fromisoformat(text)
    except ValueError:
        raise wrong from None
    if not 1000 <= found.year <= 9999:
        raise wrong
    return found.isoformat()


def _parse_yes_no(attribute: Attribute, text: str) -> str:
    word = search_key(text)
    if word in _YES:
        return "yes"
    if word in _NO:
        return "no"
    raise BadValue(_l("Choose yes or no."))


def _key_of(attribute: Attribute, text: str) -> str:
    """The key of an option, given its key or one of its labels."""
    wanted = search_key(text)
    for option in attribute.options:
        if text == option["key"] or wanted in {search_key(str(label)) for label in option["label"].values()}:
            return str(option["key"])
    raise BadValue(_l("“%(text)s” is none of the choices."), text=text[:80])


def _parse_choices(attribute: Attribute, raw: Any) -> str | None:
    parts: Iterable[Any] = raw if isinstance(raw, list | tuple | set) else _split(str(raw or ""))
    keys = {_key_of(attribute, str(part).strip()) for part in parts if str(part).strip()}
    ordered = [option["key"] for option in attribute.options if option["key"] in keys]
    return json.dumps(ordered) if ordered else None


def _split(text: str) -> list[str]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    return [str(part) for part in found] if isinstance(found, list) else re.split(r"[;\n,]", text)


def _parse_email(attribute: Attribute, text: str) -> str:
    return check_email(text)


def check_email(text: str) -> str:
    """An e-mail address in its usual form; whether it can be delivered is not asked.

    :raises BadValue: no address.
    """
    try:
        return clean_address(text)
    except BadAddress as refusal:
        raise BadValue(refusal.sentence) from None


def check_phone(text: str) -> str:
    """A telephone number in international writing.

    :raises BadValue: no possible number.
    """
    found = firm()
    try:
        return clean_phone(text, region=_REGIONS.get(found.language if found is not None else "fr", "FR"))
    except BadPhone as refusal:
        raise BadValue(refusal.sentence) from None


_PARSERS: dict[str, Callable[[Attribute, str], str]] = {
    "text": _parse_text,
    "long_text": lambda attribute, text: check_text(text, LONG_LENGTH, lines=True),
    "number": _parse_number,
    "money": _parse_money,
    "date": _parse_date,
    "yes_no": _parse_yes_no,
    "one_of": _key_of,
    "email": _parse_email,
    "phone": lambda attribute, text: check_phone(text),
    "address": lambda attribute, text: check_text(text, ADDRESS_LENGTH, lines=True),
}


def typed(attribute: Attribute, canonical: str | None) -> Any:
    """The value as a Python object, for sheets: Decimal, date, or text; None for nothing."""
    if canonical is None:
        return None
    if attribute.type == "number":
        return Decimal(canonical)
    if attribute.type == "money":
        return Decimal(canonical).scaleb(-get_currency_precision(currency()))
    if attribute.type == "date":
        return date.fromisoformat(canonical)
    return shown(attribute, canonical)


def shown(attribute: Attribute, canonical: str | None) -> str:
    """The value as this reader writes it: "31/12/2026", "1 234,5", "Yes". Nothing is empty text."""
    if canonical is None or canonical == "":
        return ""
    if attribute.type == "number":
        return str(format_decimal(Decimal(canonical), locale=get_locale(), decimal_quantization=False))
    if attribute.type == "money":
        return str(i18n.money(int(canonical), currency()))
    if attribute.type == "date":
        return str(i18n.day(date.fromisoformat(canonical)))
    if attribute.type == "yes_no":
        return str(_("Yes") if canonical == "yes" else _("No"))
    if attribute.type == "one_of":
        return option_label(attribute, canonical)
    if attribute.type == "many_of":
        return ", ".join(option_label(attribute, key) for key in json.loads(canonical))
    return _shown_number(attribute.rule, canonical)


def _shown_number(rule: str, text: str) -> str:
    """Registration numbers in groups, as they are printed."""
    if rule == "siren":
        return " ".join((text[:3], text[3:6], text[6:]))
    if rule == "siret":
        return " ".join((text[:3], text[3:6], text[6:9], text[9:]))
    if rule == "iban":
        return str(stdnum.iban.format(text))
    return text


def option_label(attribute: Attribute, key: str) -> str:
    """What a choice is called; its key when it was taken out of the list meanwhile."""
    return next((i18n.label_in(option["label"]) for option in attribute.options if option["key"] == key), key)


def editable(attribute: Attribute, canonical: str | None) -> Any:
    """The value as its form control takes it: ISO for dates, the reader's decimals, keys for choices."""
    if attribute.type == "many_of":
        return json.loads(canonical) if canonical else []
    if not canonical:
        return ""
    if attribute.type == "money":
        plain = Decimal(canonical).scaleb(-get_currency_precision(currency()))
        return str(format_decimal(plain, format="0.00", locale=get_locale()))
    if attribute.type == "number":
        return shown(attribute, canonical)
    return canonical
