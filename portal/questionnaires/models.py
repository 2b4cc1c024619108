"""Form templates and the copies of them that contacts fill in."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.kit.db import Model, WithId, WithTimes


class FormTemplate(WithId, WithTimes, Model):
    """A questionnaire as the firm writes it.

    ``sections``: ``[{"id", "title", "help", "questions": [{"id", "type", "label", "help", "required", "options"}]}]``
    with the types text, long_text, number, date, yes_no, one_of, many_of.
    """

    __tablename__ = "form_template"

    title: Mapped[str]
    title_key: Mapped[str] = mapped_column(unique=True)
    mail_text: Mapped[str] = mapped_column(server_default="", default="")
    description: Mapped[str] = mapped_column(server_default="", default="")
    sections: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"), default=list)
    archived_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default="1", default=1)


class Form(WithId, WithTimes, Model):
    """A form that was sent to one contact of one client: a copy of the template at that moment, and the answers."""

    __tablename__ = "form"

    template_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("form_template.id", ondelete="SET NULL"))
    client_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"))
    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    sent_by_id: Mapped[uuid.UUID | None]
    title: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="", default="")
    sections: Mapped[list[Any]]
    answers: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"), default=dict)
    due_on: Mapped[date | None]
    sent_at: Mapped[datetime] = mapped_column(server_default=func.now())
    opened_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default="1", default=1)

    __table_args__ = (
        CheckConstraint("title <> ''", name="title"),
        Index("ix_form_client", "client_id", text("id DESC")),
        Index("ix_form_contact", "contact_id", "submitted_at"),
    )
