"""Client spaces, opened through the wizard step by step as a collaborator would."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from portal.accounts.models import Person
from portal.accounts.queries import person_by_email
from portal.clients import commands as clients
from portal.clients.models import Client
from portal.demo import firm, numbers, templates
from portal.demo.bases import Bases
from portal.demo.firm import DemoClient, DemoContact
from portal.demo.papers import Subject
from portal.demo.trades import trade_of
from portal.files.models import Folder
from portal.kit.clock import pretending
from portal.kit.db import db, transactional
from portal.wizard import commands as wizard
from portal.wizard.commands import contact_lines
from portal.wizard.models import Draft
from portal.wizard.provision import provision
from portal.wizard.steps import AttributeLine, ContactLine, Information


@dataclass
class Space:
    """A client of the demo with everything that its story needs."""

    number: int
    facts: DemoClient
    subject: Subject
    tree: str
    opened: datetime
    leader: Person
    in_charge: Person
    client: Client = field(init=False)
    folders: dict[str, Folder] = field(init=False, default_factory=dict)
    contacts: list[Person] = field(init=False, default_factory=list)

    @property
    def staff(self) -> list[Person]:
        """Who works on it."""
        return [self.in_charge, self.leader]


def plan(number: int, people: dict[str, Person], opened: datetime) -> Space:
    """What client ``number`` will be."""
    facts = firm.CLIENTS[number]
    chance = random.Random(f"client {number}")  # noqa: S311 - invented facts
    siren = numbers.siren(chance)
    leader = people[("Lemaire", "Moreau", "Verdier")[number % 3]]
    in_charge = people[("Ancel", "Renaud", "Dubreuil", "Faure")[number % 4]]
    subject = Subject(facts, siren, numbers.vat(siren), in_charge.full_name, chance)
    return Space(
        number, facts, subject, templates.TREE_OF_GROUP.get(facts.group, "Comptabilité"), opened, leader, in_charge
    )


def open_space(space: Space, bases: Bases, people: dict[str, Person]) -> None:
    """All six steps and the summary's *Finish*, then the address on the card."""
    with pretending(space.opened):
        space.client = _through_the_wizard(space, bases, people)
        _complete_card(space)
    space.folders = _folders(space.client)
    space.contacts = [person for contact in _contacts_of(space.number) if (person := person_by_email(_email(contact)))]


@transactional
def _through_the_wizard(space: Space, bases: Bases, people: dict[str, Person]) -> Client:
    draft = start(space, bases)
    lines = contact_lines([_contact_line(contact, space.number) for contact in _contacts_of(space.number)])
    wizard.save_step(draft, "contacts", lines)
    wizard.save_step(draft, "collaborators", {str(person.id): level for person, level in _levels(space, people)})
    wizard.save_step(draft, "tree", {"template_id": str(bases.trees[space.tree].id)})
    wizard.save_step(draft, "connectors", {})
    wizard.save_step(draft, "forms", _forms(space, bases, lines), reached="summary")
    return provision(draft, actor=space.leader)


@transactional
def start(space: Space, bases: Bases) -> Draft:
    """The first step."""
    group, kind = bases.groups[space.facts.group], bases.types[space.facts.type]
    template = "Fiche sociale" if space.facts.group == "Social" else "Fiche comptable"
    values = _values(space, bases)
    lines = [
        AttributeLine(
            key=f"a{place}",
            label=bases.attributes[key].label["fr"],
            type=bases.attributes[key].type,
            id=str(bases.attributes[key].id),
            required=needed,
            raw=values.get(key, ""),
        )
        for place, (key, needed) in enumerate(templates.ATTRIBUTE_TEMPLATES[template], 1)
    ]
    information = Information(
        name=space.facts.name,
        group_id=str(group.id),
        type_id=str(kind.id),
        language="fr",
        confirmed=True,
        attributes=lines,
    )
    return wizard.start_draft(information, actor=space.leader)


def _values(space: Space, bases: Bases) -> dict[str, Any]:
    facts, chance = space.facts, space.subject.chance
    regime = {"SCI": 5, "SCEA": 4, "EI": 3 if facts.trade == "health" else 2, "SELARL": 0}.get(
        facts.type, chance.randint(0, 1)
    )
    missions = chance.sample(range(5), k=chance.randint(1, 4))
    values = {
        "siren": space.subject.siren,
        "siret": numbers.siret(space.subject.siren),
        "vat": space.subject.vat if facts.type not in ("Association", "SCI") else "",
        "naf": trade_of(facts).code,
        "founded": date(chance.randint(1984, 2021), chance.randint(1, 12), chance.randint(1, 28)).isoformat(),
        "closing": _next_closing(facts.closing, space.opened.date()).isoformat(),
        "regime": bases.attributes["regime"].options[regime]["key"],
        "vat_regime": bases.attributes["vat_regime"].options[chance.randint(0, 2) if facts.type != "SCI" else 4]["key"],
        "turnover": str(facts.turnover),
        "missions": [bases.attributes["missions"].options[number]["key"] for number in sorted(missions)],
        "fee": str(chance.randint(14, 160) * 100),
        "mandate": "yes" if chance.random() < 0.8 else "no",
        "iban": numbers.iban(chance),
        "staff": str(facts.staff),
        "agreement": trade_of(facts).agreement,
        "payday": "28 du mois",
        "pension": chance.choice(("Caisse Rhône-Alpes", "Prévoyance du Centre", "Mutuelle des métiers")),
    }
    forgettable = ("iban", "naf", "founded", "pension", "fee")
    return {key: value for key, value in values.items() if key not in forgettable or chance.random() < 0.8}


def _next_closing(closing: str, today: date) -> date:
    day, month = (int(part) for part in closing.split("/"))
    return min(found for year in (today.year, today.year + 1) if (found := date(year, month, day)) >= today)


def _complete_card(space: Space) -> None:
    facts = space.facts
    clients.update_client(
        space.client,
        actor=space.leader,
        version=None,
        address=facts.street,
        postal_code=facts.postal_code,
        city=facts.city,
        country="France",
        email=f"contact@{facts.domain}",
        phone=f"04 7{space.number % 10} {10 + space.number} 4{space.number % 7} {20 + space.number}",
    )


def _contacts_of(number: int) -> list[DemoContact]:
    """Those whose first client it is come first: one of them is the main contact."""
    found = [contact for contact in firm.CONTACTS if number in contact.clients]
    return sorted(found, key=lambda contact: contact.clients[0] != number)


def _email(contact: DemoContact) -> str:
    return firm.address_of(contact.first_name, contact.last_name, firm.CLIENTS[contact.clients[0]].domain)


def _contact_line(contact: DemoContact, number: int) -> ContactLine:
    known = person_by_email(_email(contact))
    return ContactLine(
        email=_email(contact),
        first_name=contact.first_name,
        last_name=contact.last_name,
        phone=f"06 12 {firm.CONTACTS.index(contact) + 20} {number + 34} {len(_email(contact)) + 31}",
        language=contact.language,
        invite=contact.state != "new",
        person_id=str(known.id) if known is not None else None,
    )


def _levels(space: Space, people: dict[str, Person]) -> list[tuple[Person, str]]:
    levels = [(space.in_charge, "full"), (space.leader, "full"), (people["Verdier"], "full")]
    if space.number % 3 == 0:
        levels.append((people["Ferrand"], "read"))
    if space.number % 5 == 0:
        levels.append((people["Renaud"], "read"))
    return levels[::-1]  # a level given twice: the first of the list wins


def _forms(space: Space, bases: Bases, lines: list[dict[str, Any]]) -> dict[str, Any]:
    if space.facts.group != "Comptabilité" or space.number % 2:
        return {"template_ids": [], "contacts": [], "due_on": None}
    main = [line["email"] for line in lines if line["is_main"]]
    due = date.fromordinal(space.opened.date().toordinal() + 28)
    return {"template_ids": [str(bases.closing_form.id)], "contacts": main, "due_on": due.isoformat()}


def _folders(client: Client) -> dict[str, Folder]:
    """The folders of a space by their path in words: "Pièces à déposer/Achats"."""
    found = list(db.session.scalars(select(Folder).where(Folder.client_id == client.id).order_by(Folder.path)))
    names = {folder.id: "" if folder.is_root else folder.name for folder in found}
    paths: dict[str, Folder] = {}
    words: dict[Any, str] = {}
    for folder in sorted(found, key=lambda one: len(one.path)):
        above = words.get(folder.parent_id, "")
        words[folder.id] = f"{above}/{names[folder.id]}".strip("/")
        paths[words[folder.id]] = folder
    return paths
