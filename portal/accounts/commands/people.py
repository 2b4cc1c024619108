"""Add people, change their details, invite, disable."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from portal import activity, mailer
from portal.accounts import links
from portal.accounts.models import Person, Role
from portal.accounts.queries import firm_defaults, person_by_email
from portal.accounts.roles import Feature
from portal.accounts.sessions import end_session, end_sessions_of
from portal.kit.addresses import clean_address
from portal.kit.clock import now
from portal.kit.db import db, transactional
from portal.kit.errors import Conflict, Forbidden, Refused
from portal.kit.i18n import LANGUAGES
from portal.kit.names import clean_name, search_key

_DETAILS = ("email", "first_name", "last_name", "phone", "language", "time_zone", "theme")


class AddressTaken(Refused):
    """An address is one person."""

    sentence = _l("Somebody with this address exists already.")
    field = "email"


class AlreadyActive(Refused):
    """There is nothing to activate."""

    sentence = _l("%(person)s has activated the account already.")


class IsDisabled(Refused):
    """A disabled account must be enabled first."""

    sentence = _l("The account of %(person)s is disabled. Enable it first.")


class LastAdministrator(Refused):
    """A firm without an administrator could never be administered again."""

    sentence = _l("This is the last administrator. Make somebody else an administrator first.")
    field = "role_id"


class NotYourself(Refused):
    """Locking oneself out is always a mistake."""

    sentence = _l("You cannot disable your own account.")


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
    return _add("contact", email, first_name, last_name, phone, language, None)


@transactional
def create_collaborator(
    *,
    email: str,
    first_name: str = "",
    last_name: str = "",
    phone: str = "",
    language: str | None = None,
    role: Role,
    actor: Any,
) -> Person:
    """Add a collaborator with a role; no mail is sent until :func:`invite`.

    :raises AddressTaken: a person with this address exists.
    """
    person = _add("collaborator", email, first_name, last_name, phone, language, role)
    activity.record(activity.verbs.COLLABORATOR_ADDED, actor=actor, person=person.full_name)
    return person


@transactional
def add_collaborator(*, role: Role, actor: Any, **details: Any) -> Person:
    """Add a collaborator and send the activation mail."""
    person = create_collaborator(role=role, actor=actor, **details)
    invite(person, actor=actor)
    return person


def _add(
    kind: str, email: str, first_name: str, last_name: str, phone: str, language: str | None, role: Role | None
) -> Person:
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
    person = _locked(person)
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
def update_collaborator(person: Person, *, role: Role, actor: Any, version: int | None, **fields: Any) -> Person:
    """Change details and role of a collaborator together: both or none.

    :raises LastAdministrator: nobody else could administer the firm.
    """
    person = update_person(person, actor=actor, version=version, **fields)
    set_role(person, role, actor=actor)
    return person


@transactional
def choose_language(person: Person, language: str) -> None:
    """Speak another language to this person from now on; never a conflict with what others save."""
    _locked(person).language = language


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


def _locked(person: Person) -> Person:
    found: Person = db.session.scalars(
        select(Person)
        .where(Person.id == person.id)
        .with_for_update(of=Person)
        .execution_options(populate_existing=True)
    ).one()
    return found


@transactional
def invite(
    person: Person, *, actor: Any = None, language: str | None = None, client_id: uuid.UUID | None = None
) -> None:
    """Send the activation mail; a link that was sent before dies.

    :param actor: who asks; None when the person did so themselves.
    :param language: of the mail, when it is not the person's own.
    :raises AlreadyActive: nothing to activate.
    :raises IsDisabled: enable the account first.
    """
    person = _locked(person)
    if person.activated_at is not None:
        raise AlreadyActive(person=person.full_name)
    if person.disabled_at is not None:
        raise IsDisabled(person=person.full_name)
    link = links.issue("activation", person)
    person.invited_at = now()
    mailer.send("activation", to=person, language=language, client_id=client_id, link_id=link.id)
    activity.record(activity.verbs.INVITED, actor=actor or person, person=person.full_name)


@transactional
def invite_many(people: Iterable[Person], *, actor: Any) -> int:
    """Send activation mails to those who have not activated; the others are left alone. Returns how many were sent."""
    waiting = [person for person in people if person.activated_at is None and person.disabled_at is None]
    for person in sorted(waiting, key=lambda one: one.id):
        invite(person, actor=actor)
    return len(waiting)


@transactional
def disable_person(person: Person, *, actor: Any) -> None:
    """Close an account at once: all its sessions end, its links die. Nothing is deleted.

    :raises NotYourself: one's own account.
    :raises LastAdministrator: nobody else could administer the firm.
    """
    if person.id == actor.id:
        raise NotYourself()
    _keep_an_administrator(person)
    person = _locked(person)
    if person.disabled_at is not None:
        return
    person.disabled_at, person.disabled_by_id = now(), actor.id
    person.version += 1
    end_sessions_of(person.id)
    for purpose in ("activation", "reset"):
        links.revoke(purpose, person)
    activity.record(activity.verbs.PERSON_DISABLED, actor=actor, person=person.full_name)


@transactional
def enable_person(person: Person, *, actor: Any) -> None:
    """Open a disabled account again, with the password that it had."""
    person = _locked(person)
    if person.disabled_at is None:
        return
    person.disabled_at, person.disabled_by_id = None, None
    person.version += 1
    activity.record(activity.verbs.PERSON_ENABLED, actor=actor, person=person.full_name)


@transactional
def set_role(person: Person, role: Role, *, actor: Any) -> None:
    """Give a collaborator another role; it counts from their next request on.

    :raises LastAdministrator: nobody else could administer the firm.
    """
    if person.kind != "collaborator":
        raise Forbidden()
    if person.role_id == role.id:
        return
    if Feature.SETTINGS not in role.features:
        _keep_an_administrator(person)
    person = _locked(person)
    person.role = role
    person.version += 1
    activity.record(activity.verbs.ROLE_CHANGED, actor=actor, person=person.full_name, role=role.preset or role.name)


def _keep_an_administrator(person: Person) -> None:
    """Refuse when this is the only active administrator.

    The roles are locked first: two administrators who remove each other at the same moment are judged one by one.
    """
    administering = [
        role.id
        for role in db.session.scalars(select(Role).order_by(Role.id).with_for_update())
        if Feature.SETTINGS in role.features
    ]
    if person.role_id not in administering:
        return
    others = db.session.scalar(
        select(func.count())
        .select_from(Person)
        .where(
            Person.role_id.in_(administering),
            Person.id != person.id,
            Person.disabled_at.is_(None),
            Person.activated_at.is_not(None),
        )
    )
    if not others:
        raise LastAdministrator()


@transactional
def end_own_session(session: Any, *, actor: Any) -> None:
    """End one of one's own sessions."""
    end_session(session.id)
    activity.record(activity.verbs.SESSION_ENDED, actor=actor)


@transactional
def end_other_sessions(*, actor: Any, but: uuid.UUID | None) -> None:
    """End all of one's own sessions except the one that asks."""
    end_sessions_of(actor.id, but=but)
    activity.record(activity.verbs.SESSION_ENDED, actor=actor)


@transactional
def end_all_sessions(person: Person, *, actor: Any) -> None:
    """Sign a person out everywhere."""
    end_sessions_of(person.id)
    activity.record(activity.verbs.SIGNED_OUT_BY, actor=actor, person=person.full_name)
