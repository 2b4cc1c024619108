"""Reads about the firm and its people."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from flask import g, has_app_context
from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    column,
    exists,
    false,
    func,
    or_,
    select,
    table,
    true,
)

from portal.accounts.models import Firm, Person, Role, SignInSession
from portal.accounts.viewer import Viewer
from portal.kit.db import db
from portal.kit.names import search_key

# Clients live two floors up: their tables are named here, never imported.
CLIENT = table("client", column("id"), column("name"), column("name_key"), column("binned_at"))
MEMBERSHIP = table(
    "membership", column("client_id"), column("person_id"), column("kind"), column("level"), column("valid_until")
)

EFFECTIVE = table(
    "effective", column("scope_id"), column("person_id"), column("level"), column("starts_at"), column("ends_at")
)
_READ = 2

STATES = ("not_invited", "invited", "active", "disabled")


def firm() -> Firm | None:
    """The firm of this installation, read once per request (with who is signed in); None before it was set up."""
    if "firm" not in g:
        g.firm = db.session.scalars(select(Firm)).one_or_none()
    found: Firm | None = g.firm
    return found


def firm_defaults() -> tuple[str, str]:
    """(language, time zone) for readers who chose none."""
    found = firm() if has_app_context() else None
    return (found.language, found.time_zone) if found is not None else ("fr", "Europe/Paris")


def person_by_email(email: str) -> Person | None:
    """The person with this address, however its case is written."""
    if "\x00" in email or len(email) > 400:
        return None
    return db.session.scalars(select(Person).where(func.lower(Person.email) == func.lower(email.strip()))).one_or_none()


def _clients_in_sight(viewer: Viewer) -> Select[Any]:
    """Ids of the clients that a collaborator may see."""
    # Aliases, so that the statement around it may name the same tables.
    seen, mine = CLIENT.alias("seen"), MEMBERSHIP.alias("mine")
    only = true() if viewer.only_client_id is None else seen.c.id == viewer.only_client_id
    if viewer.sees_all:
        return select(seen.c.id).where(seen.c.binned_at.is_(None), only)
    return (
        select(mine.c.client_id)
        .join_from(mine, seen, seen.c.id == mine.c.client_id)
        .where(
            only,
            seen.c.binned_at.is_(None),
            mine.c.person_id == viewer.person_id,
            mine.c.kind == "collaborator",
            mine.c.level > 0,
            or_(mine.c.valid_until.is_(None), mine.c.valid_until > func.statement_timestamp()),
        )
    )


def _shares_client(viewer: Viewer) -> ColumnElement[bool]:
    """True for contacts of a client that the viewer may see."""
    theirs = MEMBERSHIP.alias("theirs")
    return exists(
        select(theirs.c.client_id).where(
            theirs.c.person_id == Person.id,
            theirs.c.kind == "contact",
            theirs.c.client_id.in_(_clients_in_sight(viewer)),
        )
    )


def visible_contacts(viewer: Viewer) -> Select[Any]:
    """Contacts that a collaborator may see: everyone for those who see all clients, else those of their clients."""
    if not viewer.is_staff:
        return select(Person).where(false())
    everybody = viewer.sees_all and viewer.only_client_id is None
    return select(Person).where(Person.kind == "contact", true() if everybody else _shares_client(viewer))


def visible_collaborators(viewer: Viewer) -> Select[Any]:
    """The firm's collaborators, for collaborators."""
    return select(Person).where(Person.kind == "collaborator", true() if viewer.is_staff else false())


def visible_people(viewer: Viewer) -> Select[Any]:
    """Everybody whose name this viewer may learn: colleagues and contacts in sight; a contact: themselves."""
    if not viewer.is_staff:
        return select(Person).where(Person.id == viewer.person_id)
    if viewer.sees_all and viewer.only_client_id is None:
        return select(Person)
    return select(Person).where(or_(Person.kind == "collaborator", _shares_client(viewer)))


def own_sessions(viewer: Viewer) -> Select[Any]:
    """The viewer's own open sessions."""
    return select(SignInSession).where(
        SignInSession.person_id == viewer.person_id,
        SignInSession.ended_at.is_(None),
        SignInSession.expires_at > func.now(),
    )


def sessions_of(viewer: Viewer) -> Sequence[SignInSession]:
    """The viewer's own open sessions, the most recently used one first."""
    return db.session.scalars(own_sessions(viewer).order_by(SignInSession.last_seen_at.desc()).limit(100)).all()


def contact_list(viewer: Viewer, *, text: str = "", state: str = "") -> Select[Any]:
    """The Contacts page: visible contacts by name, searched and filtered ("pending": all who have not activated)."""
    chosen = visible_contacts(viewer).where(*_having(text), _in_state(state))
    return chosen.order_by(Person.search_key, Person.id)


def _having(text: str) -> list[ColumnElement[bool]]:
    """Every word of the text stands somewhere in the name or address."""
    words = search_key(text).split()[:8]
    return [Person.search_key.contains(word, autoescape=True) for word in words]


def _in_state(state: str) -> ColumnElement[bool]:
    open_account = Person.disabled_at.is_(None)
    waiting = and_(open_account, Person.activated_at.is_(None))
    return {
        "active": and_(open_account, Person.activated_at.is_not(None)),
        "disabled": Person.disabled_at.is_not(None),
        "invited": and_(waiting, Person.invited_at.is_not(None)),
        "not_invited": and_(waiting, Person.invited_at.is_(None)),
        "pending": waiting,
    }.get(state, true())


def contacts_like(text: str, limit: int = 8, *, viewer: Viewer | None = None) -> Sequence[Person]:
    """Contacts whose name or address holds every word of the text; with a viewer, only those in sight."""
    if not search_key(text):
        return []
    base = visible_contacts(viewer) if viewer is not None else select(Person).where(Person.kind == "contact")
    return db.session.scalars(
        base.where(*_having(text), Person.disabled_at.is_(None)).order_by(Person.search_key, Person.id).limit(limit)
    ).all()


def clients_of(viewer: Viewer, people: Sequence[Person]) -> dict[uuid.UUID, list[tuple[uuid.UUID, str]]]:
    """(id, name) of the visible clients of each of these contacts, by person id; one statement."""
    found: dict[uuid.UUID, list[tuple[uuid.UUID, str]]] = {person.id: [] for person in people}
    rows = db.session.execute(
        select(MEMBERSHIP.c.person_id, CLIENT.c.id, CLIENT.c.name)
        .join_from(MEMBERSHIP, CLIENT, CLIENT.c.id == MEMBERSHIP.c.client_id)
        .where(
            MEMBERSHIP.c.person_id.in_(list(found)),
            MEMBERSHIP.c.kind == "contact",
            CLIENT.c.id.in_(_clients_in_sight(viewer)),
        )
        .order_by(CLIENT.c.name_key)
    ).all()
    for person_id, client_id, name in rows:
        found[uuid.UUID(str(person_id))].append((uuid.UUID(str(client_id)), name))
    return found


def sees_all_clients_of(viewer: Viewer, person_id: uuid.UUID) -> bool:
    """May the viewer see every client that this contact belongs to?"""
    hidden = db.session.scalar(
        select(func.count())
        .select_from(MEMBERSHIP)
        .where(MEMBERSHIP.c.person_id == person_id, MEMBERSHIP.c.client_id.not_in(_clients_in_sight(viewer)))
    )
    return viewer.sees_all or not hidden


def may_less_than(viewer: Viewer, person_id: uuid.UUID) -> bool:
    """Has this contact a level somewhere that the viewer has not? Own deposits count as reading."""
    theirs, mine = EFFECTIVE.alias("theirs"), EFFECTIVE.alias("mine")
    covered = exists().where(
        mine.c.scope_id == theirs.c.scope_id,
        mine.c.person_id == viewer.person_id,
        mine.c.level >= func.greatest(theirs.c.level, _READ),
        mine.c.starts_at <= func.statement_timestamp(),
        mine.c.ends_at > func.statement_timestamp(),
    )
    beyond = select(theirs.c.scope_id).where(
        theirs.c.person_id == person_id, theirs.c.ends_at > func.statement_timestamp(), ~covered
    )
    return db.session.execute(beyond.limit(1)).first() is not None


def collaborators() -> Sequence[Person]:
    """All collaborators who are not disabled, with their role, by name."""
    return db.session.scalars(
        select(Person)
        .where(Person.kind == "collaborator", Person.disabled_at.is_(None))
        .order_by(Person.search_key, Person.id)
    ).all()


def roles() -> Sequence[Role]:
    """All roles, the most powerful first."""
    return db.session.scalars(select(Role).order_by(Role.position, Role.id)).all()


def visible_roles(viewer: Viewer) -> Select[Any]:
    """Roles are the firm's: every collaborator may know them, no contact."""
    return select(Role).where(true() if viewer.is_staff else false())


def people_by_role() -> dict[uuid.UUID, int]:
    """How many collaborators have each role, disabled ones included; one statement."""
    counts = select(Person.role_id, func.count()).where(Person.role_id.is_not(None)).group_by(Person.role_id)
    return {role_id: count for role_id, count in db.session.execute(counts) if role_id is not None}


def contact_to_pick(viewer: Viewer, person_id: uuid.UUID) -> Person | None:
    """The contact with this id, if the viewer may see them and the account is not disabled."""
    return db.session.scalars(
        visible_contacts(viewer).where(Person.id == person_id, Person.disabled_at.is_(None))
    ).one_or_none()


def all_collaborators() -> Sequence[Person]:
    """All collaborators, disabled ones last, by name."""
    return db.session.scalars(
        select(Person)
        .where(Person.kind == "collaborator")
        .order_by(Person.disabled_at.is_not(None), Person.search_key, Person.id)
    ).all()


def demo_people() -> Sequence[Person]:
    """One active person of each role and one contact, for the sign-in page of a demo."""
    active = (Person.disabled_at.is_(None), Person.activated_at.is_not(None))
    first_of_role = (
        select(Person)
        .join(Role, Role.id == Person.role_id)
        .where(Person.kind == "collaborator", *active)
        .distinct(Role.position, Role.id)
        .order_by(Role.position, Role.id, Person.created_at, Person.id)
    )
    first_contact = (
        select(Person).where(Person.kind == "contact", *active).order_by(Person.created_at, Person.id).limit(1)
    )
    return [*db.session.scalars(first_of_role), *db.session.scalars(first_contact)]
