"""Sign in and out, activate an account, choose a new password.

What strangers can trigger answers alike whether or not an account exists: the request only checks a hash (a dummy one
when there is none) and promises work; whether the account exists is looked up by the worker.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from portal import activity, mailer
from portal.accounts import links, passwords, throttle
from portal.accounts.commands.invitations import invite
from portal.accounts.models import OneTimeLink, Person
from portal.accounts.queries import firm, person_by_email
from portal.accounts.sessions import end_session, end_sessions_of, open_session
from portal.kit.clock import now
from portal.kit.crypto import token_hash
from portal.kit.db import db, transactional
from portal.kit.errors import Refused
from portal.outbox import emit

# A mail on each try would be a way to fill somebody's mailbox.
_MAIL_PAUSE = timedelta(minutes=5)


class WrongCredentials(Refused):
    """No such account, another password, not active yet, or disabled: all the same to the one who asks."""

    sentence = _l(
        "The address or the password is not right. If your account has not been activated yet, "
        "we have just sent you a new activation mail."
    )


class WrongPassword(Refused):
    """The present password was mistyped."""

    sentence = _l("This is not your present password.")
    field = "current_password"


def sign_in(email: str, password: str, *, ip: str | None, user_agent: str) -> tuple[Person, str]:
    """Open a session for whoever knows this address and password; returns the person and the cookie's token.

    :raises portal.accounts.throttle.TooManyTries: too many failed tries.
    :raises WrongCredentials: for every other reason alike.
    """
    throttle.admit("sign_in", email, ip)
    person = person_by_email(email)
    stored = person.password_hash if person is not None and person.is_active else None
    # The slow part stands outside of any transaction, so that guessing does not use up database connections.
    db.session.rollback()
    if not passwords.matches(stored, password) or person is None:
        _note_failure(email)
        raise WrongCredentials()
    throttle.forgive("sign_in", email, ip)
    return _let_in(person.id, password, ip=ip, user_agent=user_agent)


@transactional
def _note_failure(email: str) -> None:
    address = email.strip()[:254]
    activity.record(activity.verbs.SIGN_IN_FAILED, email=address)
    emit("accounts.send_activation_if_pending", email=address)


@transactional
def _let_in(person_id: uuid.UUID, password: str | None, *, ip: str | None, user_agent: str) -> tuple[Person, str]:
    person = db.session.scalars(
        select(Person)
        .where(Person.id == person_id)
        .with_for_update(of=Person)
        .execution_options(populate_existing=True)
    ).one()
    if not person.is_active:
        raise WrongCredentials()
    if password is not None and passwords.is_outdated(person.password_hash or ""):
        person.password_hash = passwords.hash_password(password)
    person.last_sign_in_at = now()
    activity.record(activity.verbs.SIGNED_IN, actor=person)
    return person, open_session(person, ip=ip or "", user_agent=user_agent)


def sign_in_as(person: Person, *, ip: str | None, user_agent: str) -> tuple[Person, str]:
    """Open a session without a password: for the demo's buttons, whose route exists in the demo only."""
    return _let_in(person.id, None, ip=ip, user_agent=user_agent)


@transactional
def sign_out(person: Person, session_id: uuid.UUID | None) -> None:
    """End this browser's session."""
    if session_id is not None:
        end_session(session_id)
    activity.record(activity.verbs.SIGNED_OUT, actor=person)


@transactional
def send_activation_if_pending(email: str) -> None:
    """Somebody tried to sign in: if that account waits for its activation, send the mail again (F35)."""
    person = person_by_email(email)
    if person is not None and _may_be_invited_again(person):
        invite(person)


def _may_be_invited_again(person: Person) -> bool:
    """Invited, not active, and no activation mail within the last minutes."""
    if person.activated_at is not None or person.disabled_at is not None or person.invited_at is None:
        return False
    return person.invited_at < now() - _MAIL_PAUSE


@transactional
def activate(token: str, password: str) -> Person:
    """Choose the first password through the link of the activation mail. The link works once.

    :raises portal.accounts.links.LinkDead: used, replaced, too old, or sent to an address that has changed.
    :raises portal.accounts.passwords.TooShort, TooLong, TooCommon: the link stays open.
    """
    person = links.reader_of(links.find("activation", token))
    hashed = _hash_checked(password, person)
    link = links.find("activation", token, lock=True)
    person = links.reader_of(link, lock=True)
    link.used_at = now()
    person.password_hash, person.activated_at = hashed, now()
    person.version += 1
    links.revoke("reset", person)
    activity.record(activity.verbs.ACTIVATED, actor=person)
    return person


def request_new_activation(token: str, *, ip: str | None) -> None:
    """The reader of an old activation link asks for another one. Answers alike whatever the token is.

    :raises portal.accounts.throttle.TooManyTries: asked too often.
    """
    hashed = token_hash(token)
    throttle.admit("renewal", hashed, ip)
    _promise("accounts.renew_activation", "token_hash", hashed)


@transactional
def _promise(name: str, key: str, value: str) -> None:
    emit(name, at=None, **{key: value})


@transactional
def renew_activation(token_hash: str) -> None:
    """Send another activation mail to the reader of an old link, unless the account is active or disabled."""
    person = db.session.scalars(
        select(Person)
        .join(OneTimeLink, OneTimeLink.person_id == Person.id)
        # A link that was sent to another address must not lead anywhere.
        .where(
            OneTimeLink.token_hash == token_hash, OneTimeLink.purpose == "activation", OneTimeLink.email == Person.email
        )
    ).one_or_none()
    if person is not None and _may_be_invited_again(person):
        invite(person)


def request_reset(email: str, *, ip: str | None) -> None:
    """Ask for a mail to choose a new password. Answers alike whether or not the address is known.

    :raises portal.accounts.throttle.TooManyTries: asked too often.
    """
    throttle.admit("reset", email, ip)
    _promise("accounts.send_reset_if_known", "email", email.strip()[:254])


@transactional
def send_reset_if_known(email: str) -> None:
    """Send the reset mail, or the activation mail to those who never had a password."""
    person = person_by_email(email)
    if person is None or person.disabled_at is not None:
        return
    if person.activated_at is None:
        send_activation_if_pending(email)
        return
    db.session.execute(select(Person.id).where(Person.id == person.id).with_for_update())
    newest = db.session.scalar(
        select(func.max(OneTimeLink.created_at)).where(
            OneTimeLink.person_id == person.id, OneTimeLink.purpose == "reset"
        )
    )
    if newest is not None and newest > now() - _MAIL_PAUSE and _has_open_reset(person):
        return
    link = links.issue("reset", person)
    mailer.send("reset", to=person, link_id=link.id)


def _has_open_reset(person: Person) -> bool:
    return bool(
        db.session.scalar(
            select(func.count())
            .select_from(OneTimeLink)
            .where(
                OneTimeLink.person_id == person.id,
                OneTimeLink.purpose == "reset",
                OneTimeLink.used_at.is_(None),
                OneTimeLink.revoked_at.is_(None),
                OneTimeLink.expires_at > func.clock_timestamp(),
            )
        )
    )


@transactional
def reset_password(token: str, password: str) -> Person:
    """Choose a new password through the link of the reset mail; all sessions of the person end.

    :raises portal.accounts.links.LinkDead: used, replaced, too old.
    :raises portal.accounts.passwords.TooShort, TooLong, TooCommon: the link stays open.
    """
    person = links.reader_of(links.find("reset", token))
    hashed = _hash_checked(password, person)
    link = links.find("reset", token, lock=True)
    person = links.reader_of(link, lock=True)
    link.used_at = now()
    _change_password(person, hashed)
    end_sessions_of(person.id)
    return person


def change_password(
    person: Person, *, current_password: str, password: str, session_id: uuid.UUID | None, ip: str | None
) -> None:
    """Choose another password while signed in; all other sessions end.

    :raises WrongPassword: the present password was mistyped.
    :raises portal.accounts.throttle.TooManyTries: it was mistyped too often.
    """
    throttle.admit("password", str(person.id), ip)
    if not passwords.matches(person.password_hash, current_password):
        raise WrongPassword()
    throttle.forgive("password", str(person.id), ip)
    _store_password(person.id, _hash_checked(password, person), but=session_id)


@transactional
def _store_password(person_id: uuid.UUID, hashed: str, *, but: uuid.UUID | None) -> None:
    person = db.session.scalars(
        select(Person)
        .where(Person.id == person_id)
        .with_for_update(of=Person)
        .execution_options(populate_existing=True)
    ).one()
    _change_password(person, hashed)
    end_sessions_of(person.id, but=but)


def _change_password(person: Person, hashed: str) -> None:
    person.password_hash = hashed
    person.version += 1
    links.revoke("reset", person)
    mailer.send("password_changed", to=person)
    activity.record(activity.verbs.PASSWORD_RESET, actor=person)


def _hash_checked(password: str, person: Person) -> str:
    owner = firm()
    about = [person.email, person.first_name, person.last_name, owner.name if owner else "", "atrium"]
    return passwords.hash_password(passwords.check(password, about=about))
