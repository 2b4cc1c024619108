"""What workers made of a version of a file. Rows vanish with the version; objects are deleted with them."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from portal.kit.db import Model, WithId, WithTimes


class Preview(WithTimes, Model):
    """Whether a version can be shown: ``kind`` says how, ``pages`` how many there are.

    state: waiting, ready, none (a format that is not shown), failed (with the reason for the log, never for contacts).
    """

    __tablename__ = "preview"

    version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("file_version.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(server_default="waiting", default="waiting")
    # pages, image, text, table, mail, audio, video; empty while it is not known.
    kind: Mapped[str] = mapped_column(server_default="", default="")
    pages: Mapped[int] = mapped_column(server_default="0", default=0)
    reason: Mapped[str] = mapped_column(server_default="", default="")
    made_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("state in ('waiting', 'ready', 'none', 'failed')", name="state"),
        Index("ix_preview_waiting", "created_at", postgresql_where=text("state = 'waiting'")),
    )


class Rendition(WithId, WithTimes, Model):
    """One picture or safe document that was made of a version: a thumbnail, or page ``number`` (1, 2, ...)."""

    __tablename__ = "rendition"

    version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("file_version.id", ondelete="CASCADE"))
    kind: Mapped[str]
    number: Mapped[int] = mapped_column(server_default="0", default=0)
    object_key: Mapped[str] = mapped_column(unique=True)
    content_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    # In pixels, where it is a picture.
    width: Mapped[int] = mapped_column(server_default="0", default=0)
    height: Mapped[int] = mapped_column(server_default="0", default=0)

    __table_args__ = (
        CheckConstraint("kind in ('thumbnail', 'page', 'document')", name="kind"),
        UniqueConstraint("version_id", "kind", "number"),
    )


class FileText(WithTimes, Model):
    """The words of a file's current version, for full-text search in French, English and Italian at once."""

    __tablename__ = "file_text"

    file_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("file.id", ondelete="CASCADE"), primary_key=True)
    version_id: Mapped[uuid.UUID]
    client_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"))
    # Folded (no case, no accents), at most 200,000 characters: for the passage that is shown with a result.
    body: Mapped[str] = mapped_column(server_default="", default="")
    words: Mapped[str | None] = mapped_column(TSVECTOR)

    __table_args__ = (
        # A client's newest texts, for words that are in many of them.
        Index("ix_file_text_client", "client_id", "file_id"),
        # With the client, so that a common word is not looked up in everybody's texts for the reader of a few.
        Index("ix_file_text_words", "client_id", "words", postgresql_using="gin"),
    )
