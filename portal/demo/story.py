"""What happens in a client's space after it was opened: documents, forms, rights, the small daily things."""

from __future__ import annotations

import random
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from portal.accounts import commands as accounts
from portal.accounts.models import Person
from portal.accounts.sessions import end_sessions_of
from portal.clients import commands as clients
from portal.demo import templates
from portal.demo.bases import Bases
from portal.demo.calendar import Calendar
from portal.demo.contents import Piece
from portal.demo.opening import Space
from portal.demo.people import activate
from portal.files.commands import bin as bins
from portal.files.commands import files, folders, rights
from portal.files.commands.completion import store_bytes
from portal.files.commands.downloads import open_download
from portal.files.models import File
from portal.files.policies import can_upload
from portal.files.queries import visible_files
from portal.kit.clock import pretending
from portal.kit.db import db, transactional
from portal.permissions.levels import Level
from portal.questionnaires import commands as questionnaires
from portal.questionnaires.models import Form

_BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/146.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) Safari/605.1",
)


def welcome_contacts(space: Space, calendar: Calendar, stays_away: set[str]) -> None:
    """Contacts who were invited activate their accounts within a few days; some never do."""
    for person in space.contacts:
        if person.state == "invited" and person.email not in stays_away:
            activate(person, calendar.soon_after(space.opened, hours=60))


def bring_documents(space: Space, pieces: list[tuple[Piece, Future[bytes]]], calendar: Calendar) -> None:
    """Upload the pieces, each on its day; who is told about them looks at some."""
    for piece, content in pieces:
        folder = space.folders[piece.folder]
        person = _bringer(space, piece, calendar.chance)
        day = max(calendar.day_of(space.opened) + 1, (piece.day - calendar.start).days)
        moment = calendar.anytime(day) if piece.by_contact else calendar.office(day)
        moment = max(moment, calendar.soon_after(space.opened, hours=70))
        with pretending(moment):
            file = store_bytes(folder, piece.name, content.result(), actor=person)
        _looked_at(space, file, person, moment, calendar)


def _bringer(space: Space, piece: Piece, chance: random.Random) -> Person:
    folder = space.folders[piece.folder]
    if piece.by_contact:
        able = [person for person in space.contacts if person.is_active and can_upload(person.viewer, folder)]
        if able:
            return able[0] if chance.random() < 0.7 else chance.choice(able)
    return chance.choice([space.in_charge, space.in_charge, space.leader])


def _looked_at(space: Space, file: File, bringer: Person, moment: datetime, calendar: Calendar) -> None:
    if file.quarantine:
        return  # nobody opens what waits for its virus check
    if bringer.is_staff:
        readers = [person for person in space.contacts if person.is_active and _sees(person, file)]
    else:
        readers = space.staff
    for reader in readers[:2]:
        if calendar.chance.random() < 0.55:
            with pretending(calendar.soon_after(moment, hours=40)):
                open_download(file, actor=reader)


def _sees(person: Person, file: File) -> bool:
    return db.session.scalars(visible_files(person.viewer).where(File.id == file.id)).one_or_none() is not None


def tidy_up(space: Space, calendar: Calendar) -> None:
    """Renamed, moved, binned, restored, and a right changed: a little of each, here and there."""
    chance, number = calendar.chance, space.number
    found = list(
        db.session.scalars(
            select(File).where(File.client_id == space.client.id, File.bin_id.is_(None)).order_by(File.id)
        )
    )
    if not found:
        return

    def later(first: float = 0.35) -> datetime:
        start = calendar.day_of(space.opened)
        return calendar.office(start + (181 - start) * chance.uniform(first, 1))

    deposited = [file for file in found if file.uploaded_by_id in {person.id for person in space.contacts}]
    if deposited and number % 2 == 0:
        _at(later(0.8), files.rename_file, deposited[0], name=f"Vu - {deposited[0].name}", actor=space.in_charge)
    if number % 4 == 1:
        _at(later(0.8), bins.bin_file, found[-1], actor=space.leader)
    if number % 4 == 3:
        entry = _at(later(0.7), bins.bin_file, found[-1], actor=space.in_charge)
        _at(calendar.office(182), bins.restore, entry, actor=space.in_charge)
    if number % 5 == 2:
        made = _at(
            later(), folders.create_folder, space.folders["Échanges"], name="Contrôle fiscal", actor=space.leader
        )
        _at(later(0.9), folders.rename_folder, made, name=f"Contrôle fiscal {calendar.until.year}", actor=space.leader)
    if len(space.contacts) > 1 and number % 3 == 0:
        private = space.folders.get("Impôts et taxes") or space.folders.get("Contrats") or space.folders["Échanges"]
        _at(later(), rights.set_level, private, person=space.contacts[1], level=Level.NONE, actor=space.leader)
    if number % 6 == 4:
        with pretending(later(0.6)):
            clients.update_client(
                space.client, actor=space.in_charge, version=None, note="Préfère être rappelé le matin."
            )
    if number % 7 == 3 and "Pièces à déposer/Achats" in space.folders and deposited:
        target = space.folders["Échanges/Documents signés"]
        moved = deposited[-1]
        if moved.folder_id != target.id and moved.bin_id is None:
            _at(calendar.office(182), files.move_file, moved, to=target, actor=space.in_charge)
    bank = space.folders.get("Pièces à déposer/Banque")
    if number % 9 == 4 and bank is not None:
        # So that the report on what drifts away from templates has something to say.
        _at(calendar.office(182), folders.rename_folder, bank, name="Relevés bancaires", actor=space.leader)


def _at(moment: datetime, command: Any, *args: Any, **kwargs: Any) -> Any:
    with pretending(moment):
        return command(*args, **kwargs)


def answer_forms(space: Space, bases: Bases, calendar: Calendar) -> None:
    """Forms sent by the wizard are answered; payroll clients get theirs every month. Some wait, one is late."""
    main = next((person for person in space.contacts if person.is_active), None)
    if main is None:
        return
    for form in _open_forms(space, main):
        if form.sent_at < calendar.until - timedelta(days=14):
            _answer(form, main, calendar.soon_after(form.sent_at, hours=24 * 12), templates.CLOSING_ANSWERS)
    if space.facts.group == "Social":
        _monthly(space, bases, main, calendar)
    if space.number in (0, 3):  # one that waits, one that is late
        sent = calendar.office(178 if space.number == 0 else 160)
        due = (calendar.until + timedelta(days=9) if space.number == 0 else calendar.until - timedelta(days=6)).date()
        _send(space, bases.payroll_form, main, sent, due)


def _monthly(space: Space, bases: Bases, main: Person, calendar: Calendar) -> None:
    months = range(int(calendar.day_of(space.opened)) + 3, 180, 61)
    for day in months:
        sent = calendar.office(day)
        due = (sent + timedelta(days=10)).date()
        form = _send(space, bases.payroll_form, main, sent, due)
        if due < calendar.until.date() or calendar.chance.random() < 0.5:
            answers = {**templates.PAYROLL_ANSWERS, "payday": [due.isoformat()]}
            _answer(form, main, calendar.soon_after(sent, hours=24 * 8), answers)


def _send(space: Space, template: Any, person: Person, moment: datetime, due: Any) -> Form:
    with pretending(moment):
        sent = questionnaires.send_form(
            template, client=space.client, contacts=[person], actor=space.in_charge, due_on=due
        )
    return sent[0]


def _answer(form: Form, person: Person, moment: datetime, answers: dict[str, list[str]]) -> None:
    with pretending(moment):
        questionnaires.submit(form, answers, actor=person)


def _open_forms(space: Space, person: Person) -> list[Form]:
    mine = select(Form).where(
        Form.client_id == space.client.id, Form.contact_id == person.id, Form.submitted_at.is_(None)
    )
    return list(db.session.scalars(mine))


def come_and_go(people: list[Person], calendar: Calendar, times: int) -> None:
    """Sign-ins over the months, the last one lately; their sessions end, so that nobody seems to sit in forty browsers."""
    for person in people:
        first = calendar.day_of(person.activated_at) + 1 if person.activated_at else 0
        for day in sorted(calendar.chance.uniform(first, 183) for _ in range(times)):
            with pretending(calendar.office(day) if person.is_staff else calendar.anytime(day)):
                _visit(person, calendar.chance)


@transactional
def _visit(person: Person, chance: random.Random) -> None:
    accounts.sign_in_as(person, ip=f"192.0.2.{chance.randint(2, 250)}", user_agent=chance.choice(_BROWSERS))
    if chance.random() < 0.3:
        accounts.sign_out(person, None)
    end_sessions_of(person.id)
