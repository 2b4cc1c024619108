"""What may be asked for: which clients, which columns."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from portal.clients.queries.chosen import Chosen
from portal.clients.refusals import NoClientChosen

EVERYTHING, CURRENT = "everything", "current"
# What narrows the client table (clients.queries.filters).
FILTERS = ("q", "group", "type", "status", "collaborator", "field", "disabled")
_LONGEST = 500
_MOST = 200


def clean(raw: Mapping[str, Any], columns: Iterable[str] = ()) -> dict[str, Any]:
    """The parameters of an export as they are kept.

    :param raw: the filters of the client table as lists (``request.values.to_dict(flat=False)``) with ``what``
        (``current`` or ``everything``). The table's own query leaves out what it does not understand.
        What was chosen in the table by hand stands there as ``queries.chosen`` takes it.
    :param columns: keys of the columns in their order; unknown ones are left out. None given: those that the person
        has chosen for the table.
    :raises NoClientChosen: clients were to be named, and none was.
    :raises TooManyClients: more than 10,000 were named.
    """
    if EVERYTHING in raw.get("what", ()):
        return {"what": EVERYTHING, "filters": {}, "columns": []}
    wanted = {"what": CURRENT, "filters": {}, "columns": [key for key in columns if is_column(key)][:_MOST]}
    chosen = Chosen.of(raw)
    if "clients" in raw and not chosen.everything:
        if not chosen.ids:
            raise NoClientChosen()
        return {**wanted, **chosen.as_arguments()}
    filters = {
        key: values for key in FILTERS if (values := [_short(value) for value in raw.get(key, ())[:_MOST] if value])
    }
    without = {"without": sorted(map(str, chosen.without))} if chosen.without else {}
    return {**wanted, "filters": filters, **without}


def chosen_in(parameters: Mapping[str, Any]) -> Chosen:
    """The clients of an export that is no export of everything."""
    if "clients" in parameters:
        return Chosen.of({"clients": parameters["clients"]})
    return Chosen.of({**parameters.get("filters", {}), "all": "1", "without": parameters.get("without")})


def _short(value: str) -> str:
    return value.replace("\x00", "")[:_LONGEST]


def is_column(key: str) -> bool:
    """Is this the key of a column: of a field, or of an attribute (``field:<id>``)?"""
    from portal.exports.sheets import FIELDS

    return key in FIELDS or attribute_id(key) is not None


def attribute_id(key: str) -> uuid.UUID | None:
    """The attribute that a column shows, or None."""
    try:
        return uuid.UUID(key.rpartition(":")[2])
    except ValueError:
        return None
