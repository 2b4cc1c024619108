"""One-time links: at most one of a purpose is open per person, its token is stored as a hash, it works once."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select, update
from sqlalchemy.orm import selectinload

from portal.accounts.models import OneTimeLink, Person
from portal.kit.crypto import derived_token, token_hash
from portal.kit.db import db, new_id
from portal.kit.errors import Refused

LIFETIMES = {"activation": timedelta(hours=24), "reset": timedelta(hours=1), "setup": timedelta(hours=24)}


class LinkDead(Refused):
    """The link was used, replaced, is too old, or never was one."""

    sentence = _l("This link does not work any more. It may have been used already, or be too old.")
    status = 410


def issue(purpose: str, person: Person | None) -> OneTimeLink:
    """Open a new link and kill the open one of the same purpose. Call inside a command.

    The person's row must be locked by the caller: two resends at once would otherwise leave two open links.
    """
    revoke(purpose, person)
    ident = new_id()
    link = OneTimeLink(
        id=ident,
        purpose=purpose,
        person_id=person.id if person else None,
        email=person.email if person else None,
        token_hash=token_hash(derived_token(purpose, str(ident))),
        expires_at=func.clock_timestamp() + LIFETIMES[purpose],
    )
    db.session.add(link)
    return link


def token_of(link: OneTimeLink) -> str:
    """The token that stands in the address."""
    return derived_token(link.purpose, str(link.id))


def revoke(purpose: str, person: Person | None) -> None:
    """Kill the open link of this purpose, if there is one."""
    owner = OneTimeLink.person_id == person.id if person else OneTimeLink.person_id.is_(None)
    db.session.execute(
        update(OneTimeLink)
        .where(OneTimeLink.purpose == purpose, owner, OneTimeLink.used_at.is_(None), OneTimeLink.revoked_at.is_(None))
        .values(revoked_at=func.clock_timestamp())
        .execution_options(synchronize_session=False)
    )


def find(purpose: str, token: str, *, lock: bool = False) -> OneTimeLink:
    """The open link behind a token.

    :param lock: hold the row until the end of the command, so that only one of many redemptions finds it open.
    :raises LinkDead: for every reason alike.
    """
    query = select(OneTimeLink).where(
        OneTimeLink.purpose == purpose,
        OneTimeLink.token_hash == token_hash(token),
        OneTimeLink.used_at.is_(None),
        OneTimeLink.revoked_at.is_(None),
        OneTimeLink.expires_at > func.clock_timestamp(),
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    link = db.session.scalars(query).one_or_none()
    if link is None:
        raise LinkDead()
    return link


def reader_of(link: OneTimeLink, *, lock: bool = False) -> Person:
    """The person whom a link lets in.

    :raises LinkDead: the account is disabled, or its address changed after the mail was sent.
    """
    query = select(Person).where(Person.id == link.person_id).options(selectinload(Person.role))
    if lock:
        query = query.with_for_update(of=Person).execution_options(populate_existing=True)
    person = db.session.scalars(query).one_or_none()
    if person is None or person.disabled_at is not None or person.email != link.email:
        raise LinkDead()
    if link.purpose == "activation" and person.activated_at is not None:
        raise LinkDead()
    return person
