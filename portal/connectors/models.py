"""Which connectors the firm and its clients use, and what was delivered."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.kit.crypto import EncryptedText
from portal.kit.db import Model, WithId, WithTimes


class FirmConnector(WithTimes, Model):
    """A connector that the firm has switched on, with its firm-wide settings (JSON, encrypted)."""

    __tablename__ = "firm_connector"

    key: Mapped[str] = mapped_column(primary_key=True)
    active: Mapped[bool] = mapped_column(server_default=text("true"), default=True)
    settings: Mapped[str | None] = mapped_column(EncryptedText)


class ClientConnector(WithId, WithTimes, Model):
    """A connector in use for one client, with the settings for this client (JSON, encrypted: they hold secrets)."""

    __tablename__ = "client_connector"

    client_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"))
    key: Mapped[str]
    active: Mapped[bool] = mapped_column(server_default=text("true"), default=True)
    settings: Mapped[str | None] = mapped_column(EncryptedText)
    added_by_id: Mapped[uuid.UUID | None]

    __table_args__ = (UniqueConstraint("client_id", "key"),)


class Delivery(WithId, WithTimes, Model):
    """One message to an outside tool: what, how often tried, how it ended."""

    __tablename__ = "delivery"

    client_connector_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("client_connector.id", ondelete="CASCADE"))
    client_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"))
    event: Mapped[str]
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(server_default="waiting", default="waiting")
    attempts: Mapped[int] = mapped_column(server_default="0", default=0)
    response_status: Mapped[int | None]
    response_excerpt: Mapped[str | None]
    last_error: Mapped[str | None]
    next_try_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("state in ('waiting', 'delivered', 'failed')", name="state"),
        Index("ix_delivery_connector", "client_connector_id", text("id DESC")),
    )
