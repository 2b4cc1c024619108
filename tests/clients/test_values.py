"""Values of attributes: what is accepted, what is stored, what is shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import force_locale

from portal.clients.models import Attribute
from portal.clients.refusals import BadValue
from portal.clients.values import editable, parse, shown

OPTIONS = [
    {"key": "is", "label": {"fr": "Impôt sur les sociétés", "en": "Corporate tax"}},
    {"key": "ir", "label": {"fr": "Impôt sur le revenu"}},
]


@pytest.fixture(autouse=True)
def _french(app: Flask, session: object) -> Iterator[None]:
    with app.test_request_context(), force_locale("fr"):
        yield


def of(type: str, rule: str = "") -> Attribute:
    return Attribute(type=type, rule=rule, options=OPTIONS, label={"fr": "x"})


@pytest.mark.parametrize(
    ("attribute", "typed", "stored"),
    [
        (of("text"), "  Été  ", "Été"),
        (of("long_text"), "a\r\nb", "a\nb"),
        (of("number"), "1 234,5", "1234.5"),
        (of("number"), "1\u202f234,50", "1234.5"),
        (of("number"), "1,234.5", "1234.5"),
        (of("number"), "-12", "-12"),
        (of("number"), "100", "100"),
        (of("money"), "1 250,00 €", "125000"),
        (of("money"), "0,1", "10"),
        (of("date"), "31/12/2026", "2026-12-31"),
        (of("date"), "2026-12-31", "2026-12-31"),
        (of("yes_no"), "Oui", "yes"),
        (of("yes_no"), "no", "no"),
        (of("one_of"), "is", "is"),
        (of("one_of"), "impot sur le REVENU", "ir"),
        (of("many_of"), ["ir", "is"], '["is", "ir"]'),
        (of("many_of"), "Corporate tax; ir", '["is", "ir"]'),
        (of("email"), "Jean@EXAMPLE.com", "Jean@example.com"),
        (of("phone"), "01 23 45 67 89", "+33 1 23 45 67 89"),
        (of("address"), "1 rue\n69000 Lyon", "1 rue\n69000 Lyon"),
        (of("text", "siren"), "732 829 320", "732829320"),
        (of("text", "siret"), "732 829 320 00074", "73282932000074"),
        (of("text", "vat"), "FR 40 303 265 045", "FR40303265045"),
        (of("text", "iban"), "FR14 2004 1010 0505 0001 3M02 606", "FR1420041010050500013M02606"),
        (of("text"), "", None),
        (of("many_of"), [], None),
        (of("date"), None, None),
    ],
)
def test_what_is_typed_is_stored_in_one_form(attribute: Attribute, typed: object, stored: str | None) -> None:
    assert parse(attribute, typed) == stored


@pytest.mark.parametrize(
    ("attribute", "typed"),
    [
        (of("text"), "a\x00b"),
        (of("text"), "a\u202eb"),
        (of("text"), "a\nb"),
        (of("text"), "a" * 501),
        (of("long_text"), "a" * 20001),
        (of("number"), "abc"),
        (of("number"), "NaN"),
        (of("number"), "1e9"),
        (of("number"), "9" * 16),
        (of("number"), "1,2,3"),
        (of("money"), "1,234 567"),
        (of("money"), "0,001"),
        (of("date"), "31/02/2026"),
        (of("date"), "12/31/2026"),
        (of("date"), "0001-01-01"),
        (of("yes_no"), "maybe"),
        (of("one_of"), "tva"),
        (of("many_of"), ["is", "tva"]),
        (of("email"), "jean"),
        (of("phone"), "abc"),
        (of("text", "siren"), "732829321"),
        (of("text", "siret"), "73282932000075"),
        (of("text", "vat"), "FR00"),
        (of("text", "iban"), "FR14"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(attribute: Attribute, typed: object) -> None:
    with pytest.raises(BadValue) as refusal:
        parse(attribute, typed)
    assert len(str(refusal.value)) > 10
    assert "%(" not in str(refusal.value)


def test_values_are_shown_as_the_reader_writes_them() -> None:
    assert shown(of("date"), "2026-12-31") == "31/12/2026"
    assert shown(of("number"), "1234.5").replace("\u202f", " ") == "1 234,5"
    assert shown(of("money"), "125000").replace("\u202f", " ").replace("\xa0", " ") == "1 250,00 €"
    assert shown(of("many_of"), '["is", "ir"]') == "Impôt sur les sociétés, Impôt sur le revenu"
    assert shown(of("text", "siren"), "732829320") == "732 829 320"
    assert shown(of("one_of"), "gone") == "gone"
    assert shown(of("text"), None) == ""


@pytest.mark.parametrize(
    ("type", "stored"),
    [
        ("number", "1234.5"),
        ("money", "125000"),
        ("date", "2026-12-31"),
        ("yes_no", "no"),
        ("one_of", "is"),
        ("many_of", '["is"]'),
    ],
)
def test_what_the_control_holds_is_accepted_again(type: str, stored: str) -> None:
    attribute = of(type)
    assert parse(attribute, editable(attribute, stored)) == stored
