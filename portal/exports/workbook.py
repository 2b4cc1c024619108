"""The sheets of an export, read row by row and written at once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import Select, func, null, select
from sqlalchemy.orm import Session

from portal.accounts.models import Person
from portal.accounts.queries import firm, firm_defaults
from portal.accounts.viewer import Viewer
from portal.clients import values
from portal.clients.models import Attribute, Client, ClientGroup, ClientType, Membership
from portal.clients.queries import all_attributes, visible_clients
from portal.clients.queries.chosen import chosen_clients
from portal.clients.queries.columns import chosen_columns, known_columns
from portal.exports.parameters import CURRENT, attribute_id, chosen_in
from portal.exports.progress import Progress
from portal.exports.sheets import ATTRIBUTE_VALUES, COLLABORATOR_FIELDS, CONTACT_FIELDS, FIELDS, Field, with_fields
from portal.kit.clock import now
from portal.kit.i18n import label_in
from portal.kit.xlsx import Column, Kind, Sheet, write_workbook

# Rows fetched from the server-side cursor at a time.
BATCH = 1000
_KINDS = {"number": Kind.NUMBER, "money": Kind.MONEY, "date": Kind.DATE, "yes_no": Kind.YES_NO}
_WIDTHS = {"long_text": 40.0, "address": 32.0, "email": 28.0, "date": 12.0, "yes_no": 10.0}


def clients_of(viewer: Viewer, parameters: dict[str, Any]) -> Select[tuple[uuid.UUID]]:
    """Ids of the clients that the export holds: at most those that the viewer sees now."""
    if parameters.get("what") == CURRENT:
        chosen = chosen_clients(viewer, chosen_in(parameters))
    else:
        chosen = visible_clients(viewer)
    return chosen.order_by(None).with_only_columns(Client.id)


def count_rows(reader: Session, viewer: Viewer, parameters: dict[str, Any]) -> dict[str, int]:
    """Rows per sheet: ``clients`` and, in an export of everything, those of the other three."""
    ids = clients_of(viewer, parameters)
    clients = reader.execute(select(func.count()).select_from(ids.subquery())).scalar_one()
    if parameters.get("what") == CURRENT:
        return {"clients": clients}
    kinds = reader.execute(
        select(Membership.kind, func.count()).where(Membership.client_id.in_(ids)).group_by(Membership.kind)
    )
    members: dict[str, int] = dict(kinds.all())
    return {
        "clients": clients,
        "attributes": clients,
        "contacts": members.get("contact", 0),
        "collaborators": members.get("collaborator", 0),
    }


def write_export(reader: Session, path: Path, person: Person, parameters: dict[str, Any], progress: Progress) -> str:
    """Write the workbook to ``path``. Returns the name under which it is downloaded.

    :param reader: a session in one read-only snapshot.
    """
    # Looked for once, however many columns are gathered from other tables.
    ids = select(clients_of(person.viewer, parameters).cte("chosen").c.id)
    attributes = all_attributes()
    if parameters.get("what") == CURRENT:
        sheets = [_chosen_columns(reader, person, ids, parameters.get("columns") or [], attributes, progress)]
    else:
        sheets = _everything(reader, person.viewer, ids, attributes, progress)
    zone = ZoneInfo(person.time_zone or firm_defaults()[1])
    write_workbook(path, sheets, zone=zone)
    found = firm()
    day = now().astimezone(zone).date().isoformat()
    return f"{found.name if found is not None else 'Atrium'} – {_('Clients')} {day}.xlsx"


def _everything(
    reader: Session, viewer: Viewer, ids: Select[tuple[uuid.UUID]], attributes: list[Attribute], progress: Progress
) -> list[Sheet]:
    people = _members(ids)
    contacts, staff = (people.where(Membership.kind == kind) for kind in ("contact", "collaborator"))
    return [
        _sheet(reader, viewer, _("Clients"), FIELDS, ids, _from_clients(ids), progress),
        _attributes(reader, ids, attributes, progress),
        _sheet(reader, viewer, _("Contacts"), CONTACT_FIELDS, ids, contacts, progress),
        _sheet(reader, viewer, _("Collaborators"), COLLABORATOR_FIELDS, ids, staff, progress),
    ]


def _from_clients(ids: Select[tuple[uuid.UUID]]) -> Select[Any]:
    return (
        select()
        .select_from(Client)
        .outerjoin(ClientGroup, ClientGroup.id == Client.group_id)
        .outerjoin(ClientType, ClientType.id == Client.type_id)
        .where(Client.id.in_(ids))
        .order_by(Client.name_key, Client.id)
    )


def _members(ids: Select[tuple[uuid.UUID]]) -> Select[Any]:
    return (
        select()
        .select_from(Membership)
        .join(Client, Client.id == Membership.client_id)
        .join(Person, Person.id == Membership.person_id)
        .where(Client.id.in_(ids))
        .order_by(Client.name_key, Client.id, Membership.is_main.desc(), Person.search_key, Person.id)
    )


def _sheet(
    reader: Session,
    viewer: Viewer,
    name: str,
    fields: dict[str, Field],
    ids: Select[tuple[uuid.UUID]],
    source: Select[Any],
    progress: Progress,
) -> Sheet:
    columns = [Column(str(field.title), field.kind, field.width) for field in fields.values()]
    shown = [_once(field.shown) if field.shown else None for field in fields.values()]
    return Sheet(name, columns, _rows(reader, with_fields(source, fields.values(), viewer, ids), shown, progress))


def _plain_rows(reader: Session, selected: Select[Any]) -> Iterator[Any]:
    """Rows of a server-side cursor as they come from the driver: the session would look at each one once more."""
    yield from reader.connection().execute(selected, execution_options={"yield_per": BATCH})


def _rows(
    reader: Session, selected: Select[Any], shown: Sequence[Callable[[Any], Any] | None], progress: Progress
) -> Iterator[list[Any]]:
    changed = [(place, show) for place, show in enumerate(shown) if show is not None]
    count = progress.count
    for row in _plain_rows(reader, selected):
        cells = list(row)
        for place, show in changed:
            value = cells[place]
            if value is not None:
                cells[place] = show(value)
        count()
        yield cells


def _attributes(
    reader: Session, ids: Select[tuple[uuid.UUID]], attributes: list[Attribute], progress: Progress
) -> Sheet:
    ends = Column(_("Client"), width=32), Column(_("Identifier of the client"), width=38)
    columns = [ends[0], *map(_column, attributes), ends[1]]
    return Sheet(_("Attributes"), columns, _attribute_rows(reader, ids, attributes, progress))


def _attribute_rows(
    reader: Session, ids: Select[tuple[uuid.UUID]], attributes: list[Attribute], progress: Progress
) -> Iterator[list[Any]]:
    selected = _from_clients(ids).add_columns(Client.name, Client.id, ATTRIBUTE_VALUES)
    cells = [(str(attribute.id), _reads(attribute)) for attribute in attributes]
    for name, client_id, held in _plain_rows(reader, selected):
        held = held or {}
        progress.count()
        yield [name, *(read(held[key]) if key in held else None for key, read in cells), client_id]


def _chosen_columns(
    reader: Session,
    person: Person,
    ids: Select[tuple[uuid.UUID]],
    wanted: list[str],
    attributes: list[Attribute],
    progress: Progress,
) -> Sheet:
    """The table as it is on screen: its columns, attributes among them, the name first."""
    by_id: dict[uuid.UUID | None, Attribute] = {attribute.id: attribute for attribute in attributes}
    keys = wanted or [column.key for column in chosen_columns(person.id, known_columns(attributes))]
    keys = ["name", *(key for key in keys if key != "name" and (key in FIELDS or attribute_id(key) in by_id))]
    plain = [key for key in keys if key in FIELDS]
    reads = {key: _reads(by_id[attribute_id(key)]) for key in keys if key not in FIELDS}
    selected = with_fields(_from_clients(ids), [FIELDS[key] for key in plain], person.viewer, ids).add_columns(
        (ATTRIBUTE_VALUES if reads else null()).label("held")
    )
    columns = [
        Column(str(FIELDS[key].title), FIELDS[key].kind, FIELDS[key].width)
        if key in FIELDS
        else _column(by_id[attribute_id(key)])
        for key in keys
    ]
    shown = [*(_once(FIELDS[key].shown) for key in plain), None]

    rows = _rows(reader, selected, shown, progress)
    # What is read of an attribute, or where the cell already stands.
    order = [(plain.index(key), None, "") if key in FIELDS else (0, reads[key], str(attribute_id(key))) for key in keys]

    def in_order() -> Iterator[list[Any]]:
        for cells in rows:
            held = cells[-1] or {}
            yield [cells[place] if read is None else _read(read, held.get(key)) for place, read, key in order]

    return Sheet(_("Clients"), columns, in_order() if reads else _without_last(rows))


def _without_last(rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
    for cells in rows:
        cells.pop()
        yield cells


def _read(read: Callable[[str], Any], value: str | None) -> Any:
    return None if value is None else read(value)


def _column(attribute: Attribute) -> Column:
    return Column(label_in(attribute.label), _KINDS.get(attribute.type, Kind.TEXT), _WIDTHS.get(attribute.type, 20.0))


def _reads(attribute: Attribute) -> Callable[[str], Any]:
    """How the stored text of this attribute becomes a typed cell."""
    if attribute.type == "yes_no":
        return lambda value: value == "yes"
    if attribute.type in ("text", "long_text", "email", "phone", "address") and not attribute.rule:
        return lambda value: value
    return lru_cache(maxsize=4096)(lambda value: values.typed(attribute, value))


def _once(show: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    """Remember what was worked out: a hundred thousand clients have four states and a few dates."""
    return lru_cache(maxsize=4096)(show) if show is not None else None
