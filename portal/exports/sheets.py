"""What stands in the sheets: for each column its head, its kind and where it comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, case, func, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from portal.accounts.models import Person
from portal.accounts.viewer import Viewer
from portal.clients.fields import STATUSES
from portal.clients.models import Client, ClientGroup, ClientType, Membership
from portal.files.models import Folder
from portal.kit.i18n import language_name
from portal.kit.xlsx import Kind
from portal.permissions.levels import Level
from portal.permissions.queries import with_level


@dataclass(frozen=True)
class Field:
    """A column of a sheet. ``shown`` turns what the database gives into what the reader reads.

    ``source`` is an expression on the row itself, or a select of a client's id and a value: that one is worked out for
    all clients in one go and joined, where an expression would be worked out a hundred thousand times.
    """

    title: LazyString
    source: Callable[[Viewer], ColumnElement[Any] | Select[Any]]
    kind: Kind = Kind.TEXT
    width: float = 18.0
    shown: Callable[[Any], Any] | None = None


def with_fields(selected: Select[Any], fields: Iterable[Field], viewer: Viewer, ids: Select[Any]) -> Select[Any]:
    """Add the columns of these fields, in their order, to a select of clients or of their members.

    :param ids: which clients it is about.
    """
    for number, field in enumerate(fields):
        found = field.source(viewer)
        if isinstance(found, Select):
            gathered = found.where(found.selected_columns[0].in_(ids)).subquery()
            whose, value = gathered.c
            selected = selected.outerjoin(gathered, whose == Client.id)
            found = func.coalesce(value, 0) if field.kind is Kind.WHOLE else value
        selected = selected.add_columns(found.label(f"c{number}"))
    return selected


def _members(_viewer: Viewer) -> Any:
    return select(Membership.client_id, func.count()).group_by(Membership.client_id)


def _folders(viewer: Viewer) -> Any:
    """Folders that the requester may open; the root is no folder to anybody who looks."""
    counted: Any = (
        select(Folder.client_id, func.count())
        .where(Folder.bin_id.is_(None), Folder.parent_id.is_not(None))
        .group_by(Folder.client_id)
    )
    if not viewer.sees_all:
        counted, _level_there = with_level(counted, viewer, scope_id=Folder.scope_id, client_id=Folder.client_id)
    return counted


def _full_name() -> ColumnElement[Any]:
    return func.coalesce(func.nullif(func.trim(Person.first_name + " " + Person.last_name), ""), Person.email)


def _contacts(_viewer: Viewer) -> Any:
    names = func.string_agg(_full_name(), aggregate_order_by(literal_column("', '"), Person.search_key))
    return (
        select(Membership.client_id, names)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.kind == "contact")
        .group_by(Membership.client_id)
    )


def _main_contact(_viewer: Viewer) -> Any:
    return (
        select(Membership.client_id, _full_name())
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.is_main)
    )


def _status(value: str) -> str:
    return str(STATUSES.get(value, value))


def _state(value: str) -> str:
    states = {
        "active": _("Active"),
        "invited": _("Invited"),
        "not_invited": _("Not invited"),
        "disabled": _("Disabled"),
    }
    return str(states.get(value, value))


def _person_state(_viewer: Viewer) -> ColumnElement[Any]:
    return case(
        (Person.disabled_at.is_not(None), "disabled"),
        (Person.activated_at.is_not(None), "active"),
        (Person.invited_at.is_not(None), "invited"),
        else_="not_invited",
    )


def _level(value: int) -> str:
    return str(Level(value).label)


# Keys are those of the client table's columns where the table has them.
FIELDS: dict[str, Field] = {
    "name": Field(_l("Name"), lambda _viewer: Client.name.expression, width=32),
    "group": Field(_l("Group"), lambda _viewer: ClientGroup.name.expression),
    "type": Field(_l("Type"), lambda _viewer: ClientType.name.expression),
    "status": Field(_l("Status"), lambda _viewer: Client.status.expression, width=12, shown=_status),
    "contact": Field(_l("Main contact"), _main_contact, width=26),
    "contacts": Field(_l("Contacts"), _contacts, width=32),
    "language": Field(_l("Language"), lambda _viewer: Client.language.expression, width=12, shown=language_name),
    "email": Field(_l("E-mail"), lambda _viewer: Client.email.expression, width=28),
    "phone": Field(_l("Phone"), lambda _viewer: Client.phone.expression),
    "address": Field(_l("Address"), lambda _viewer: Client.address.expression, width=32),
    "postal_code": Field(_l("Postal code"), lambda _viewer: Client.postal_code.expression, width=12),
    "city": Field(_l("City"), lambda _viewer: Client.city.expression),
    "country": Field(_l("Country"), lambda _viewer: Client.country.expression, width=12),
    "tax": Field(_l("Tax"), lambda _viewer: Client.tax.expression, width=14),
    "price_list": Field(_l("Price list"), lambda _viewer: Client.price_list.expression, width=14),
    "discount_percent": Field(
        _l("Discount in percent"), lambda _viewer: Client.discount_percent.expression, Kind.NUMBER, width=12
    ),
    "note": Field(_l("Note"), lambda _viewer: Client.note.expression, width=40),
    "members": Field(_l("Members"), _members, Kind.WHOLE, width=12),
    "folders": Field(_l("Folders"), _folders, Kind.WHOLE, width=12),
    "disabled": Field(_l("Disabled"), lambda _viewer: Client.disabled_at.is_not(None), Kind.YES_NO, width=12),
    "created": Field(_l("Created"), lambda _viewer: Client.created_at.expression, Kind.MOMENT, width=17),
    "id": Field(_l("Identifier"), lambda _viewer: Client.id.expression, width=38),
}

_WHOSE: dict[str, Field] = {
    "client": Field(_l("Client"), lambda _viewer: Client.name.expression, width=32),
    "last_name": Field(_l("Last name"), lambda _viewer: Person.last_name.expression),
    "first_name": Field(_l("First name"), lambda _viewer: Person.first_name.expression),
    "email": Field(_l("E-mail"), lambda _viewer: Person.email.expression, width=30),
    "phone": Field(_l("Phone"), lambda _viewer: Person.phone.expression),
}

_IDS: dict[str, Field] = {
    "client_id": Field(_l("Identifier of the client"), lambda _viewer: Client.id.expression, width=38),
    "person_id": Field(_l("Identifier of the person"), lambda _viewer: Person.id.expression, width=38),
}

CONTACT_FIELDS: dict[str, Field] = {
    **_WHOSE,
    "language": Field(_l("Language"), lambda _viewer: Person.language.expression, width=12, shown=language_name),
    "is_main": Field(_l("Main contact"), lambda _viewer: Membership.is_main.expression, Kind.YES_NO, width=14),
    "state": Field(_l("Account"), _person_state, width=14, shown=_state),
    "last_sign_in": Field(_l("Last sign-in"), lambda _viewer: Person.last_sign_in_at.expression, Kind.MOMENT, width=17),
    "valid_until": Field(_l("Access ends"), lambda _viewer: Membership.valid_until.expression, Kind.MOMENT, width=17),
    **_IDS,
}

COLLABORATOR_FIELDS: dict[str, Field] = {
    **_WHOSE,
    "level": Field(_l("Level"), lambda _viewer: Membership.level.expression, width=12, shown=_level),
    "state": Field(_l("Account"), _person_state, width=14, shown=_state),
    "valid_until": Field(_l("Access ends"), lambda _viewer: Membership.valid_until.expression, Kind.MOMENT, width=17),
    **_IDS,
}

# A value of every attribute of a client, by the attribute's id.
ATTRIBUTE_VALUES: ColumnElement[Any] = literal_column(
    "(SELECT jsonb_object_agg(ca.attribute_id, ca.value) FROM client_attribute ca"
    " WHERE ca.client_id = client.id AND ca.value IS NOT NULL)"
)
