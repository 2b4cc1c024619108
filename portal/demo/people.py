"""The firm's people, and how accounts are activated through the mailed link."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from portal.accounts import commands as accounts
from portal.accounts import links
from portal.accounts.models import OneTimeLink, Person
from portal.demo import firm
from portal.demo.calendar import Calendar
from portal.kit.clock import pretending
from portal.kit.db import db, transactional


def found_firm(calendar: Calendar) -> dict[str, Person]:
    """The firm and its collaborators, by last name; all of them active."""
    with pretending(calendar.office(0)):
        made = _begin()
    first = made["Verdier"]
    for number, collaborator in enumerate(firm.COLLABORATORS[1:], 1):
        moment = calendar.office(number // 2)
        with pretending(moment):
            person = _add(collaborator, actor=first)
        made[collaborator.last_name] = activate(person, calendar.soon_after(moment, hours=20))
    return made


@transactional
def _begin() -> dict[str, Person]:
    accounts.create_firm(name=firm.NAME, address=firm.ADDRESS)
    accounts.ensure_roles()
    person = _add(firm.COLLABORATORS[0], actor=None)
    return {firm.COLLABORATORS[0].last_name: _activate(person)}


@transactional
def _add(collaborator: firm.Collaborator, *, actor: Any) -> Person:
    return accounts.add_collaborator(
        email=collaborator.email,
        first_name=collaborator.first_name,
        last_name=collaborator.last_name,
        phone=collaborator.phone,
        language="fr",
        role=accounts.ensure_roles()[collaborator.role],
        actor=actor,
    )


def activate(person: Person, moment: Any) -> Person:
    """Choose the demo's password through the activation link, at this moment."""
    with pretending(moment):
        return _activate(person)


@transactional
def _activate(person: Person) -> Person:
    db.session.flush()  # the link is looked up by SQL
    link = db.session.scalars(
        select(OneTimeLink).where(
            OneTimeLink.person_id == person.id,
            OneTimeLink.purpose == "activation",
            OneTimeLink.used_at.is_(None),
            OneTimeLink.revoked_at.is_(None),
        )
    ).one()
    return accounts.activate(links.token_of(link), firm.PASSWORD)
