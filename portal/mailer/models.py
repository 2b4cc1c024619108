"""The mail log."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.kit.crypto import EncryptedText
from portal.kit.db import Model, WithId, WithTimes


class Mail(WithId, WithTimes, Model):
    """One mail to one reader.

    Links in it are made again from ids when it is written out (``crypto.derived_token``), so that the table holds no
    usable token. Only an installation without a mail server keeps the body, encrypted, to show it on the mail log page.
    """

    __tablename__ = "mail"

    template: Mapped[str]
    to_address: Mapped[str]
    to_name: Mapped[str] = mapped_column(server_default="")
    language: Mapped[str]
    context: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    person_id: Mapped[uuid.UUID | None]
    client_id: Mapped[uuid.UUID | None]
    subject: Mapped[str | None]
    body_text: Mapped[str | None] = mapped_column(EncryptedText)
    body_html: Mapped[str | None] = mapped_column(EncryptedText)
    state: Mapped[str] = mapped_column(server_default="waiting", default="waiting")
    attempts: Mapped[int] = mapped_column(server_default="0", default=0)
    last_error: Mapped[str | None]
    sent_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("state in ('waiting', 'sent', 'kept', 'failed')", name="state"),
        Index("ix_mail_newest", text("id DESC")),
        Index("ix_mail_person_id", "person_id"),
    )
