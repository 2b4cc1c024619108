"""The columns of the client table."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _lp

from portal.clients.models import Attribute, ColumnChoice
from portal.kit.db import db
from portal.kit.i18n import label_in


@dataclass(frozen=True)
class Column:
    """One column: ``key`` in addresses and choices; an attribute's column carries the attribute."""

    key: str
    label: LazyString | str
    sortable: bool = True
    numeric: bool = False
    attribute: Attribute | None = None


FIXED = (
    Column("group", _l("Group")),
    Column("contacts", _l("Contacts"), sortable=False),
    Column("members", _l("Members"), sortable=False, numeric=True),
    Column("folders", _lp("column of the client table", "Folders"), sortable=False, numeric=True),
    Column("status", _l("Status")),
    Column("type", _l("Type")),
    Column("address", _l("Address"), sortable=False),
    Column("city", _l("City")),
    Column("postal_code", _l("Postal code")),
    Column("phone", _l("Phone"), sortable=False),
    Column("email", _l("E-mail")),
    Column("tax", _l("Tax")),
    Column("language", _l("Language")),
    Column("created", _l("Created")),
)
# The name always stands first, with the type below it. The first ones fill a laptop's width; the rest is one scroll
# away.
DEFAULT = (
    *("group", "contacts", "members", "folders", "status"),
    *("address", "city", "postal_code", "phone", "email", "tax", "language"),
)


def known_columns(attributes: Iterable[Attribute]) -> dict[str, Column]:
    """Every column that can be chosen, by key."""
    known = {column.key: column for column in FIXED}
    for attribute in attributes:
        column = Column(
            key=f"attribute:{attribute.id}",
            label=label_in(attribute.label),
            sortable=attribute.type != "many_of",
            numeric=attribute.type in ("number", "money"),
            attribute=attribute,
        )
        known[column.key] = column
    return known


def chosen_columns(person_id: uuid.UUID, known: dict[str, Column]) -> list[Column]:
    """The columns of this person in their order; those that are gone are left out."""
    choice = db.session.get(ColumnChoice, person_id)
    keys: Any = choice.columns if choice is not None else DEFAULT
    return [known[key] for key in keys if key in known]
