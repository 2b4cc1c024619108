"""Drafts of the wizard."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.kit.db import Model, WithId, WithTimes


class Draft(WithId, WithTimes, Model):
    """A client space that is being prepared. ``data`` holds what each step saved, by the step's key."""

    __tablename__ = "wizard_draft"

    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    data: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"), default=dict)
    step: Mapped[str] = mapped_column(server_default="information", default="information")
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
    # Set by the provisioning itself: the same draft can never make a second client.
    client_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("client.id", ondelete="SET NULL"))
    finished_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default="1", default=1)

    __table_args__ = (Index("ix_wizard_draft_owner", "owner_id", text("updated_at DESC")),)
