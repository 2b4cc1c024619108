"""Requests for documents, their lines, and the templates that they are made from."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kit.db import Model, WithId, WithTimes


class RequestTemplate(WithId, WithTimes, Model):
    """A checklist to begin with, for example "Annual accounts". ``items`` is what its editor keeps.

    ``items``: ``[{"label": ..., "help": ..., "formats": ["pdf"], "required": true, "days": 14}]``; ``days`` counts from
    the day on which it is sent.
    """

    __tablename__ = "request_template"

    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)
    note: Mapped[str] = mapped_column(server_default="", default="")
    items: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"), default=list)
    version: Mapped[int] = mapped_column(server_default="1", default=1)


class DocumentRequest(WithId, WithTimes, Model):
    """A checklist that was sent to a client; its files go into ``folder_id``."""

    __tablename__ = "document_request"

    client_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"))
    folder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("folder.id", ondelete="CASCADE"), index=True)
    title: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="", default="")
    created_by_id: Mapped[uuid.UUID | None]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[uuid.UUID | None]
    # Days between two reminders of what is missing; 0 sends none.
    remind_every: Mapped[int] = mapped_column(SmallInteger, server_default="7", default=7)
    next_reminder_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default="1", default=1)

    lines: Mapped[list[RequestLine]] = relationship(
        lazy="raise", order_by="RequestLine.position, RequestLine.id", cascade="all, delete-orphan"
    )

    __table_args__ = (
        Index("ix_document_request_client", "client_id", text("id DESC")),
        Index("ix_document_request_due", "next_reminder_at", postgresql_where=text("closed_at IS NULL")),
    )


class RequestLine(WithId, WithTimes, Model):
    """One document that is asked for. ``person_id``: of whom; None: of any contact of the client."""

    __tablename__ = "request_line"

    request_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document_request.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(server_default="0", default=0)
    label: Mapped[str]
    help: Mapped[str] = mapped_column(server_default="", default="")
    # Endings that are accepted, without the dot; empty accepts all.
    formats: Mapped[list[str]] = mapped_column(server_default=text("'[]'::jsonb"), default=list)
    required: Mapped[bool] = mapped_column(server_default=text("true"), default=True)
    due_on: Mapped[date | None]
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    state: Mapped[str] = mapped_column(server_default="pending", default="pending")
    # Why it was refused, in the words of whoever did.
    reason: Mapped[str] = mapped_column(server_default="", default="")
    file_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("file.id", ondelete="SET NULL"), index=True)
    uploaded_by_id: Mapped[uuid.UUID | None]
    uploaded_at: Mapped[datetime | None]
    decided_by_id: Mapped[uuid.UUID | None]
    decided_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("state in ('pending', 'uploaded', 'accepted', 'refused')", name="state"),)
