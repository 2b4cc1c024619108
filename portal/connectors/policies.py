"""Who may set up connectors."""

from __future__ import annotations

from typing import Any

from portal.accounts.roles import Feature
from portal.accounts.viewer import Viewer
from portal.clients.models import Client
from portal.clients.policies import can_manage_client
from portal.connectors.models import ClientConnector, Delivery
from portal.kit.db import db


def can_manage_connectors(viewer: Viewer, *objects: Any) -> bool:
    """Switch connectors on and off for the whole firm."""
    return viewer.may(Feature.CONNECTORS)


def can_view_connectors(viewer: Viewer, client: Client) -> bool:
    """See the tab of a client that the viewer sees: collaborators."""
    return viewer.is_staff


def can_connect(viewer: Viewer, client: Client) -> bool:
    """Attach, change and detach connectors of a client."""
    return viewer.may(Feature.CONNECTORS) and can_manage_client(viewer, client)


def can_change_link(viewer: Viewer, link: ClientConnector) -> bool:
    """The same, asked about a connector that is attached already."""
    client = db.session.get(Client, link.client_id)
    return client is not None and can_connect(viewer, client)


def can_view_delivery(viewer: Viewer, delivery: Delivery) -> bool:
    """Payloads name files and people: only who may set the connector up reads them."""
    client = db.session.get(Client, delivery.client_id)
    return client is not None and can_connect(viewer, client)
