"""Change many clients in one go."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal import activity
from portal.accounts.viewer import Viewer
from portal.activity.commands import line, record_many
from portal.clients.commands.clients import str_in_firm_language
from portal.clients.fields import LABELS, clean_field
from portal.clients.models import Client, ClientGroup, ClientType
from portal.clients.queries.chosen import MOST_CHOSEN, Chosen, chosen_clients, may_be_changed
from portal.clients.refusals import NoClientChosen, TooManyClients, Unknown
from portal.kit.bulk import any_ids
from portal.kit.db import db, transactional
from portal.outbox import emit_many

_FIELDS: dict[type[ClientGroup] | type[ClientType], str] = {ClientGroup: "group_id", ClientType: "type_id"}


@dataclass(frozen=True)
class Done:
    """What came of it.

    :param name: of the group or type that was set; empty for none.
    :param done: so many hold it now, whether they held it before or not.
    :param left: so many stayed as they were: gone, or not the viewer's to change.
    :param before: the value that the changed ones held before (None: nothing) -> their ids.
    """

    name: str
    done: int
    left: int
    before: dict[uuid.UUID | None, list[uuid.UUID]]


@transactional
def set_group(chosen: Chosen, group_id: Any, *, actor: Viewer, holding: str | None = None) -> Done:
    """Put the chosen clients into a group, or (nothing given) into none.

    :param group_id: an id or its text.
    :param holding: only those that hold this one now (an id as text, empty for none): the way back passes over what
        somebody else has changed since.
    :raises NoClientChosen: the viewer sees none of them.
    :raises TooManyClients: more than 10,000.
    :raises Unknown: there is no such group any more.
    """
    return _set(ClientGroup, chosen, group_id, actor, holding)


@transactional
def set_type(chosen: Chosen, type_id: Any, *, actor: Viewer, holding: str | None = None) -> Done:
    """Give the chosen clients a type, or (nothing given) none; it takes and raises what :func:`set_group` does."""
    return _set(ClientType, chosen, type_id, actor, holding)


def _set(
    model: type[ClientGroup] | type[ClientType], chosen: Chosen, raw: Any, actor: Viewer, holding: str | None
) -> Done:
    """As many statements for ten thousand clients as for two."""
    field = _FIELDS[model]
    value = clean_field(field, raw)
    name = db.session.scalar(select(model.name).where(model.id == value)) if value else ""
    rows = _held(field, chosen, actor)
    open_ones = [row for row in rows if row.may_change and (holding is None or str(row.before or "") == holding)]
    changed = [row for row in open_ones if row.before != value]
    if changed:
        _write(field, value, [row.id for row in changed])
        _tell(field, changed, actor)
    before: dict[uuid.UUID | None, list[uuid.UUID]] = defaultdict(list)
    for row in changed:
        before[row.before].append(row.id)
    asked = len(rows) if chosen.everything else len(chosen.ids)
    return Done(name or "", len(open_ones), asked - len(open_ones), dict(before))


def _held(field: str, chosen: Chosen, viewer: Viewer) -> Sequence[Any]:
    """The chosen clients that the viewer sees, held until the end of the transaction; always in the same order, so that
    two who change many at once wait for each other."""
    seen: Any = chosen_clients(viewer, chosen).with_only_columns(
        Client.id, Client.name, getattr(Client, field).label("before"), may_be_changed(viewer).label("may_change")
    )
    ordered = seen.order_by(Client.id).limit(MOST_CHOSEN + 1)
    rows = db.session.execute(ordered.with_for_update(of=Client, key_share=True)).all()
    if not rows:
        raise NoClientChosen()
    if len(rows) > MOST_CHOSEN:
        raise TooManyClients()
    return rows


def _write(field: str, value: uuid.UUID | None, ids: list[uuid.UUID]) -> None:
    table: Any = Client.__table__
    statement = update(table).where(table.c.id == any_ids(ids))
    try:
        with db.session.begin_nested():
            db.session.execute(statement.values({field: value, "version": table.c.version + 1}))
    except IntegrityError:
        # The group or type was deleted in this very moment.
        raise Unknown() from None


def _tell(field: str, changed: Sequence[Any], actor: Viewer) -> None:
    label = str_in_firm_language(LABELS[field])
    record_many([line(activity.verbs.CLIENT_CHANGED, actor=actor, client=row, fields=label) for row in changed])
    emit_many(
        "connectors.publish",
        [
            {"event": "client.changed", "client_id": row.id, "data": {"name": row.name, "fields": [label]}}
            for row in changed
        ],
    )
