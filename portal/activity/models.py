"""The log and the dictionary of the names that it speaks of."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kit.db import Model, WithId


class ActivityName(Model):
    """A file or folder name, stored once: a search looks through names, which are far fewer than activities."""

    __tablename__ = "activity_name"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    key: Mapped[str]

    __table_args__ = (
        Index("ix_activity_name_key_trgm", "key", postgresql_using="gin", postgresql_ops={"key": "gin_trgm_ops"}),
    )


class Activity(WithId, Model):
    """One line of the log. ``id`` is a UUIDv7, so that order of id is order of time.

    Ids of higher floors are plain columns without foreign keys: a line outlives what it speaks of.
    """

    __tablename__ = "activity"

    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    verb: Mapped[str]
    client_id: Mapped[uuid.UUID | None]
    actor_id: Mapped[uuid.UUID | None]
    folder_id: Mapped[uuid.UUID | None]
    file_id: Mapped[uuid.UUID | None]
    name_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("activity_name.id"))
    ext: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))

    name: Mapped[ActivityName | None] = relationship(lazy="raise")

    __table_args__ = (
        Index("ix_activity_client", "client_id", text("id DESC")),
        Index("ix_activity_name", "name_id", text("id DESC")),
        Index("ix_activity_folder", "folder_id", text("id DESC")),
        Index("ix_activity_actor", "actor_id", text("id DESC")),
        Index("ix_activity_file", "file_id", text("id DESC")),
    )
