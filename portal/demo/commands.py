"""Make the demo firm: six months of an accounting firm's life, through the commands that its people would use."""

from __future__ import annotations

import logging
import random
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import structlog
from sqlalchemy import func, select

from portal.accounts import commands as accounts
from portal.accounts import passwords
from portal.accounts.models import Person
from portal.accounts.queries import demo_people, firm, person_by_email
from portal.demo import firm as facts
from portal.demo import opening, requests, story
from portal.demo.bases import Bases, set_up
from portal.demo.calendar import Calendar
from portal.demo.contents import Piece, Shelf
from portal.demo.opening import Space
from portal.demo.people import found_firm
from portal.kit.clock import now, pretending
from portal.kit.db import db
from portal.kit.i18n import in_language
from portal.outbox import commands as outbox
from portal.outbox.models import OutboxEntry

log = structlog.get_logger(__name__)

PIECES, RICH_PIECES = 9, 22
# Whose card is shown first has more to show.
RICH = (0, 2, 11)
# Setting type and drawing leave Python's lock; more threads than cores would only take turns.
THREADS = 2


def make_demo() -> list[dict[str, str]] | None:
    """Make the firm, its people, clients, documents and half a year of activity; about a minute.

    :returns: who can be signed in as, ``{"name", "role", "email", "password"}`` each; None when there is a firm already.
    """
    if firm() is not None:
        return None
    with in_language("fr"), outbox.without_bell(), passwords.hashing_quickly():
        calendar = Calendar(now(), random.Random(facts.NAME))  # noqa: S311 - an invented firm
        with _workshop() as workshop:
            _live(calendar, workshop)
        with _quietly():
            _work_off()
        return [
            {"name": person.full_name, "role": _role(person), "email": person.email, "password": facts.PASSWORD}
            for person in demo_people()
        ]


def _live(calendar: Calendar, workshop: ThreadPoolExecutor) -> None:
    people = found_firm(calendar)
    with pretending(calendar.office(1)):
        bases = set_up(actor=people["Verdier"], year=calendar.until.year)
        checklists = requests.write_checklists(actor=people["Verdier"])
    spaces = _plan(people, calendar)
    pieces = {space.number: _promise_pieces(space, calendar, workshop) for space in spaces}
    log.info("demo.people", people=len(people))
    for space in spaces:
        opening.open_space(space, bases, people)
        story.welcome_contacts(space, calendar, _stay_away())
        story.bring_documents(space, pieces.pop(space.number), calendar)
        story.answer_forms(space, bases, calendar)
        story.tidy_up(space, calendar)
        requests.ask_for_documents(space, checklists, calendar)
    log.info("demo.clients", clients=len(spaces))
    _close_accounts(people["Verdier"], calendar)
    story.come_and_go(list(people.values()), calendar, times=16)
    story.come_and_go([person for space in spaces for person in space.contacts if person.is_active], calendar, times=2)
    _leave_drafts(people, bases, calendar)


def _plan(people: dict[str, Person], calendar: Calendar) -> list[Space]:
    """Most clients come over in the first weeks, the others one by one."""
    order = list(range(1, len(facts.CLIENTS)))
    calendar.chance.shuffle(order)
    # The bakery is the first: the demo's one click for contacts leads to whoever came first.
    first = opening.plan(0, people, calendar.office(2))
    spaces = [first]
    for place, number in enumerate(order, 1):
        opened = calendar.office(4 + 168 * (place / len(order)) ** 2.2)
        spaces.append(opening.plan(number, people, max(opened, first.opened + timedelta(minutes=40 * place))))
    return spaces


def _promise_pieces(
    space: Space, calendar: Calendar, workshop: ThreadPoolExecutor
) -> list[tuple[Piece, Future[bytes]]]:
    shelf = Shelf(space.subject, space.tree, opened=space.opened.date(), until=calendar.until.date())
    pieces = shelf.pieces(RICH_PIECES if space.number in RICH else PIECES)
    return [(piece, workshop.submit(piece.make)) for piece in sorted(pieces, key=lambda piece: piece.day)]


@contextmanager
def _workshop() -> Iterator[ThreadPoolExecutor]:
    """Threads that make the documents; when the demo fails, what is not begun is dropped."""
    workshop = ThreadPoolExecutor(THREADS)
    try:
        yield workshop
    finally:
        workshop.shutdown(wait=True, cancel_futures=True)


def _stay_away() -> set[str]:
    """Addresses of those who were invited and never came."""
    return {_email(contact) for contact in facts.CONTACTS if contact.state == "invited"}


def _close_accounts(actor: Person, calendar: Calendar) -> None:
    for contact in facts.CONTACTS:
        person = person_by_email(_email(contact)) if contact.state == "disabled" else None
        if person is not None:
            with pretending(calendar.office(150)):
                accounts.disable_person(person, actor=actor)


def _email(contact: facts.DemoContact) -> str:
    return facts.address_of(contact.first_name, contact.last_name, facts.CLIENTS[contact.clients[0]].domain)


def _leave_drafts(people: dict[str, Person], bases: Bases, calendar: Calendar) -> None:
    """Two client spaces that are being prepared."""
    wanted = (("Maison Lumière", people["Lemaire"]), ("Ateliers du Gier", people["Verdier"]))
    for number, (name, owner) in enumerate(wanted):
        space = opening.plan(8 + number, people, calendar.until - timedelta(hours=2 + number))
        space.leader = owner
        space.facts = facts.DemoClient(**{**vars(space.facts), "name": name})
        with pretending(space.opened):
            opening.start(space, bases)


@contextmanager
def _quietly() -> Iterator[None]:
    """Each kept mail is told to the terminal with its links: a hundred of the demo's would bury its sign-ins."""
    before = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        yield
    finally:
        structlog.configure(wrapper_class=before)


def _work_off() -> None:
    """Do what was promised meanwhile, so that the workers that start next have nothing to catch up with."""
    tried: set[uuid.UUID] = set()
    while waiting := [ident for ident in _due() if ident not in tried]:
        for ident in waiting:
            tried.add(ident)
            outbox.work(ident)
    db.session.rollback()
    log.info("demo.outbox", done=len(tried))


def _due() -> list[uuid.UUID]:
    due = select(OutboxEntry.id).where(
        OutboxEntry.done_at.is_(None),
        OutboxEntry.failed_at.is_(None),
        OutboxEntry.available_at <= func.clock_timestamp(),
    )
    return list(db.session.scalars(due.order_by(OutboxEntry.id)))


def _role(person: Person) -> str:
    return str(person.role.name) if person.role is not None else "Contact"
