"""The client table: filtered, ordered, by pages, with what stands in its cells.

As many statements for 50 rows as for one."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Numeric, Select, Uuid, and_, case, cast, column, func, or_, select, table, union, union_all
from sqlalchemy.orm import aliased, contains_eager

from portal.accounts.models import Person
from portal.accounts.viewer import Viewer
from portal.clients.models import Attribute, Client, ClientAttribute, ClientGroup, ClientType, Membership
from portal.clients.queries.columns import Column
from portal.clients.queries.filters import Filters
from portal.clients.queries.visible import visible_clients, visible_memberships
from portal.kit.db import db
from portal.kit.names import search_key
from portal.kit.paging import Page, page_of
from portal.permissions.levels import Level
from portal.permissions.queries import with_level

PAGE = 50
WORDS = 8
# Words that fit this many clients are looked for row by row instead of through the indexes.
COMMON = 4000
# A search is counted up to here; beyond, the page says "more than".
COUNTED = 5000

# A table of the floor above, named here and not imported.
_FOLDER = table(
    "folder",
    column("id", Uuid()),
    column("client_id", Uuid()),
    column("parent_id", Uuid()),
    column("scope_id", Uuid()),
    column("bin_id", Uuid()),
)


@dataclass
class Row:
    """One line of the table with what stands in its cells."""

    client: Client
    contacts: list[Person] = field(default_factory=list)
    members: int = 0
    folders: int = 0
    values: dict[uuid.UUID, str] = field(default_factory=dict)
    # May the viewer's level on this client change it? The role decides about the rest.
    full: bool = False


def filtered_clients(viewer: Viewer, filters: Filters | Mapping[str, Any]) -> Select[Client]:
    """The clients that the viewer sees and the filters let through, in no order.

    :param filters: ``Filters``, or the query arguments that ``Filters.of`` takes.
    """
    wanted = filters if isinstance(filters, Filters) else Filters.of(filters)
    found = visible_clients(viewer)
    if not wanted.disabled:
        found = found.where(Client.disabled_at.is_(None))
    if wanted.groups:
        found = found.where(Client.group_id.in_(wanted.groups))
    if wanted.types:
        found = found.where(Client.type_id.in_(wanted.types))
    if wanted.statuses:
        found = found.where(Client.status.in_(wanted.statuses))
    if wanted.collaborators:
        works = select(Membership.client_id).where(
            Membership.person_id.in_(wanted.collaborators), Membership.kind == "collaborator", Membership.level > 0
        )
        found = found.where(Client.id.in_(works))
    for attribute_id, value in wanted.attributes:
        found = found.where(Client.id.in_(_with_value(attribute_id, value)))
    for word in search_key(wanted.q).split()[:WORDS]:
        found = found.where(_matches(word))
    return found


def _with_value(attribute_id: uuid.UUID, value: str) -> Select[uuid.UUID]:
    holds = ClientAttribute.value == value
    # Several choices are a JSON list of keys.
    one_of_many = and_(ClientAttribute.value.like("[%"), ClientAttribute.value.contains(f'"{value}"', autoescape=True))
    return select(ClientAttribute.client_id).where(
        ClientAttribute.attribute_id == attribute_id, or_(holds, one_of_many)
    )


def _matches(word: str) -> Any:
    """Does the word stand in the client's own text, or in the name or address of one of its contacts?"""
    if len(word) < 3:
        # Too short for trigrams: the beginning of a word, found while walking through the order of the page.
        return Client.search_text.contains(f" {word}", autoescape=True)
    looked = aliased(Client)
    own = select(looked.id).where(looked.search_text.contains(word, autoescape=True))
    person_holds = Person.search_key.contains(word, autoescape=True)
    by_contact = (
        select(Membership.client_id)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.kind == "contact", person_holds)
    )
    if _is_common(own, by_contact):
        # Nearly every row fits: walking through the order of the page finds 50 at once, a union of all would not.
        return or_(
            Client.search_text.contains(word, autoescape=True),
            by_contact.where(Membership.client_id == Client.id).exists(),
        )
    # A union, since an "or" over two tables could use neither of the two trigram indexes.
    return Client.id.in_(union(own, by_contact).subquery().select())


def _is_common(own: Select[Any], by_contact: Select[Any]) -> bool:
    """Do more clients fit than ``COMMON``? Both looks stop there."""
    parts = union_all(own.limit(COMMON).subquery().select(), by_contact.limit(COMMON).subquery().select()).subquery()
    return int(db.session.execute(select(func.count()).select_from(parts)).scalar_one()) >= COMMON


def count_clients(viewer: Viewer, filters: Filters) -> int:
    """How many clients the filters let through; a search is counted up to ``COUNTED`` + 1."""
    found = filtered_clients(viewer, filters)
    if filters.q:
        some = found.with_only_columns(Client.id).limit(COUNTED + 1).subquery()
        return int(db.session.execute(select(func.count()).select_from(some)).scalar_one())
    return int(db.session.execute(found.with_only_columns(func.count())).scalar_one())


def ordered(found: Select[Any], sort: str, columns: Mapping[str, Column]) -> Select[Any]:
    """The order of the page; ties by name, then id, so that a place in it is unique.

    :param sort: key of a sortable column or "name", with "-" before it for descending; anything else orders by name.
    """
    key, down = sort.removeprefix("-"), sort.startswith("-")
    by, found = _sort_keys(found, key, columns)
    ends = [] if key in ("name", "created") or not by else [Client.name_key.asc()]
    if not by:
        by = [Client.name_key]
        down = down and key == "name"
    # Empty values come last in both directions: the first of two keys says "empty", and is never turned.
    turned = [
        part if place == 0 and len(by) == 2 else (part.desc() if down else part.asc()) for place, part in enumerate(by)
    ]
    # The index of creation runs (created_at DESC, id): read backwards, its ids descend.
    last = Client.id.desc() if key == "created" and not down else Client.id.asc()
    return found.order_by(*turned, *ends, last)


def _sort_keys(found: Select[Any], key: str, columns: Mapping[str, Column]) -> tuple[list[Any], Select[Any]]:
    plain = {
        "group": func.coalesce(ClientGroup.name_key, ""),
        "type": func.coalesce(ClientType.name_key, ""),
        "city": func.lower(Client.city),
        "postal_code": Client.postal_code,
        "email": func.lower(Client.email),
        "tax": func.lower(Client.tax),
        "status": Client.status,
        "language": Client.language,
    }
    if key == "name":
        return [Client.name_key], found
    if key == "created":
        return [Client.created_at], found
    if key in plain:
        return [case((plain[key] == "", 1), else_=0).asc(), plain[key]], found
    chosen = columns.get(key)
    if chosen is None or chosen.attribute is None or not chosen.sortable:
        return [], found
    return _attribute_keys(found, chosen.attribute)


def _attribute_keys(found: Select[Any], attribute: Attribute) -> tuple[list[Any], Select[Any]]:
    held = aliased(ClientAttribute)
    found = found.outerjoin(held, and_(held.client_id == Client.id, held.attribute_id == attribute.id))
    empty = case((held.value.is_(None), 1), else_=0).asc()
    if attribute.type in ("number", "money"):
        return [empty, func.coalesce(cast(held.value, Numeric), 0)], found
    return [empty, func.lower(func.left(func.coalesce(held.value, ""), 200))], found


def client_page(
    viewer: Viewer,
    filters: Filters,
    *,
    sort: str,
    columns: Sequence[Column],
    known: Mapping[str, Column],
    place: str | None = None,
    size: int = PAGE,
) -> Page[Row]:
    """One page of the table.

    :param columns: those that are shown: what is not shown is not read.
    :param known: every column that can be ordered by.
    :param place: where the page before ended.
    """
    found = (
        filtered_clients(viewer, filters)
        .outerjoin(Client.group)
        .outerjoin(Client.type)
        .options(contains_eager(Client.group), contains_eager(Client.type))
    )
    page = page_of(ordered(found, sort, known), size=size, place=place)
    rows = {client.id: Row(client) for client in page.items}
    fill(viewer, rows, columns)
    return Page(list(rows.values()), page.next_place)


def fill(viewer: Viewer, rows: dict[uuid.UUID, Row], columns: Sequence[Column]) -> None:
    """Read what stands in the cells of these rows: at most five statements."""
    keys = {column.key for column in columns}
    if not rows:
        return
    _fill_rights(viewer, rows)
    if keys & {"contacts", "members"}:
        _fill_people(rows)
    if "folders" in keys:
        for client_id, count in db.session.execute(_folder_counts(viewer, list(rows))):
            rows[client_id].folders = count
    wanted = [column.attribute.id for column in columns if column.attribute is not None]
    if wanted:
        values = select(ClientAttribute.client_id, ClientAttribute.attribute_id, ClientAttribute.value).where(
            ClientAttribute.client_id.in_(rows), ClientAttribute.attribute_id.in_(wanted)
        )
        for client_id, attribute_id, value in db.session.execute(values):
            rows[client_id].values[attribute_id] = value or ""


def _fill_rights(viewer: Viewer, rows: dict[uuid.UUID, Row]) -> None:
    full = set(rows)
    if not viewer.sees_all:
        mine = visible_memberships(viewer).where(Membership.client_id.in_(rows), Membership.level == int(Level.FULL))
        full = set(db.session.scalars(mine))
    for client_id, row in rows.items():
        row.full = client_id in full


def _fill_people(rows: dict[uuid.UUID, Row]) -> None:
    present = or_(Membership.valid_until.is_(None), Membership.valid_until > func.statement_timestamp())
    belongs = and_(Membership.client_id.in_(rows), present, or_(Membership.kind == "contact", Membership.level > 0))
    counts = select(Membership.client_id, func.count()).where(belongs).group_by(Membership.client_id)
    for client_id, count in db.session.execute(counts):
        rows[client_id].members = count
    people = (
        select(Membership.client_id, Person)
        .join(Person, Person.id == Membership.person_id)
        .where(belongs, Membership.kind == "contact")
        .order_by(Membership.is_main.desc(), Person.search_key)
    )
    found: dict[uuid.UUID, list[Person]] = defaultdict(list)
    for client_id, person in db.session.execute(people):
        found[client_id].append(person)
    for client_id, contacts in found.items():
        rows[client_id].contacts = contacts


def _folder_counts(viewer: Viewer, client_ids: list[uuid.UUID]) -> Select[Any]:
    """How many folders below the root the viewer sees in each of these clients."""
    seen = select(_FOLDER.c.client_id, _FOLDER.c.id).where(
        _FOLDER.c.client_id.in_(client_ids), _FOLDER.c.parent_id.is_not(None), _FOLDER.c.bin_id.is_(None)
    )
    seen, _level = with_level(seen, viewer, scope_id=_FOLDER.c.scope_id, client_id=_FOLDER.c.client_id)
    inner = seen.subquery()
    return select(inner.c.client_id, func.count()).group_by(inner.c.client_id)
