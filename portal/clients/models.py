"""The files that the firm keeps about its customers."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Numeric,
    SmallInteger,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kit.db import Model, WithId, WithTimes


class ClientGroup(WithId, WithTimes, Model):
    """A label that bundles clients, for filters and bulk work."""

    __tablename__ = "client_group"

    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)
    tone: Mapped[int] = mapped_column(SmallInteger, server_default="0", default=0)


class ClientType(WithId, WithTimes, Model):
    """A kind of client: it decides which sections of attributes the card shows (F23)."""

    __tablename__ = "client_type"

    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)


class Client(WithId, WithTimes, Model):
    """The file about one customer; its document space hangs below it."""

    __tablename__ = "client"

    name: Mapped[str]
    # Neither case nor accents count: "Café Noir" and "CAFE NOIR" are one client (F2).
    name_key: Mapped[str]
    group_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("client_group.id", ondelete="SET NULL"), index=True)
    type_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("client_type.id", ondelete="SET NULL"), index=True)
    status: Mapped[str] = mapped_column(server_default="active", default="active")
    language: Mapped[str] = mapped_column(server_default="fr", default="fr")
    address: Mapped[str] = mapped_column(server_default="", default="")
    city: Mapped[str] = mapped_column(server_default="", default="")
    postal_code: Mapped[str] = mapped_column(server_default="", default="")
    country: Mapped[str] = mapped_column(server_default="", default="")
    phone: Mapped[str] = mapped_column(server_default="", default="")
    email: Mapped[str] = mapped_column(server_default="", default="")
    tax: Mapped[str] = mapped_column(server_default="", default="")
    price_list: Mapped[str] = mapped_column(server_default="", default="")
    discount_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    note: Mapped[str] = mapped_column(server_default="", default="")
    # Name, address, attribute values: what a search of the client base looks at besides the contacts' own names,
    # folded by names.search_key and kept by commands.refresh_search.
    search_text: Mapped[str] = mapped_column(server_default="", default="")
    # Bytes that its documents may take; None is what the firm says for all.
    quota_bytes: Mapped[int | None] = mapped_column(BigInteger)
    created_by_id: Mapped[uuid.UUID | None]
    disabled_at: Mapped[datetime | None]
    disabled_by_id: Mapped[uuid.UUID | None]
    binned_at: Mapped[datetime | None]
    binned_by_id: Mapped[uuid.UUID | None]
    # Two people finishing one draft make one client (F8): the draft's id is unique here.
    draft_id: Mapped[uuid.UUID | None] = mapped_column(unique=True)
    version: Mapped[int] = mapped_column(server_default="1", default=1)

    group: Mapped[ClientGroup | None] = relationship(lazy="raise")
    type: Mapped[ClientType | None] = relationship(lazy="raise")

    __table_args__ = (
        CheckConstraint("status in ('lead', 'active', 'paused', 'former')", name="status"),
        # A client in the bin gives its name free.
        Index("uq_client_name_key", "name_key", unique=True, postgresql_where=text("binned_at IS NULL")),
        Index(
            "ix_client_listing", "name_key", "id", postgresql_where=text("binned_at IS NULL AND disabled_at IS NULL")
        ),
        Index(
            "ix_client_search_trgm",
            "search_text",
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
        ),
        Index("ix_client_name_trgm", "name_key", postgresql_using="gin", postgresql_ops={"name_key": "gin_trgm_ops"}),
        Index("ix_client_created", text("created_at DESC"), "id"),
    )


class Membership(WithTimes, Model):
    """A person belongs to a client: a contact of it, or a collaborator with a client-wide level.

    The rights engine reads this table: no row, or one that has ended, means no access whatever was granted below.
    """

    __tablename__ = "membership"

    client_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str]
    # Level above the root: the collaborator's client-wide one; contacts have none there.
    level: Mapped[int] = mapped_column(SmallInteger, server_default="0", default=0)
    is_main: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    added_by_id: Mapped[uuid.UUID | None]
    valid_until: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("kind in ('collaborator', 'contact')", name="kind"),
        CheckConstraint("level between 0 and 3", name="level"),
        Index("ix_membership_person", "person_id", "client_id", postgresql_include=["level", "kind", "valid_until"]),
        Index("ix_membership_ends", "valid_until", postgresql_where=text("valid_until IS NOT NULL")),
        Index("uq_membership_main", "client_id", unique=True, postgresql_where=text("is_main")),
    )


class Attribute(WithId, WithTimes, Model):
    """A custom field of clients: what it is called, what it holds, and where it is collected (F22)."""

    __tablename__ = "attribute"

    # {"fr": "Numéro SIREN", "en": "SIREN number"}; see i18n.label_in.
    label: Mapped[dict[str, Any]]
    label_key: Mapped[str]
    type: Mapped[str]
    # For "one of" and "many of": [{"key": "is", "label": {"fr": "IS"}}].
    options: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"), default=list)
    # A further rule for text: siren, siret, vat, iban, or empty.
    rule: Mapped[str] = mapped_column(server_default="", default="")
    section: Mapped[str] = mapped_column(server_default="", default="")
    position: Mapped[int] = mapped_column(server_default="0", default=0)
    archived_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(
            "type in ('text', 'long_text', 'number', 'money', 'date', 'yes_no', 'one_of', 'many_of', 'email', 'phone',"
            " 'address')",
            name="type",
        ),
        Index("uq_attribute_label_key", "label_key", unique=True, postgresql_where=text("archived_at IS NULL")),
    )


class AttributeTemplate(WithId, WithTimes, Model):
    """A named, ordered set of attributes that the wizard loads."""

    __tablename__ = "attribute_template"

    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int] = mapped_column(server_default="1", default=1)

    items: Mapped[list[AttributeTemplateItem]] = relationship(
        lazy="raise", order_by="AttributeTemplateItem.position", cascade="all, delete-orphan"
    )


class AttributeTemplateItem(WithId, Model):
    """One attribute in a template."""

    __tablename__ = "attribute_template_item"

    template_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("attribute_template.id", ondelete="CASCADE"), index=True)
    attribute_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("attribute.id", ondelete="CASCADE"), index=True)
    required: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    position: Mapped[int] = mapped_column(server_default="0", default=0)

    attribute: Mapped[Attribute] = relationship(lazy="raise")

    __table_args__ = (UniqueConstraint("template_id", "attribute_id"),)


class ClientAttribute(Model):
    """An attribute on a client's card, with its value in the canonical text of its type, or None while empty.

    Canonical: dates ISO 8601, numbers with a point, money in minor units, yes/no as ``yes``/``no``, choices by key,
    several choices as a JSON list of keys.
    """

    __tablename__ = "client_attribute"

    client_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), primary_key=True)
    attribute_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("attribute.id", ondelete="CASCADE"), primary_key=True)
    value: Mapped[str | None]
    required: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    position: Mapped[int] = mapped_column(server_default="0", default=0)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())

    attribute: Mapped[Attribute] = relationship(lazy="raise")

    __table_args__ = (Index("ix_client_attribute_value", "attribute_id", text("left(value, 200)")),)


class ColumnChoice(Model):
    """Which columns of the client table a person wants, and in which order (F10)."""

    __tablename__ = "client_column_choice"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    columns: Mapped[list[str]]
