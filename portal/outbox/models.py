"""The table of work that is promised and not yet done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.kit.db import Model, WithId, WithTimes


class OutboxEntry(WithId, WithTimes, Model):
    """One promised piece of work: the name of a task and the ids it needs."""

    __tablename__ = "outbox"
    keeps_real_time = True

    name: Mapped[str]
    payload: Mapped[dict[str, Any]]
    available_at: Mapped[datetime] = mapped_column(server_default=func.now())
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    leased_until: Mapped[datetime | None]
    # When the sweep last woke a worker for it.
    rung_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    last_error: Mapped[str | None]

    # The relay only ever asks for open work, which is a handful of rows in a table of millions.
    __table_args__ = (
        Index(
            "ix_outbox_open",
            "available_at",
            postgresql_where=text("done_at IS NULL AND failed_at IS NULL"),
        ),
    )
