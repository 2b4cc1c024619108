"""Add people and change their details."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal import activity, mailer
from portal.accounts import links
from portal.accounts.models import Person, Role
from portal.accounts.queries import firm_defaults, person_by_email
from portal.kit.addresses import clean_address
from portal.kit.db import db, transactional
from portal.kit.errors import Conflict, Refused
from portal.kit.i18n import LANGUAGES
from portal.kit.names import clean_name, search_key

_DETAILS = ("email", "first_name", "last_name", "phone", "language", "time_zone", "theme")


class AddressTaken(Refused):
    """An address is one person."""

    sentence = _l("Somebody with this address exists already.")
    field = "email"


@transactional
def create_contact(
    *,
    email: str,
    first_name: str = "",
    last_name: str = "",
    phone: str = "",
    language: str | None = None,
    actor: Any,
) -> Person:
    """Add a contact; no mail is sent until :func:`invite`.

    :raises AddressTaken: a person with this address exists (whatever its case).
    :raises portal.kit.addresses.BadAddress: no address that mail can be sent to.
    """
    return add_person("contact", email, first_name, last_name, phone, language, None)


def add_person(
    kind: str, email: str, first_name: str, last_name: str, phone: str, language: str | None, role: Role | None
) -> Person:
    """A person of this kind; joins the command that adds them."""
    address = clean_address(email)
    if person_by_email(address) is not None:
        raise AddressTaken()
    person = Person(
        kind=kind,
        email=address,
        first_name=_name(first_name, "first_name"),
        last_name=_name(last_name, "last_name"),
        phone=phone.strip(),
        language=language if language in LANGUAGES else firm_defaults()[0],
        role=role,
    )
    person.search_key = _search_key(person)
    _flush_new(person)
    return person


def _flush_new(person: Person) -> None:
    """Write the row now: of two people adding the same address at once, the second is told so."""
    try:
        with db.session.begin_nested():
            db.session.add(person)
            db.session.flush()  # the unique index answers now, inside the savepoint
    except IntegrityError:
        raise AddressTaken() from None


def _name(raw: str, field: str) -> str:
    return clean_name(raw, field=field, path_safe=False) if raw.strip() else ""


def _search_key(person: Person) -> str:
    return search_key(f"{person.last_name} {person.first_name} {person.email}")


@transactional
def update_person(person: Person, *, actor: Any, version: int | None = None, **fields: Any) -> Person:
    """Change details of a person, once for all clients that they belong to.

    A changed address kills the links that were sent to the old one, and the old address is told.

    :param version: the version that the page had read; None changes without asking.
    :param fields: any of email, first_name, last_name, phone, language, time_zone, theme; others are refused.
    :raises portal.kit.errors.Conflict: somebody saved in between.
    :raises AddressTaken: the new address is somebody else's.
    """
    if unknown := set(fields) - set(_DETAILS):
        raise TypeError(f"no details of a person: {', '.join(sorted(unknown))}")
    person = locked(person)
    if version is not None and version != person.version:
        raise Conflict()
    changed = _changes(person, fields)
    if not changed:
        return person
    if "email" in changed:
        _change_address(person, changed.pop("email"))
    for name, value in changed.items():
        setattr(person, name, value)
    person.search_key = _search_key(person)
    person.version += 1
    if set(fields) - {"theme"}:
        activity.record(activity.verbs.CONTACT_CHANGED, actor=actor, person=person.full_name)
    return person


@transactional
def choose_language(person: Person, language: str) -> None:
    """Speak another language to this person from now on; never a conflict with what others save."""
    locked(person).language = language


def _changes(person: Person, fields: dict[str, Any]) -> dict[str, Any]:
    values = dict(fields)
    if "email" in values:
        values["email"] = clean_address(values["email"])
    for name in ("first_name", "last_name"):
        if name in values:
            values[name] = _name(values[name] or "", name)
    return {name: value for name, value in values.items() if getattr(person, name) != value}


def _change_address(person: Person, address: str) -> None:
    other = person_by_email(address)
    if other is not None and other.id != person.id:
        raise AddressTaken()
    before = SimpleNamespace(id=person.id, email=person.email, full_name=person.full_name, language=person.language)
    person.email = address
    for purpose in ("activation", "reset"):
        links.revoke(purpose, person)
    if person.activated_at is None:
        person.invited_at = None
    else:
        mailer.send("address_changed", to=before)
    try:
        # The unique index is the judge when two people take one address at once.
        with db.session.begin_nested():
            db.session.flush()  # the unique index answers now, inside the savepoint
    except IntegrityError:
        raise AddressTaken() from None


def locked(person: Person) -> Person:
    """The person as the database has them now, locked until the command ends."""
    found: Person = db.session.scalars(
        select(Person)
        .where(Person.id == person.id)
        .with_for_update(of=Person)
        .execution_options(populate_existing=True)
    ).one()
    return found
