"""Turn events into messages, hand each over, try again with growing pauses, give up visibly."""

from __future__ import annotations

import random
import uuid
from datetime import timedelta
from typing import Any

import structlog
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select, update

from portal.connectors.base import Answer, Connector, DeliveryFailed, Message
from portal.connectors.models import ClientConnector, Delivery, FirmConnector
from portal.connectors.queries import firm_connector, settings_of
from portal.connectors.registry import connector
from portal.kit.db import db, transactional
from portal.kit.errors import Refused
from portal.outbox import emit
from portal.outbox.registry import RetryLater

# The pause after each failed try: eight tries over about fourteen hours.
WAITS = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 1200, 3600, 3 * 3600, 9 * 3600))
ATTEMPTS = len(WAITS) + 1
KEEP = timedelta(days=30)

log = structlog.get_logger(__name__)


class NotFailed(Refused):
    """Only what has failed for good is sent again by hand."""

    sentence = _l("This message is on its way or has arrived.")
    status = 409


@transactional
def spread(event: str, client_id: uuid.UUID, data: dict[str, Any]) -> int:
    """Make one message for each connector of the client that wants this event. Returns how many."""
    links = db.session.scalars(
        select(ClientConnector)
        .join(FirmConnector, FirmConnector.key == ClientConnector.key)
        .where(ClientConnector.client_id == client_id, ClientConnector.active, FirmConnector.active)
    ).all()
    made = 0
    for link in links:
        found = connector(link.key)
        if found is None or not found.wants(event, settings_of(link)):
            continue
        payload = {**data, "client_id": str(client_id)}
        delivery = Delivery(client_connector_id=link.id, client_id=client_id, event=event, payload=payload)
        db.session.add(delivery)
        emit("connectors.deliver", delivery_id=delivery.id)
        made += 1
    return made


def deliver(delivery_id: uuid.UUID) -> None:
    """Hand one message over. Called again for the same message it does nothing once it has arrived or failed.

    :raises RetryLater: it did not work this time.
    """
    delivery = db.session.get(Delivery, delivery_id)
    if delivery is None or delivery.state != "waiting":
        return
    link = db.session.get(ClientConnector, delivery.client_connector_id)
    message = Message(delivery.id, delivery.event, delivery.created_at, dict(delivery.payload))
    attempt = delivery.attempts + 1
    try:
        found, settings, firm = _ready(link, message)
        # No transaction stays open while the other side thinks.
        db.session.rollback()
        answer = found.deliver(message, settings, firm=firm)
    except DeliveryFailed as failure:
        db.session.rollback()
        _fail(delivery_id, attempt, failure)
        return
    except Exception:
        db.session.rollback()
        log.exception("connectors.fault", delivery_id=str(delivery_id))
        _fail(delivery_id, attempt, DeliveryFailed("fault"))
        return
    _arrive(delivery_id, attempt, answer)


def _ready(link: ClientConnector | None, message: Message) -> tuple[Connector, dict[str, Any], dict[str, Any]]:
    """The connector with its settings as they are now: it may have been paused since the event."""
    firm = firm_connector(link.key) if link is not None else None
    found = connector(link.key) if link is not None else None
    if link is None or found is None or firm is None or not firm.active or not link.active:
        raise DeliveryFailed("inactive", retry=False)
    settings = settings_of(link)
    if not settings:
        raise DeliveryFailed("settings", retry=False)
    return found, settings, settings_of(firm)


def _fail(delivery_id: uuid.UUID, attempt: int, failure: DeliveryFailed) -> None:
    last = attempt >= ATTEMPTS or not failure.retry
    wait = None if last else WAITS[attempt - 1] * random.uniform(0.9, 1.1)
    _note_failure(delivery_id, attempt, failure, wait)
    if wait is not None:
        raise RetryLater(failure.code, after=wait)


@transactional
def _note_failure(delivery_id: uuid.UUID, attempt: int, failure: DeliveryFailed, wait: timedelta | None) -> None:
    answer = failure.answer
    db.session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state == "waiting")
        .values(
            state="waiting" if wait is not None else "failed",
            attempts=attempt,
            last_error=failure.code,
            response_status=answer.status if answer else None,
            response_excerpt=answer.excerpt if answer else None,
            next_try_at=func.now() + wait if wait is not None else None,
        )
        .execution_options(synchronize_session=False)
    )


@transactional
def _arrive(delivery_id: uuid.UUID, attempt: int, answer: Answer) -> None:
    db.session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id)
        .values(
            state="delivered",
            attempts=attempt,
            last_error=None,
            response_status=answer.status,
            response_excerpt=answer.excerpt,
            next_try_at=None,
            delivered_at=func.now(),
        )
        .execution_options(synchronize_session=False)
    )


@transactional
def retry(delivery: Delivery, *, actor: Any) -> None:
    """Send a failed message once more, with its full number of tries; it keeps its id.

    :raises NotFailed: it has not failed.
    """
    statement = select(Delivery).where(Delivery.id == delivery.id).with_for_update()
    row = db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if row is None or row.state != "failed":
        raise NotFailed()
    row.state, row.attempts, row.next_try_at = "waiting", 0, None
    emit("connectors.deliver", delivery_id=row.id)


@transactional
def forget_old() -> None:
    """Delete the log of what was sent long ago: it names files and people."""
    db.session.execute(delete(Delivery).where(Delivery.created_at < func.now() - KEEP, Delivery.state != "waiting"))
