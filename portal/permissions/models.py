"""Scopes, what people set on them, and the complete answer that follows."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, func, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.kit.db import Model, WithId, WithTimes

# Ends of a span that has none. Plain dates rather than 'infinity', which Python's datetime cannot hold, and rather
# than NULL, which would make every comparison two.
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)


class Scope(WithId, WithTimes, Model):
    """A region of a client's folders in which everybody's level is the same. A client's root folder has one."""

    __tablename__ = "scope"

    client_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"))
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("scope.id", ondelete="CASCADE"))
    # What a contact who joins the client begins with here: the template's default, or none in a folder that was born
    # private. None follows the scope above.
    contact_level: Mapped[int | None] = mapped_column(SmallInteger)

    __table_args__ = (
        CheckConstraint("contact_level between 0 and 3", name="contact_level"),
        Index("ix_scope_client_id", "client_id"),
        Index("ix_scope_parent_id", "parent_id"),
    )


class Grant(Model):
    """A level that was set on a scope for a person: the truth from which ``effective`` follows."""

    __tablename__ = "grant"

    scope_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("scope.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    level: Mapped[int] = mapped_column(SmallInteger)
    origin: Mapped[str]
    set_by_id: Mapped[uuid.UUID | None]
    set_at: Mapped[datetime] = mapped_column(server_default=func.now())
    valid_until: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("level between 0 and 3", name="level"),
        CheckConstraint("origin in ('template', 'manual', 'cascade', 'pin')", name="origin"),
        Index("ix_grant_person_id", "person_id"),
        Index("ix_grant_ends", "valid_until", postgresql_where=text("valid_until IS NOT NULL")),
    )


class Effective(Model):
    """The level that a person has in a scope from ``starts_at`` until ``ends_at``. No row means none.

    Where a grant ends, the row that follows is already there, so that a right ends by the database's clock alone.
    """

    __tablename__ = "effective"

    scope_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("scope.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True, server_default=text("'2000-01-01T00:00:00Z'"))
    ends_at: Mapped[datetime] = mapped_column(server_default=text("'9999-01-01T00:00:00Z'"))
    level: Mapped[int] = mapped_column(SmallInteger)

    __table_args__ = (
        CheckConstraint("level between 1 and 3", name="level"),
        Index("ix_effective_person", "person_id", "scope_id", postgresql_include=["level", "starts_at", "ends_at"]),
    )
