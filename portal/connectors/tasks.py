"""Delayed work of the connectors."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from portal.connectors import deliveries
from portal.outbox import task
from portal.outbox.registry import periodic


@task("connectors.publish", queue="connectors", atomic=True)
def publish(event: str, client_id: str, data: dict[str, Any]) -> None:
    """One message per connector that wants the event, made exactly once."""
    deliveries.spread(event, uuid.UUID(client_id), data)


# The number of tries is the connectors' own (deliveries.ATTEMPTS); the outbox only must not give up before.
@task("connectors.deliver", queue="connectors", lease=timedelta(minutes=2), max_attempts=4 * deliveries.ATTEMPTS)
def deliver(delivery_id: str) -> None:
    """Hand one message over."""
    deliveries.deliver(uuid.UUID(delivery_id))


periodic("connectors.forget_old", every=timedelta(hours=12))(deliveries.forget_old)
