"""The firm, its people and what lets them in."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.roles import PRESET_NAMES
from portal.accounts.viewer import Viewer
from portal.kit.db import Model, WithId, WithTimes


class Firm(WithId, WithTimes, Model):
    """The organisation that runs this installation. There is one row at most."""

    __tablename__ = "firm"

    singleton: Mapped[bool] = mapped_column(server_default=text("true"), default=True, unique=True)
    name: Mapped[str]
    address: Mapped[str] = mapped_column(server_default="", default="")
    language: Mapped[str] = mapped_column(server_default="fr", default="fr")
    time_zone: Mapped[str] = mapped_column(server_default="Europe/Paris", default="Europe/Paris")
    currency: Mapped[str] = mapped_column(server_default="EUR", default="EUR")
    # A key of clients.terms.TERMS, or "own" with the firm's words in own_term: {"fr": ["dossier", "dossiers"], ...}
    working_term: Mapped[str] = mapped_column(server_default="clients", default="clients")
    own_term: Mapped[dict[str, Any] | None]
    # New folders give contacts nothing until somebody says so (F62).
    born_private: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    # How many versions of a file are kept and for how many days; None keeps all. Days that the bin keeps things.
    versions_kept: Mapped[int | None]
    versions_days: Mapped[int | None]
    bin_days: Mapped[int] = mapped_column(server_default="90", default=90)
    # Bytes that all documents may take, and those of one client where nothing else is said for it; None is no limit for
    # the firm, and what the installation says (CLIENT_QUOTA_BYTES) for a client.
    quota_bytes: Mapped[int | None] = mapped_column(BigInteger)
    client_quota_bytes: Mapped[int | None] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(server_default="1", default=1)

    __table_args__ = (CheckConstraint("singleton", name="singleton"),)


class Role(WithId, WithTimes, Model):
    """A collaborator group: a name and a set of feature permissions. Presets are named by the product's languages."""

    __tablename__ = "role"

    preset: Mapped[str | None] = mapped_column(unique=True)
    own_name: Mapped[str | None]
    features: Mapped[list[str]]
    position: Mapped[int] = mapped_column(server_default="0", default=0)
    version: Mapped[int] = mapped_column(server_default="1", default=1)

    @property
    def name(self) -> str:
        """As shown on screen, in the reader's language."""
        return self.own_name or str(PRESET_NAMES.get(self.preset or "", ""))

    @property
    def shown_key(self) -> str:
        """As the log keeps it: a preset by its key, which every reader reads in their language."""
        return self.own_name or self.preset or ""


class Person(WithId, WithTimes, Model):
    """Somebody who may sign in: a collaborator of the firm, or a contact of clients."""

    __tablename__ = "person"

    kind: Mapped[str]
    email: Mapped[str]
    first_name: Mapped[str] = mapped_column(server_default="", default="")
    last_name: Mapped[str] = mapped_column(server_default="", default="")
    phone: Mapped[str] = mapped_column(server_default="", default="")
    language: Mapped[str] = mapped_column(server_default="fr", default="fr")
    time_zone: Mapped[str | None]
    search_key: Mapped[str] = mapped_column(server_default="", default="")
    role_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("role.id"), index=True)
    password_hash: Mapped[str | None]
    invited_at: Mapped[datetime | None]
    activated_at: Mapped[datetime | None]
    last_sign_in_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    disabled_by_id: Mapped[uuid.UUID | None]
    theme: Mapped[str] = mapped_column(server_default="auto", default="auto")
    # How this person likes folders: "name", "-name", "date", "-date", "size", "-size" or empty; "list" or "grid".
    documents_sort: Mapped[str] = mapped_column(server_default="", default="")
    documents_layout: Mapped[str] = mapped_column(server_default="list", default="list")
    version: Mapped[int] = mapped_column(server_default="1", default=1)

    role: Mapped[Role | None] = relationship(lazy="joined")

    __table_args__ = (
        CheckConstraint("kind in ('collaborator', 'contact')", name="kind"),
        # An address is one person, however its case is written (F35, F38).
        Index("uq_person_email", func.lower(text("email")), unique=True),
        Index(
            "ix_person_search_trgm", "search_key", postgresql_using="gin", postgresql_ops={"search_key": "gin_trgm_ops"}
        ),
        Index("ix_person_listing", "kind", "search_key", "id"),
    )

    # What Flask-Login asks.
    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        """May this person be signed in at all?"""
        return self.disabled_at is None and self.activated_at is not None

    def get_id(self) -> str:
        """The id that Flask-Login keeps."""
        return str(self.id)

    @property
    def full_name(self) -> str:
        """First and last name, or the address when neither is known."""
        return f"{self.first_name} {self.last_name}".strip() or self.email

    @property
    def initials(self) -> str:
        """Two letters for the avatar."""
        letters = [part[0] for part in (self.first_name, self.last_name) if part]
        return ("".join(letters) or self.email[:2]).upper()

    @property
    def is_staff(self) -> bool:
        """True for collaborators."""
        return self.kind == "collaborator"

    @property
    def state(self) -> str:
        """not_invited, invited, active or disabled (F38)."""
        if self.disabled_at is not None:
            return "disabled"
        if self.activated_at is not None:
            return "active"
        return "invited" if self.invited_at is not None else "not_invited"

    @property
    def viewer(self) -> Viewer:
        """This person as the one who asks."""
        features = frozenset(self.role.features) if self.role is not None and self.is_staff else frozenset()
        return Viewer(self.id, self.kind, features, self.full_name)


class OneTimeLink(WithId, WithTimes, Model):
    """A link in a mail that works once: activation, password reset, first set-up.

    The token is ``crypto.derived_token(purpose, id)``; only its SHA-256 is stored. At most one link of a purpose is
    open per person: issuing another kills the one before.
    """

    __tablename__ = "one_time_link"

    purpose: Mapped[str]
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    # The address that it was sent to: a changed address kills the link.
    email: Mapped[str | None]
    token_hash: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("purpose in ('activation', 'reset', 'setup')", name="purpose"),)


class SignInSession(WithId, WithTimes, Model):
    """One signed-in browser. The cookie holds a token, this row its SHA-256; ending the row ends the session."""

    __tablename__ = "sign_in_session"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    last_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ip: Mapped[str] = mapped_column(server_default="", default="")
    user_agent: Mapped[str] = mapped_column(server_default="", default="")
    # The eye (F63): while set, this session sees what that person sees of that client, read-only.
    eye_person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    eye_client_id: Mapped[uuid.UUID | None]

    person: Mapped[Person] = relationship(lazy="raise", foreign_keys=[person_id])


class SignInFailure(WithId, WithTimes, Model):
    """A failed try, for throttling per address and per network (NIST SP 800-63B-4, 3.2.2)."""

    __tablename__ = "sign_in_failure"

    address_hash: Mapped[str]
    ip: Mapped[str]

    __table_args__ = (
        Index("ix_sign_in_failure_address", "address_hash", "created_at"),
        Index("ix_sign_in_failure_ip", "ip", "created_at"),
    )
