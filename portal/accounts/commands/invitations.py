"""Send activation mails."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l

from portal import activity, mailer
from portal.accounts import links
from portal.accounts.commands.people import locked
from portal.accounts.models import Person
from portal.kit.clock import now
from portal.kit.db import transactional
from portal.kit.errors import Refused


class AlreadyActive(Refused):
    """There is nothing to activate."""

    sentence = _l("%(person)s has activated the account already.")


class IsDisabled(Refused):
    """A disabled account must be enabled first."""

    sentence = _l("The account of %(person)s is disabled. Enable it first.")


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
    person = locked(person)
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
