"""The people of every test, and the two clients that they belong to.

**Alice** runs the firm, **Bob** is a collaborator with full access to Acme, **Tess** is a trainee without access,
**Clara** is Acme's main contact (full on the folder *Exchange*, read on *Accounts*), **Diego** is a second contact of
Acme with fewer rights (deposit on *Exchange*), **Mallory** is a contact of another client.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func

from portal.accounts import commands as accounts
from portal.accounts.models import Firm, Person, Role
from portal.clients import commands as clients
from portal.clients.models import Client
from portal.files.commands import folders, rights
from portal.files.models import Folder
from portal.kit.db import db
from portal.permissions.levels import Level

PASSWORD = "correct horse battery staple"  # noqa: S105 - the password of invented people


@dataclass
class Cast:
    """Everybody and everything that tests speak of by name."""

    firm: Firm
    roles: dict[str, Role]
    alice: Person
    bob: Person
    tess: Person
    clara: Person
    diego: Person
    mallory: Person
    acme: Client
    other: Client
    root: Folder
    exchange: Folder
    books: Folder
    payroll: Folder
    other_root: Folder
    other_folder: Folder

    @property
    def everybody(self) -> dict[str, Person]:
        """The six people by name."""
        names = ("alice", "bob", "tess", "clara", "diego", "mallory")
        return {name: getattr(self, name) for name in names}


def make_cast() -> Cast:
    """Make them all through the product's own commands."""
    firm = Firm(name="Cabinet Verdier")
    db.session.add(firm)
    db.session.flush()  # commands below read the firm
    accounts.ensure_roles()
    roles = {role.preset: role for role in db.session.query(Role) if role.preset}
    alice = _collaborator("alice", "Alice", "Aubert", roles["administrator"], None)
    bob = _collaborator("bob", "Bob", "Blanc", roles["collaborator"], alice)
    tess = _collaborator("tess", "Tess", "Thomas", roles["trainee"], alice)
    clara = _contact("clara", "Clara", "Costa", alice)
    diego = _contact("diego", "Diego", "Diaz", alice)
    mallory = _contact("mallory", "Mallory", "Mill", alice)
    acme, root = _client("Acme", alice, bob)
    other, other_root = _client("Brasserie du Port", alice, None)
    clients.add_contact(acme, clara, is_main=True, actor=alice)
    clients.add_contact(acme, diego, actor=alice)
    clients.add_contact(other, mallory, is_main=True, actor=alice)
    exchange = folders.create_folder(root, name="Exchange", actor=alice)
    books = folders.create_folder(root, name="Accounts", actor=alice)
    payroll = folders.create_folder(books, name="Payroll", actor=alice)
    other_folder = folders.create_folder(other_root, name="Exchange", actor=alice)
    rights.set_level(exchange, person=clara, level=Level.FULL, actor=alice)
    rights.set_level(exchange, person=diego, level=Level.DEPOSIT, actor=alice)
    rights.set_level(books, person=clara, level=Level.READ, actor=alice)
    rights.set_level(payroll, person=clara, level=Level.NONE, actor=alice)
    rights.set_level(other_folder, person=mallory, level=Level.FULL, actor=alice)
    return Cast(
        firm=firm, roles=roles, alice=alice, bob=bob, tess=tess, clara=clara, diego=diego, mallory=mallory,
        acme=acme, other=other, root=root, exchange=exchange, books=books, payroll=payroll,
        other_root=other_root, other_folder=other_folder,
    )  # fmt: skip


def find_cast() -> Cast:
    """The cast that ``make_cast`` settled in this database before."""
    people = {person.first_name.lower(): person for person in db.session.query(Person)}
    by_name = {client.name: client for client in db.session.query(Client)}
    acme, other = by_name["Acme"], by_name["Brasserie du Port"]
    found = {(folder.client_id, folder.name if folder.parent_id else ""): folder for folder in db.session.query(Folder)}
    return Cast(
        firm=db.session.query(Firm).one(),
        roles={role.preset: role for role in db.session.query(Role) if role.preset},
        **people,
        acme=acme, other=other, root=found[acme.id, ""], exchange=found[acme.id, "Exchange"],
        books=found[acme.id, "Accounts"], payroll=found[acme.id, "Payroll"],
        other_root=found[other.id, ""], other_folder=found[other.id, "Exchange"],
    )  # fmt: skip


def _client(name: str, alice: Person, bob: Person | None) -> tuple[Client, Folder]:
    client = clients.create_client(name=name, actor=alice)
    root = folders.create_root(client, actor=alice)
    if bob is not None:
        clients.set_standing(client, bob, Level.FULL, actor=alice)
    return client, root


def _collaborator(key: str, first: str, last: str, role: Role, actor: Any) -> Person:
    person = accounts.create_collaborator(
        email=f"{key}@firm.example", first_name=first, last_name=last, role=role, language="en", actor=actor
    )
    return _activated(person)


def _contact(key: str, first: str, last: str, actor: Any) -> Person:
    person = accounts.create_contact(
        email=f"{key}@client.example", first_name=first, last_name=last, language="en", actor=actor
    )
    return _activated(person)


@functools.cache
def _password_hash() -> str:
    """Hashing is slow on purpose; once per run is enough for invented people."""
    from portal.accounts.passwords import hash_password

    return hash_password(PASSWORD)


def _activated(person: Person) -> Person:
    person.password_hash = _password_hash()
    person.activated_at = func.now()
    db.session.flush()  # the moment is the database's
    db.session.refresh(person)
    return person
