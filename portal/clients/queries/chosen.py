"""What somebody chose in the client table: by id, or all that match without a few."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, Uuid, func, literal, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from portal.accounts.roles import Feature
from portal.accounts.viewer import Viewer
from portal.clients.models import Client, Membership
from portal.clients.queries.filters import Filters
from portal.clients.queries.table import filtered_clients
from portal.clients.queries.visible import visible_clients, visible_memberships
from portal.clients.refusals import TooManyClients
from portal.kit.bulk import any_ids
from portal.permissions.levels import Level

# As many are taken in one go: beyond that a single transaction would hold them for too long.
MOST_CHOSEN = 10_000


@dataclass(frozen=True)
class Chosen:
    """What was chosen in the client table.

    :param ids: clients one by one, also disabled ones and such as the filters of the moment hide.
    :param everything: all that ``filters`` let through, also what no page has brought; ``ids`` then stays empty.
    :param without: what was taken out of ``everything`` again.
    """

    ids: frozenset[uuid.UUID] = frozenset()
    everything: bool = False
    without: frozenset[uuid.UUID] = frozenset()
    filters: Filters = field(default_factory=Filters)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Chosen:
        """Out of a form: ``clients``, or ``all`` with ``without`` and the words of :class:`Filters`.

        Ids stand in fields of their own or with commas between them; what is none is passed over.

        :param given: values are texts or lists of texts.
        :raises TooManyClients: more than 10,000 ids.
        """
        if _texts(given.get("all")):
            return cls(everything=True, without=_ids(given.get("without")), filters=Filters.of(given))
        return cls(ids=_ids(given.get("clients")))

    def as_arguments(self) -> dict[str, list[str]]:
        """The same as :meth:`of` takes it, for work that is done later."""
        if not self.everything:
            return {"clients": sorted(map(str, self.ids))}
        return {
            "all": ["1"],
            "without": sorted(map(str, self.without)),
            **{key: [value] for key, value in self.filters.arguments().items()},
        }


def chosen_clients(viewer: Viewer, chosen: Chosen) -> Select[Client]:
    """Those of the chosen clients that the viewer sees, in no order."""
    if not chosen.everything:
        return visible_clients(viewer).where(Client.id == any_ids(chosen.ids))
    return narrowed(filtered_clients(viewer, chosen.filters), chosen)


def narrowed(found: Select[Client], chosen: Chosen) -> Select[Client]:
    """These clients, as far as they were chosen; what the filters say has been seen to."""
    if not chosen.everything:
        return found.where(Client.id == any_ids(chosen.ids))
    if not chosen.without:
        return found
    return found.where(Client.id.not_in(select(func.unnest(literal(list(chosen.without), ARRAY(Uuid()))))))


def may_be_changed(viewer: Viewer) -> ColumnElement[bool]:
    """May the viewer change the card of this client? As ``policies.can_manage_client`` says, for a whole table."""
    if not viewer.may(Feature.MANAGE_CLIENTS):
        return literal(False)
    if viewer.sees_all:
        return true()
    return Client.id.in_(visible_memberships(viewer).where(Membership.level == int(Level.FULL)))


def _texts(value: Any) -> list[str]:
    given: Iterable[Any] = value if isinstance(value, list | tuple) else [value]
    return [str(text) for text in given if text]


def _ids(value: Any) -> frozenset[uuid.UUID]:
    found = set()
    for text in _texts(value):
        for part in text.split(","):
            try:
                found.add(uuid.UUID(part.strip()))
            except ValueError:
                continue
    if len(found) > MOST_CHOSEN:
        raise TooManyClients()
    return frozenset(found)
