"""Which clients a template may be applied to, and what that would do to each of them."""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import func, select

from portal.accounts.models import Person
from portal.accounts.viewer import Viewer
from portal.clients.models import Client, Membership
from portal.clients.queries import filtered_clients, visible_memberships
from portal.clients.queries.chosen import Chosen, narrowed
from portal.clients.queries.filters import Filters
from portal.files.commands.folders import MAX_DEPTH
from portal.files.models import AppliedTree, TreeTemplate
from portal.files.tree_fit import Fit, changes_everything, nodes_by_template, read_ground, recognise
from portal.kit.bulk import any_ids
from portal.kit.db import db
from portal.kit.paging import Page, page_of
from portal.permissions.levels import Level
from portal.permissions.models import Effective

# As many clients at once: more are too many to look at before.
MOST_CLIENTS = 1000
# As many are offered to tick one by one; whoever wants another one searches for it.
MOST_OFFERED = 100
PAGE = 50


class Contact(NamedTuple):
    """A contact of a client at this moment."""

    id: uuid.UUID
    name: str


@dataclass(frozen=True)
class Gain:
    """What a contact gets in folders that are made: a level, in so many."""

    name: str
    level: Level
    folders: int


@dataclass(frozen=True)
class Made:
    """A folder that would be made: the names from the top of the template down to it, and what contacts get there.

    ``level`` None: the same as in the folder that it is put into.
    """

    trail: tuple[str, ...]
    level: Level | None


@dataclass(frozen=True)
class ClientPreview:
    """What a template would do to one client. The same fingerprint means the same outcome."""

    client: Client
    fit: Fit
    made: tuple[Made, ...]
    blocked: tuple[tuple[tuple[str, ...], str], ...]
    gains: tuple[Gain, ...]
    fingerprint: str

    @property
    def recognised(self) -> int:
        """So many folders are there already."""
        return len(self.fit.found)


@dataclass
class Rights:
    """Contacts by client, and their levels by scope, at this moment."""

    contacts: dict[uuid.UUID, list[Contact]] = field(default_factory=lambda: defaultdict(list))
    levels: dict[tuple[uuid.UUID, uuid.UUID], int] = field(default_factory=dict)

    def level(self, scope_id: uuid.UUID, person_id: uuid.UUID) -> Level:
        """A contact's level in a scope."""
        return Level(self.levels.get((scope_id, person_id), 0))


def applicable_clients(viewer: Viewer, filters: Filters | Mapping[str, Any]) -> Any:
    """Clients on which the viewer may apply templates, as far as the role goes; narrowed as the client table is."""
    found = filtered_clients(viewer, filters)
    if not changes_everything(viewer):
        full = visible_memberships(viewer).where(Membership.level == int(Level.FULL))
        found = found.where(Client.id.in_(full))
    return found


def chosen_clients(viewer: Viewer, ids: Collection[uuid.UUID]) -> list[Client]:
    """Those of the clients on which the viewer may apply templates, by name. One statement."""
    return list(db.session.scalars(_by_name(_chosen(viewer, Chosen(ids=frozenset(ids)))).limit(MOST_CLIENTS)))


def clients_to_look_at(viewer: Viewer, chosen: Chosen, template: TreeTemplate) -> tuple[list[Client], int]:
    """Those of the chosen clients on which the viewer may apply templates, by name, and how many there are in all.

    Where there are too many to look at, those that do not follow the template as it is now come first, so that it
    reaches all of them when it is applied once more. Two statements at most.
    """
    found = _chosen(viewer, chosen)
    some = list(db.session.scalars(_by_name(found).limit(MOST_CLIENTS + 1)))
    if len(some) <= MOST_CLIENTS:
        return some, len(some)
    follows = (
        select(AppliedTree.client_id)
        .where(AppliedTree.template_id == template.id, AppliedTree.version >= template.version)
        .where(AppliedTree.client_id == Client.id)
        .exists()
    )
    counted = found.add_columns(func.count().over()).order_by(follows, Client.name_key, Client.id).limit(MOST_CLIENTS)
    rows = db.session.execute(counted).all()
    return [row[0] for row in rows], rows[0][1]


def _chosen(viewer: Viewer, chosen: Chosen) -> Any:
    filters = chosen.filters if chosen.everything else {"disabled": "1"}
    return narrowed(applicable_clients(viewer, filters), chosen)


def _by_name(found: Any) -> Any:
    return found.order_by(Client.name_key, Client.id)


def clients_offered(viewer: Viewer, filters: Filters, ticked: Collection[uuid.UUID] = ()) -> tuple[list[Client], int]:
    """Clients to choose from, those that are ticked first, and how many the filters let through. Two statements."""
    found = applicable_clients(viewer, filters)
    total = int(db.session.execute(found.with_only_columns(func.count())).scalar_one())
    first = chosen_clients(viewer, ticked) if ticked else []
    others = db.session.scalars(found.order_by(Client.name_key, Client.id).limit(MOST_OFFERED)).all()
    known = {client.id for client in first}
    return [*first, *(client for client in others if client.id not in known)], total


def followers(viewer: Viewer, template: TreeTemplate, *, place: str | None = None) -> Page[Client]:
    """The clients that the template was applied to, as far as the viewer may apply it there; by name."""
    applied = select(AppliedTree.client_id).where(AppliedTree.template_id == template.id)
    found = applicable_clients(viewer, {"disabled": "1"}).where(Client.id.in_(applied))
    return page_of(found.order_by(Client.name_key, Client.id), size=PAGE, place=place)


def previews(template: TreeTemplate, clients: Sequence[Client], *, viewer: Viewer) -> list[ClientPreview]:
    """What applying the template would do, client by client. Six statements, whatever their number.

    Clients without a document space are left out.
    """
    nodes: list[Any] = list(nodes_by_template([template.id])[template.id])
    ground = read_ground([client.id for client in clients], nodes, viewer=viewer)
    fits = {
        client.id: recognise(client.id, nodes, ground, most_levels=MAX_DEPTH)
        for client in clients
        if client.id in ground.roots
    }
    scopes = {above.scope_id for fit in fits.values() for _node, above in fit.missing if above is not None}
    rights = read_rights(list(fits), scopes)
    return [
        _preview(client, fits[client.id], rights, version=template.version) for client in clients if client.id in fits
    ]


def preview_one(template: TreeTemplate, client: Client, fit: Fit) -> ClientPreview:
    """:func:`previews` for a client that was looked at already."""
    scopes = {above.scope_id for _node, above in fit.missing if above is not None}
    return _preview(client, fit, read_rights([client.id], scopes), version=template.version)


def together(found: Sequence[ClientPreview]) -> str:
    """One fingerprint for all."""
    lines = [f"{one.client.id.hex} {one.fingerprint}" for one in found]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:32]


def read_rights(client_ids: Collection[uuid.UUID], scope_ids: Collection[uuid.UUID]) -> Rights:
    """The clients' contacts, and what they may in these scopes. Two statements."""
    rights = Rights()
    moment = func.statement_timestamp()
    members = (
        select(Membership.client_id, Person)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.client_id == any_ids(client_ids),
            Membership.kind == "contact",
            (Membership.valid_until.is_(None)) | (Membership.valid_until > moment),
        )
        .order_by(Person.search_key, Person.id)
    )
    for client_id, person in db.session.execute(members).unique().all():
        rights.contacts[client_id].append(Contact(person.id, person.full_name))
    people = {contact.id for some in rights.contacts.values() for contact in some}
    if people and scope_ids:
        held = select(Effective.scope_id, Effective.person_id, Effective.level).where(
            Effective.scope_id == any_ids(scope_ids),
            Effective.person_id == any_ids(people),
            Effective.starts_at <= moment,
            Effective.ends_at > moment,
        )
        rights.levels = {(scope, person): level for scope, person, level in db.session.execute(held).all()}
    return rights


def trails_of(nodes: Sequence[Any]) -> dict[uuid.UUID, tuple[str, ...]]:
    """The names from the top down to each node; nodes stand from the top down."""
    trails: dict[uuid.UUID, tuple[str, ...]] = {}
    for node in nodes:
        trails[node.id] = (*(trails[node.parent_id] if node.parent_id else ()), node.name)
    return trails


def applied_to(template_id: uuid.UUID, client_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, AppliedTree]:
    """Which of the clients the template was applied to, and when."""
    rows = select(AppliedTree).where(
        AppliedTree.template_id == template_id, AppliedTree.client_id == any_ids(client_ids)
    )
    return {row.client_id: row for row in db.session.scalars(rows.execution_options(populate_existing=True))}


def _preview(client: Client, fit: Fit, rights: Rights, *, version: int) -> ClientPreview:
    trails = trails_of(fit.nodes)
    levels: dict[uuid.UUID, Level | None] = {}
    places: dict[uuid.UUID, uuid.UUID] = {}
    for node, above in fit.missing:
        levels[node.id] = Level(node.level) if node.level is not None else levels.get(node.parent_id)
        places[node.id] = above.scope_id if above is not None else places[node.parent_id]
    counts: Counter[tuple[uuid.UUID, str, Level]] = Counter()
    for contact in rights.contacts.get(client.id, []):
        for node_id, level in levels.items():
            got = rights.level(places[node_id], contact.id) if level is None else level
            if got:
                counts[contact.id, contact.name, got] += 1
    said = [f"version {version}", fit.fingerprint]
    said += sorted(f"{person_id.hex} {level} {number}" for (person_id, _name, level), number in counts.items())
    return ClientPreview(
        client=client,
        fit=fit,
        made=tuple(Made(trails[node.id], levels[node.id]) for node, _above in fit.missing),
        blocked=tuple((trails[node.id], reason) for node, reason in fit.blocked),
        gains=tuple(Gain(name, level, number) for (_id, name, level), number in counts.items()),
        fingerprint=hashlib.sha256("\n".join(said).encode()).hexdigest()[:32],
    )
