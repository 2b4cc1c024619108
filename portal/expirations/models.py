"""Who was told that an access ends."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.kit.db import Model, WithId, WithTimes


class ExpiryNotice(WithId, WithTimes, Model):
    """People were told, so many days before, that an access ends at that moment. A renewed access is told of anew."""

    __tablename__ = "expiry_notice"

    # membership, grant or file.
    kind: Mapped[str]
    client_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    # The person whose access ends; none for a file, which ends for all contacts.
    person_id: Mapped[uuid.UUID | None]
    # The client (membership), the scope (grant) or the file that it is about.
    subject_id: Mapped[uuid.UUID]
    ends_at: Mapped[datetime]
    days: Mapped[int] = mapped_column(SmallInteger)

    __table_args__ = (
        CheckConstraint("kind in ('membership', 'grant', 'file')", name="kind"),
        UniqueConstraint(
            "kind",
            "subject_id",
            "person_id",
            "ends_at",
            "days",
            postgresql_nulls_not_distinct=True,
            name="uq_expiry_notice",
        ),
    )
