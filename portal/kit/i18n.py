"""Languages, time zones, and how dates, sizes and sums are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from babel import Locale
from flask import Flask, current_app, g, has_request_context, request
from flask_babel import (
    Babel,
    force_locale,
    format_date,
    format_datetime,
    format_decimal,
    format_time,
    get_locale,
    get_translations,
    to_user_timezone,
)
from flask_babel import get_timezone as babel_timezone
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

_UNITS = (_l("bytes"), _l("kB"), _l("MB"), _l("GB"), _l("TB"))
LANGUAGES = {"fr": "Français", "en": "English", "it": "Italiano"}

babel = Babel()

# What the firm prefers (language, time zone) is known one floor up, which hands it in through this hook.
_firm_defaults: Callable[[], tuple[str, str]] = lambda: ("fr", "Europe/Paris")  # noqa: E731


def init_app(app: Flask, firm_defaults: Callable[[], tuple[str, str]]) -> None:
    """Set up translations and the template filters. ``firm_defaults`` gives (language, time zone)."""
    global _firm_defaults
    _firm_defaults = firm_defaults
    babel.init_app(
        app,
        default_locale="en",
        default_translation_directories=str(app.config["TRANSLATIONS"]),
        locale_selector=_chosen_language,
        timezone_selector=_chosen_zone,
    )
    _remember_catalogues(app)
    app.jinja_env.filters.update(day=day, moment=moment, filesize=filesize, number=number, money=money)
    app.jinja_env.globals.update(locale=get_locale, languages=LANGUAGES)


def _remember_catalogues(app: Flask) -> None:
    """Let templates find the reader's catalogue by its language: Flask-Babel looks for it anew at every word."""
    known: dict[str, Any] = {}

    def catalogue() -> Any:
        locale = get_locale()
        if locale is None:
            return get_translations()
        if locale.language not in known:
            known[locale.language] = get_translations()
        return known[locale.language]

    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: catalogue().ugettext(text),
        lambda one, many, count: catalogue().ungettext(one, many, count),
        newstyle=True,
        pgettext=lambda context, text: catalogue().upgettext(context, text),
        npgettext=lambda context, one, many, count: catalogue().unpgettext(context, one, many, count),
    )


def _chosen_language() -> str:
    """The person's choice, else that of the language switch (session), else the browser's, else the firm's."""
    if not has_request_context():
        return _firm_defaults()[0]
    from flask import session

    chosen = getattr(current_user, "language", None) or session.get("language")
    if "eye" in g:
        # Pages are in the seen person's language, unless the one who looks chose another to read them in.
        chosen = session.get("eye_language") or chosen
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(list(LANGUAGES)) or _firm_defaults()[0]


def _chosen_zone() -> str:
    zone = getattr(current_user, "time_zone", None) if has_request_context() else None
    return str(zone or _firm_defaults()[1])


def firm_time_zone() -> str:
    """The name of the firm's time zone, whatever the reader's is."""
    return _firm_defaults()[1]


@contextmanager
def in_language(language: str) -> Iterator[None]:
    """Everything inside is translated and formatted for this language (mails in their reader's language)."""
    with force_locale(language if language in LANGUAGES else _firm_defaults()[0]):
        yield


def day(value: date | datetime | None) -> str:
    """A date as the reader writes it: 31/12/2026."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = to_user_timezone(value).date()
    return str(format_date(value, "dd/MM/yyyy" if get_locale().language in ("fr", "it") else "d MMM yyyy"))


def moment(value: datetime | None) -> str:
    """A point in time, shorter the nearer it is: '17:12', 'yesterday 17:12', '9 Nov', '9 Nov 2025'."""
    if value is None:
        return ""
    local = to_user_timezone(value)
    today = datetime.now(babel_timezone()).date()
    clock = format_time(local.replace(tzinfo=None), "short", rebase=False)
    if local.date() == today:
        return str(clock)
    if local.date() == today - timedelta(days=1):
        return str(_("yesterday %(time)s", time=clock))
    pattern = "d MMM" if local.year == today.year else "d MMM yyyy"
    return str(format_date(local.date(), pattern))


def full_moment(value: datetime) -> str:
    """Date and time in full, for titles and logs."""
    return str(format_datetime(value, "medium"))


def number(value: int | float | Decimal | None) -> str:
    """A number with the reader's separators."""
    return "" if value is None else str(format_decimal(value))


def filesize(value: int | None) -> str:
    """Bytes in decimal units (SI): '2,4 Mo' in French, '2.4 MB' in English."""
    if value is None:
        return ""
    amount, step = float(value), 0
    while amount >= 999.5 and step < len(_UNITS) - 1:
        amount, step = amount / 1000, step + 1
    shown = format_decimal(amount, format="#,##0.#" if step > 1 and amount < 100 else "#,##0")
    return f"{shown}\u00a0{_UNITS[step]}"


def money(minor: int | None, currency: str = "EUR") -> str:
    """Minor units (cents) as a sum in the reader's way."""
    from babel.numbers import format_currency, get_currency_precision

    if minor is None:
        return ""
    return str(format_currency(Decimal(minor).scaleb(-get_currency_precision(currency)), currency, locale=get_locale()))


def language_name(code: str) -> str:
    """A language in its own words."""
    return LANGUAGES.get(code) or str(Locale.parse(code).get_display_name(code))


def label_in(labels: dict[str, Any] | str, language: str | None = None) -> str:
    """The label for the reader out of ``{"fr": ..., "en": ...}``; any other language before nothing at all."""
    if isinstance(labels, str):
        return labels
    wanted = language or get_locale().language
    return str(labels.get(wanted) or labels.get(_firm_defaults()[0]) or next((v for v in labels.values() if v), ""))


def app_languages() -> list[tuple[str, str]]:
    """Choices for a language field."""
    return list(current_app.config.get("LANGUAGES", LANGUAGES).items())
