"""Switch connectors on for the firm, attach them to clients, pause and detach them."""

from __future__ import annotations

import json
import uuid
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from portal import activity
from portal.clients.models import Client
from portal.connectors.base import Connector, Settings
from portal.connectors.events import PING
from portal.connectors.models import ClientConnector, Delivery, FirmConnector
from portal.connectors.queries import firm_connector, settings_of
from portal.connectors.registry import connector as connector_by_key
from portal.kit.db import db, new_id, transactional
from portal.kit.errors import Refused
from portal.outbox import emit


class UnknownConnector(Refused):
    """No such connector, or the firm has not switched it on."""

    sentence = _l("This connector is not available.")


class AlreadyAttached(Refused):
    """A client has each connector once."""

    sentence = _l("This client already has this connector.")
    status = 409


class NotAttached(Refused):
    """It was detached in the meantime."""

    sentence = _l("This connector was removed in the meantime.")
    status = 409


@transactional
def activate(key: str, *, actor: Any, settings: Settings | None = None) -> FirmConnector:
    """Switch a connector on for the firm; settings of an earlier time are kept unless new ones are given.

    :raises UnknownConnector: it is not installed.
    """
    found = _installed(key)
    row = _firm_row(key)
    row.active = True
    if settings is not None:
        row.settings = json.dumps(found.clean_firm(settings))
    activity.record(activity.verbs.SETTINGS_CHANGED, actor=actor, fields=str(key))
    return row


@transactional
def deactivate(key: str, *, actor: Any) -> None:
    """Switch a connector off for the firm. What clients have set stays, so that it can be switched on again."""
    _firm_row(_installed(key).key).active = False
    activity.record(activity.verbs.SETTINGS_CHANGED, actor=actor, fields=str(key))


@transactional
def set_firm_settings(key: str, settings: Settings, *, actor: Any) -> None:
    """Change the firm-wide settings of a connector.

    :raises Refused: with the field at fault.
    """
    found = _installed(key)
    row = _firm_row(key, active=False)
    row.settings = json.dumps(found.clean_firm(settings))
    activity.record(activity.verbs.SETTINGS_CHANGED, actor=actor, fields=str(key))


@transactional
def attach(client: Client, key: str, settings: Settings, *, actor: Any) -> ClientConnector:
    """Give a client a connector.

    :param settings: of this client, as the connector's form gives them.
    :raises UnknownConnector: not installed, or not switched on by the firm.
    :raises AlreadyAttached: the client has it.
    :raises Refused: the settings are not usable; ``field`` says which.
    """
    found, firm = _active(key)
    cleaned = found.clean(settings, firm=firm)
    values = {
        "id": new_id(),
        "client_id": client.id,
        "key": key,
        "added_by_id": actor.id,
        "settings": json.dumps(cleaned),
    }
    statement = insert(ClientConnector).values(**values).on_conflict_do_nothing(index_elements=["client_id", "key"])
    row = db.session.scalars(statement.returning(ClientConnector)).one_or_none()
    if row is None:
        raise AlreadyAttached()
    activity.record(activity.verbs.CONNECTOR_ADDED, actor=actor, client=client, connector=key)
    return row


@transactional
def change_settings(link: ClientConnector, settings: Settings, *, actor: Any) -> None:
    """Change what a client's connector does; its secrets stay.

    :raises Refused: the settings are not usable; ``field`` says which.
    """
    found, firm = _active(link.key)
    row = _locked(link)
    row.settings = json.dumps(found.clean(settings, before=settings_of(row), firm=firm))
    _log_change(row, actor)


@transactional
def pause(link: ClientConnector, *, actor: Any) -> None:
    """Send nothing until it is resumed."""
    row = _locked(link)
    row.active = False
    _log_change(row, actor)


@transactional
def resume(link: ClientConnector, *, actor: Any) -> None:
    """Send again, from now on."""
    row = _locked(link)
    row.active = True
    _log_change(row, actor)


@transactional
def detach(link: ClientConnector, *, actor: Any) -> None:
    """Take a connector away from its client, with its settings and its delivery log."""
    row = _locked(link)
    client = db.session.get(Client, row.client_id)
    activity.record(activity.verbs.CONNECTOR_REMOVED, actor=actor, client=client, connector=row.key)
    db.session.delete(row)


@transactional
def reveal_secret(link: ClientConnector, *, actor: Any) -> str | None:
    """The signing secret, the first time it is asked for; None ever after."""
    row = _locked(link)
    settings = settings_of(row)
    if settings.get("secret_shown") or not settings.get("secret"):
        return None
    row.settings = json.dumps({**settings, "secret_shown": True})
    return str(settings["secret"])


@transactional
def renew_secret(link: ClientConnector, *, actor: Any) -> None:
    """Replace the signing secret; messages from now on are signed with the new one.

    :raises UnknownConnector: it is not switched on.
    """
    found, firm = _active(link.key)
    row = _locked(link)
    kept = {key: value for key, value in settings_of(row).items() if key not in ("secret", "secret_shown")}
    row.settings = json.dumps(found.clean(kept, firm=firm))
    _log_change(row, actor)


@transactional
def send_test(link: ClientConnector, *, actor: Any) -> Delivery:
    """Send a test message; how it went stands in the delivery log."""
    row = _locked(link)
    delivery = Delivery(
        client_connector_id=row.id, client_id=row.client_id, event=PING, payload={"client_id": str(row.client_id)}
    )
    db.session.add(delivery)
    emit("connectors.deliver", delivery_id=delivery.id)
    return delivery


@transactional
def publish(event: str, client_id: uuid.UUID | str, data: dict[str, Any]) -> None:
    """Promise that a client's connectors are told of an event after the commit.

    Lower packages cannot call this: they ``emit("connectors.publish", event=..., client_id=..., data={...})``.
    """
    emit("connectors.publish", event=event, client_id=str(client_id), data=data)


def _installed(key: str) -> Connector:
    found = connector_by_key(key)
    if found is None:
        raise UnknownConnector()
    return found


def _active(key: str) -> tuple[Connector, Settings]:
    found, firm = _installed(key), firm_connector(key)
    if firm is None or not firm.active:
        raise UnknownConnector()
    return found, settings_of(firm)


def _firm_row(key: str, *, active: bool = True) -> FirmConnector:
    # Two people may press at the same moment: the row is made once, then locked.
    db.session.execute(insert(FirmConnector).values(key=key, active=active).on_conflict_do_nothing())
    return db.session.scalars(select(FirmConnector).where(FirmConnector.key == key).with_for_update()).one()


def _locked(link: ClientConnector) -> ClientConnector:
    statement = select(ClientConnector).where(ClientConnector.id == link.id).with_for_update()
    row = db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotAttached()
    return row


def _log_change(row: ClientConnector, actor: Any) -> None:
    client = db.session.get(Client, row.client_id)
    activity.record(activity.verbs.CONNECTOR_CHANGED, actor=actor, client=client, connector=row.key)
