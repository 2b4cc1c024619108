"""The fields that every client has: what they are called and what they accept."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import exists

from portal.clients.models import Client, ClientGroup, ClientType
from portal.clients.refusals import BadValue, Unknown
from portal.clients.values import check_email, check_phone, check_text, decimal_of
from portal.kit.db import db
from portal.kit.errors import Refused
from portal.kit.i18n import LANGUAGES, number
from portal.kit.names import BadName, clean_name, search_key

LABELS: dict[str, LazyString] = {
    "name": _l("Name"),
    "group_id": _l("Group"),
    "type_id": _l("Type"),
    "status": _l("Status"),
    "language": _l("Language"),
    "address": _l("Address"),
    "postal_code": _l("Postal code"),
    "city": _l("City"),
    "country": _l("Country"),
    "phone": _l("Phone"),
    "email": _l("E-mail"),
    "tax": _l("Tax"),
    "price_list": _l("Price list"),
    "discount_percent": _l("Discount (%)"),
    "note": _l("Notes"),
}
STATUSES: dict[str, LazyString] = {
    "lead": _l("Lead"),
    "active": _l("Active"),
    "paused": _l("Paused"),
    "former": _l("Former"),
}
STATUS_TONES = {"lead": "info", "active": "ok", "paused": "warn", "former": "neutral"}


def clean_client_name(raw: str) -> str:
    """The name of a client as it is stored.

    :raises BadName: empty, too long, or holding characters that deceive.
    """
    name = clean_name(raw or "", path_safe=False)
    if not search_key(name):
        raise BadName(_l("Give it a name that can be read."))
    return name


def clean_field(field: str, raw: Any) -> Any:
    """The value of a field as it is stored.

    :param field: a key of ``LABELS``.
    :raises Refused: with ``field`` set, when the value does not fit.
    """
    if field not in LABELS:
        raise BadValue(_l("There is no such field."), field=field)
    try:
        if field == "name":
            return clean_client_name(str(raw or ""))
        return _CLEANERS[field](raw)
    except Refused as refusal:
        refusal.field = field
        raise


def _line(longest: int) -> Callable[[Any], str]:
    return lambda raw: check_text(str(raw or ""), longest)


def _choice(known: dict[str, Any]) -> Callable[[Any], str]:
    def clean(raw: Any) -> str:
        if raw not in known:
            raise Unknown()
        return str(raw)

    return clean


def _discount(raw: Any) -> Decimal | None:
    if raw in (None, ""):
        return None
    value = raw if isinstance(raw, Decimal) else decimal_of(str(raw))
    if not 0 <= value <= 100:
        raise BadValue(_l("A discount lies between 0 and 100."))
    return value.quantize(Decimal("0.01"))


def _reference(model: type[ClientGroup] | type[ClientType]) -> Callable[[Any], uuid.UUID | None]:
    def clean(raw: Any) -> uuid.UUID | None:
        if raw in (None, "", "None"):
            return None
        try:
            ident = raw if isinstance(raw, uuid.UUID) else uuid.UUID(str(raw))
        except ValueError:
            raise Unknown() from None
        if not db.session.execute(exists().where(model.id == ident).select()).scalar_one():
            raise Unknown()
        return ident

    return clean


_CLEANERS: dict[str, Callable[[Any], Any]] = {
    "group_id": _reference(ClientGroup),
    "type_id": _reference(ClientType),
    "status": _choice(STATUSES),
    "language": _choice(LANGUAGES),
    "address": lambda raw: check_text(str(raw or ""), 1000, lines=True),
    "postal_code": _line(20),
    "city": _line(120),
    "country": _line(120),
    "phone": lambda raw: check_phone(str(raw)) if raw else "",
    "email": lambda raw: check_email(str(raw)) if raw else "",
    "tax": _line(60),
    "price_list": _line(120),
    "discount_percent": _discount,
    "note": lambda raw: check_text(str(raw or ""), 20_000, lines=True),
}


def editable_field(client: Client, field: str) -> str:
    """The value of a field as its control takes it, and as a later save compares it."""
    value = getattr(client, field)
    if value is None:
        return ""
    return number(value) if isinstance(value, Decimal) else str(value)
