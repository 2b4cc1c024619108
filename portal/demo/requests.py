"""What the firm asks its clients for: three checklists, and some requests in every state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from portal.accounts.models import Person
from portal.demo.calendar import Calendar
from portal.demo.opening import Space
from portal.demo.papers import letter
from portal.document_requests import commands
from portal.document_requests.checklist import Item, items_of
from portal.document_requests.models import DocumentRequest, RequestLine, RequestTemplate
from portal.files.commands.completion import store_bytes
from portal.files.models import Folder
from portal.files.policies import can_upload
from portal.kit.clock import pretending
from portal.kit.db import db, transactional

_PDF, _SHEET = ("pdf",), ("xlsx", "xls", "ods", "csv")
_PHOTO = ("pdf", "jpg", "jpeg", "png", "heic", "webp", "tif", "tiff")

CHECKLISTS: dict[str, tuple[str, list[Item]]] = {
    "Bilan annuel": (
        "Voici ce qu’il nous faut pour établir vos comptes. Une photo nette suffit pour les factures.",
        [
            Item("Relevés bancaires de l’exercice", "Tous les comptes, les douze mois.", _PDF, days=14),
            Item("Inventaire des stocks", "À la date de clôture, prix hors taxes.", _SHEET, days=21),
            Item(
                "Factures d’achat manquantes", "Celles que votre banque a payées sans pièce chez nous.", _PHOTO, days=14
            ),
            Item("Tableau d’amortissement des emprunts", formats=_PDF, days=21),
            Item("Attestation d’assurance professionnelle", formats=_PDF, days=30),
            Item("Procès-verbal de la dernière assemblée", "S’il y en a eu une.", _PDF, required=False, days=30),
        ],
    ),
    "Nouveau dossier": (
        "Bienvenue. Ces documents nous permettent d’ouvrir votre dossier permanent.",
        [
            Item("Statuts signés", formats=_PDF, days=14),
            Item("Extrait Kbis de moins de trois mois", formats=_PDF, days=14),
            Item("Pièce d’identité du dirigeant", "Recto et verso.", _PHOTO, days=14),
            Item("RIB du compte professionnel", formats=_PHOTO, days=7),
            Item("Bail commercial", formats=_PDF, required=False, days=30),
        ],
    ),
    "Embauche d’un salarié": (
        "À nous faire parvenir avant le premier jour de travail.",
        [
            Item("Pièce d’identité du salarié", formats=_PHOTO, days=5),
            Item("Attestation de droits à l’assurance maladie", formats=_PDF, days=5),
            Item("RIB du salarié", formats=_PHOTO, days=10),
            Item("Contrat signé", "Les deux parties, toutes les pages paraphées.", _PDF, days=10),
        ],
    ),
}

# Client: which checklist, how many days ago it was sent, and how far each line is, from the first.
_STORIES: dict[int, tuple[str, int, tuple[str, ...]]] = {
    0: ("Bilan annuel", 9, ("accepted", "uploaded", "refused", "pending", "uploaded", "pending")),
    1: ("Bilan annuel", 31, ("accepted", "pending", "accepted", "pending", "pending", "pending")),
    2: ("Nouveau dossier", 60, ("accepted", "accepted", "accepted", "accepted", "accepted")),
    5: ("Nouveau dossier", 6, ("uploaded", "uploaded", "pending", "pending", "pending")),
    8: ("Embauche d’un salarié", 3, ("pending", "pending", "pending", "pending")),
}
_PLACES = ("Pièces à déposer", "Pièces à déposer/Banque", "Variables de paie", "Échanges/Documents signés", "Échanges")
_REASON = "La photo est floue et le numéro de la facture ne se lit pas. Pouvez-vous la reprendre à la lumière du jour ?"

# A stock list as a till writes it.
_STOCK = "".join(
    f"{code};{article};{count};{count * cents / 100:.2f}\r\n"
    for code, (article, count, cents) in enumerate(
        [
            (f"{kind} {size}", 10 * number, 40 + 7 * number)
            for number, kind in enumerate(
                (
                    "Farine T55",
                    "Farine T65",
                    "Levure",
                    "Beurre",
                    "Sucre",
                    "Sel",
                    "Œufs",
                    "Lait",
                    "Amandes",
                    "Noisettes",
                ),
                1,
            )
            for size in ("1 kg", "5 kg", "10 kg", "25 kg")
        ],
        1000,
    )
).encode("cp1252")


@dataclass(frozen=True)
class _Answer:
    """Who answers for the client, and where to."""

    person: Person
    folder: Folder


@transactional
def write_checklists(*, actor: Any) -> dict[str, RequestTemplate]:
    """The firm's request templates, by name."""
    return {
        name: commands.save_template(actor=actor, name=name, note=note, items=items)
        for name, (note, items) in CHECKLISTS.items()
    }


def ask_for_documents(space: Space, checklists: dict[str, RequestTemplate], calendar: Calendar) -> None:
    """One request for some clients: waiting, to review, late or complete."""
    story = _STORIES.get(space.number)
    answer = _who_answers(space)
    if story is None or answer is None:
        return
    name, days_ago, states = story
    opened = calendar.day_of(space.opened)
    sent = calendar.office(max(opened + 1, 183 - days_ago))
    template = checklists[name]
    with pretending(sent):
        asked = commands.send_request(
            space.client,
            folder=answer.folder,
            title=f"{name} {calendar.until.year - 1}" if name == "Bilan annuel" else name,
            note=template.note,
            items=items_of(template.items),
            actor=space.in_charge,
        )
    _plan_next_morning(asked)
    lines = db.session.scalars(
        select(RequestLine).where(RequestLine.request_id == asked.id).order_by(RequestLine.position)
    )
    for line, state in zip(list(lines), states, strict=True):
        if state != "pending":
            _handle(space, asked, line, state, answer, sent, calendar)


def _who_answers(space: Space) -> _Answer | None:
    for place in _PLACES:
        folder = space.folders.get(place)
        for person in space.contacts if folder is not None else ():
            if folder is not None and person.is_active and can_upload(person.viewer, folder):
                return _Answer(person, folder)
    return None


@transactional
def _plan_next_morning(asked: DocumentRequest) -> None:
    """The reminders of the past are told by nobody: the next one is planned from today."""
    asked.next_reminder_at = commands.next_morning(asked.remind_every)


def _handle(
    space: Space,
    asked: DocumentRequest,
    line: RequestLine,
    state: str,
    answer: _Answer,
    sent: datetime,
    calendar: Calendar,
) -> None:
    ending = "pdf" if not line.formats or "pdf" in line.formats else line.formats[0]
    content = _paper(space, line.label, calendar.until.date()) if ending == "pdf" else _STOCK
    brought = calendar.soon_after(sent, hours=90)
    with pretending(brought):
        file = store_bytes(
            answer.folder, f"{line.label}.{'csv' if ending != 'pdf' else 'pdf'}".replace("/", "-"), content,
            actor=answer.person,
        )  # fmt: skip
        commands.hand_in(line, file.id, actor=answer.person)
    with pretending(calendar.soon_after(brought + timedelta(minutes=20), hours=30)):
        if state == "accepted":
            commands.accept_lines(asked, {line.id: None}, actor=space.in_charge)
        elif state == "refused":
            commands.refuse_line(line, reason=_REASON, actor=space.in_charge)


def _paper(space: Space, title: str, day: date) -> bytes:
    return letter(space.subject, day, title, [f"{title}, {space.client.name}."])
