"""Exports and how far they are."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.kit.db import Model, WithId, WithTimes


class Export(WithId, WithTimes, Model):
    """One workbook that somebody asked for. Rights are looked at again when it is made and when it is fetched."""

    __tablename__ = "export"

    requested_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    parameters: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"), default=dict)
    language: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="waiting", default="waiting")
    rows_done: Mapped[int] = mapped_column(server_default="0", default=0)
    rows_total: Mapped[int] = mapped_column(server_default="0", default=0)
    object_key: Mapped[str | None]
    file_name: Mapped[str | None]
    size: Mapped[int | None] = mapped_column(BigInteger)
    error: Mapped[str | None]
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("state in ('waiting', 'running', 'done', 'failed')", name="state"),
        Index("ix_export_person", "requested_by_id", text("id DESC")),
    )
