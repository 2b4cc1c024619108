"""The working term: what the firm calls those for whom it keeps files (F16)."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import LazyString, get_locale
from flask_babel import lazy_pgettext as _lp

from portal.accounts.queries import firm

OWN = "own"


@dataclass(frozen=True)
class Term:
    """One word, singular and plural, in lower case and in the reader's language."""

    key: str
    singular: str
    plural: str


# The ten of the product's description, after the plain "client"; in lower case, pages write capitals themselves.
TERMS: dict[str, tuple[LazyString, LazyString]] = {
    "clients": (_lp("working term", "client"), _lp("working term", "clients")),
    "patients": (_lp("working term", "patient"), _lp("working term", "patients")),
    "students": (_lp("working term", "student"), _lp("working term", "students")),
    "accounts": (_lp("working term", "account"), _lp("working term", "accounts")),
    "pets": (_lp("working term", "pet"), _lp("working term", "pets")),
    "vehicles": (_lp("working term", "vehicle"), _lp("working term", "vehicles")),
    "projects": (_lp("working term", "project"), _lp("working term", "projects")),
    "cases": (_lp("working term", "case"), _lp("working term", "cases")),
    "jobs": (_lp("working term", "job"), _lp("working term", "jobs")),
    "opportunities": (_lp("working term", "opportunity"), _lp("working term", "opportunities")),
    "properties": (_lp("working term", "property"), _lp("working term", "properties")),
}


def working_term() -> Term:
    """The firm's working term in the reader's language; "client" before the firm is set up."""
    found = firm()
    key = found.working_term if found is not None else "clients"
    if found is not None and key == OWN and found.own_term:
        words = _own_words(found.own_term, found.language)
        if words:
            return Term(OWN, *words)
    singular, plural = TERMS.get(key, TERMS["clients"])
    return Term(key if key in TERMS else "clients", str(singular), str(plural))


def _own_words(own: dict[str, list[str]], firm_language: str) -> tuple[str, str] | None:
    """The firm's word in the reader's language, else in the firm's, else in any that it gave."""
    locale = get_locale()
    reader = locale.language if locale is not None else firm_language
    for language in (reader, firm_language, *own):
        words = own.get(language)
        if words and words[0]:
            return words[0], words[1] or words[0]
    return None


def term_choices() -> list[tuple[str, str]]:
    """(key, plural) pairs for the settings page, in the reader's language."""
    return [(key, str(plural)) for key, (_singular, plural) in TERMS.items()]
