"""Close accounts and end sessions."""

from __future__ import annotations

import uuid
from typing import Any

from flask_babel import lazy_gettext as _l

from portal import activity
from portal.accounts import links
from portal.accounts.commands.administrators import an_administrator_stays
from portal.accounts.commands.people import locked
from portal.accounts.models import Person
from portal.accounts.sessions import end_session, end_sessions_of
from portal.kit.clock import now
from portal.kit.db import transactional
from portal.kit.errors import Refused


class NotYourself(Refused):
    """Locking oneself out is always a mistake."""

    sentence = _l("You cannot disable your own account.")


@transactional
def disable_person(person: Person, *, actor: Any) -> None:
    """Close an account at once: all its sessions end, its links die. Nothing is deleted.

    :raises NotYourself: one's own account.
    :raises LastAdministrator: nobody else could administer the firm.
    """
    if person.id == actor.id:
        raise NotYourself()
    with an_administrator_stays():
        _disable(person, actor)


def _disable(person: Person, actor: Any) -> None:
    person = locked(person)
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
    person = locked(person)
    if person.disabled_at is None:
        return
    person.disabled_at, person.disabled_by_id = None, None
    person.version += 1
    activity.record(activity.verbs.PERSON_ENABLED, actor=actor, person=person.full_name)


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
