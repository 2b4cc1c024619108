"""Reads: the firm's connectors, those of a client, and what was sent."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, literal, select

from portal.accounts.viewer import Viewer
from portal.clients.models import Client
from portal.clients.queries import visible_clients
from portal.connectors.base import Connector, Settings
from portal.connectors.models import ClientConnector, Delivery, FirmConnector
from portal.connectors.registry import connector, connectors
from portal.kit.db import db
from portal.kit.names import search_key


@dataclass(frozen=True)
class Listed:
    """A connector in the firm's list."""

    connector: Connector
    active: bool
    clients: int


@dataclass(frozen=True)
class Attached:
    """A connector on a client's card; ``connector`` is None when its package is no longer installed."""

    link: ClientConnector
    connector: Connector | None
    settings: Settings
    firm_active: bool


def settings_of(row: ClientConnector | FirmConnector | None) -> Settings:
    """The settings of a row; empty when there are none or they cannot be read (another SECRET_KEY)."""
    if row is None or not row.settings:
        return {}
    try:
        found = json.loads(row.settings)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def firm_connector(key: str) -> FirmConnector | None:
    """The firm's row for this connector, or None when it never was switched on."""
    return db.session.get(FirmConnector, key)


def listed_connectors(search: str = "") -> list[Listed]:
    """All connectors whose name or description holds ``search``, in any case and without accents."""
    active = set(db.session.scalars(select(FirmConnector.key).where(FirmConnector.active)))
    used: dict[str, int] = dict(
        db.session.execute(select(ClientConnector.key, func.count()).group_by(ClientConnector.key)).all()
    )
    wanted = search_key(search)
    return [
        Listed(found, key in active, used.get(key, 0))
        for key, found in connectors().items()
        if wanted in search_key(f"{found.name} {found.description}")
    ]


def visible_links(viewer: Viewer) -> Select[Any]:
    """The clients' connectors that this person may know about: those of clients they see, staff only."""
    return select(ClientConnector).where(ClientConnector.client_id.in_(_client_ids(viewer)), literal(viewer.is_staff))


def visible_deliveries(viewer: Viewer) -> Select[Any]:
    """What was sent for the clients that this collaborator sees."""
    return select(Delivery).where(Delivery.client_id.in_(_client_ids(viewer)), literal(viewer.is_staff))


def _client_ids(viewer: Viewer) -> Select[Any]:
    return visible_clients(viewer).with_only_columns(Client.id).order_by(None)


def attached_to(client_id: uuid.UUID) -> list[Attached]:
    """The connectors of one client, oldest first."""
    active = set(db.session.scalars(select(FirmConnector.key).where(FirmConnector.active)))
    rows = db.session.scalars(
        select(ClientConnector).where(ClientConnector.client_id == client_id).order_by(ClientConnector.id)
    )
    return [Attached(row, connector(row.key), settings_of(row), row.key in active) for row in rows]


def deliveries_of(link: ClientConnector) -> Select[Any]:
    """What was sent through this connector, newest first."""
    return select(Delivery).where(Delivery.client_connector_id == link.id).order_by(Delivery.id.desc())


def latest_deliveries(link_ids: list[uuid.UUID]) -> dict[uuid.UUID, Delivery]:
    """The newest message of each connector: its health at a glance."""
    newest = (
        select(Delivery)
        .where(Delivery.client_connector_id.in_(link_ids))
        .distinct(Delivery.client_connector_id)
        .order_by(Delivery.client_connector_id, Delivery.id.desc())
    )
    return {delivery.client_connector_id: delivery for delivery in db.session.scalars(newest)}
