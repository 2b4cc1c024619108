"""Folders and files. Bytes are in the object store; these rows say what they are called and who may see them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kit.db import Model, WithId, WithTimes


class Folder(WithId, WithTimes, Model):
    """A folder of a client's space. The root has no parent and is never shown by name."""

    __tablename__ = "folder"

    client_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"))
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("folder.id", ondelete="CASCADE"))
    name: Mapped[str]
    name_key: Mapped[str]
    # Hexadecimal ids from the root down to this folder itself, each followed by a slash: descendants are a prefix
    # range of one B-tree. Collation C, or the range would depend on a language.
    path: Mapped[str] = mapped_column(String(collation="C"))
    scope_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("scope.id"))
    # The folder of a template that this one was made from or recognised as, also after it was renamed or moved. No
    # foreign key: templates change and go, folders stay.
    template_node_id: Mapped[uuid.UUID | None]
    # True where the scope differs from the parent's: the few folders from which paths to what is visible are drawn.
    starts_scope: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    position: Mapped[int] = mapped_column(server_default="0", default=0)
    created_by_id: Mapped[uuid.UUID | None]
    bin_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("bin_entry.id", ondelete="SET NULL"))

    __table_args__ = (
        Index("uq_folder_name", "parent_id", "name_key", unique=True, postgresql_where=text("bin_id IS NULL")),
        Index("uq_folder_root", "client_id", unique=True, postgresql_where=text("parent_id IS NULL")),
        Index("ix_folder_listing", "parent_id", "position", "name_key", "id", postgresql_include=["scope_id"]),
        Index("ix_folder_path", "client_id", "path"),
        # Also what the foreign key looks at when a scope is removed.
        Index("ix_folder_scope_id", "scope_id"),
        Index("ix_folder_scope_starts", "scope_id", "path", postgresql_where=text("starts_scope")),
        Index("ix_folder_bin_id", "bin_id", postgresql_where=text("bin_id IS NOT NULL")),
    )

    @property
    def is_root(self) -> bool:
        """The top of a client's space."""
        return self.parent_id is None


class File(WithId, WithTimes, Model):
    """A file: a name in a folder, whose content is its current version."""

    __tablename__ = "file"

    client_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"))
    folder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("folder.id", ondelete="CASCADE"))
    name: Mapped[str]
    name_key: Mapped[str]
    search_key: Mapped[str]
    ext: Mapped[str] = mapped_column(server_default="", default="")
    # Copies of the current version's facts, so that a listing reads one table.
    version_id: Mapped[uuid.UUID]
    size: Mapped[int] = mapped_column(BigInteger)
    content_type: Mapped[str]
    uploaded_by_id: Mapped[uuid.UUID | None]
    uploaded_at: Mapped[datetime] = mapped_column(server_default=func.now())
    valid_until: Mapped[datetime | None]
    # Empty: nothing is held against it. "waiting" for the virus check, or "infected".
    quarantine: Mapped[str] = mapped_column(server_default="", default="")
    # The order that the firm gave by hand; all 0 where nobody did, and then names decide.
    position: Mapped[int] = mapped_column(server_default="0", default=0)
    bin_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("bin_entry.id", ondelete="SET NULL"))

    __table_args__ = (
        CheckConstraint("quarantine in ('', 'waiting', 'infected')", name="quarantine"),
        Index("ix_file_quarantine", "uploaded_at", postgresql_where=text("quarantine <> ''")),
        Index("uq_file_name", "folder_id", "name_key", unique=True, postgresql_where=text("bin_id IS NULL")),
        Index("ix_file_listing", "folder_id", "name_key", "id"),
        # Of most folders no file was put into order by hand; that is known without reading all of them.
        Index("ix_file_by_hand", "folder_id", "position", "name_key", "id", postgresql_where=text("position < 0")),
        Index("ix_file_client", "client_id", text("uploaded_at DESC"), "id"),
        # From the newest to the oldest of one client, for the search.
        Index("ix_file_client_newest", "client_id", "id"),
        # What somebody uploaded: all that a contact sees who may deposit only.
        Index("ix_file_uploader", "uploaded_by_id", "client_id", "id"),
        Index(
            "ix_file_search_trgm", "search_key", postgresql_using="gin", postgresql_ops={"search_key": "gin_trgm_ops"}
        ),
        Index("ix_file_bin_id", "bin_id", postgresql_where=text("bin_id IS NOT NULL")),
        Index("ix_file_ends", "valid_until", postgresql_where=text("valid_until IS NOT NULL")),
    )


class FileVersion(WithId, WithTimes, Model):
    """One content of a file: an object in the store, its size in bytes and its SHA-256 in hex."""

    __tablename__ = "file_version"

    file_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("file.id", ondelete="CASCADE"))
    number: Mapped[int]
    # A copied file has versions of its own that share the objects of the first: what is copied is a row, not bytes.
    object_key: Mapped[str] = mapped_column(index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str | None]
    etag: Mapped[str] = mapped_column(server_default="", default="")
    content_type: Mapped[str]
    uploaded_by_id: Mapped[uuid.UUID | None]
    # As of the file, for this content alone; ``signature`` is what the scanner called what it found.
    quarantine: Mapped[str] = mapped_column(server_default="", default="")
    signature: Mapped[str] = mapped_column(server_default="", default="")

    __table_args__ = (
        UniqueConstraint("file_id", "number"),
        CheckConstraint("quarantine in ('', 'waiting', 'infected')", name="quarantine"),
        Index("ix_file_version_quarantine", "created_at", postgresql_where=text("quarantine <> ''")),
    )


class Upload(WithId, WithTimes, Model):
    """An upload in progress: who may send which bytes where, until they are verified and published."""

    __tablename__ = "upload"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    client_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"))
    folder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("folder.id", ondelete="CASCADE"))
    name: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    content_type: Mapped[str]
    object_key: Mapped[str] = mapped_column(unique=True)
    # The store's id of a multipart upload; None for a single PUT.
    multipart_id: Mapped[str | None]
    part_size: Mapped[int] = mapped_column(BigInteger, server_default="0", default=0)
    sha256: Mapped[str | None]
    # What to do when the name is taken: "version" or "keep_both".
    on_conflict: Mapped[str] = mapped_column(server_default="version", default="version")
    state: Mapped[str] = mapped_column(server_default="pending", default="pending")
    file_id: Mapped[uuid.UUID | None]
    expires_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("state in ('pending', 'published', 'aborted')", name="state"),
        Index("ix_upload_person", "person_id", "state"),
        Index("ix_upload_expiry", "expires_at", postgresql_where=text("state = 'pending'")),
    )


class ClientRoom(Model):
    """How many bytes the documents of a client take at most (:mod:`portal.files.quota`)."""

    __tablename__ = "client_room"

    client_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), primary_key=True)
    taken: Mapped[int] = mapped_column(BigInteger)


class BinEntry(WithId, WithTimes, Model):
    """What was deleted in one go, by whom and when, and where it stood. Restoring takes it back whole."""

    __tablename__ = "bin_entry"

    client_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]
    name: Mapped[str]
    folder_id: Mapped[uuid.UUID | None]
    file_id: Mapped[uuid.UUID | None]
    parent_id: Mapped[uuid.UUID]
    binned_by_id: Mapped[uuid.UUID | None]
    # Who might do what when it was deleted: {folder: {person: level}}, for the folders where that began to differ. A
    # restore is compared with it, so that what was widened meanwhile is not widened silently.
    levels: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"), default=dict)

    __table_args__ = (CheckConstraint("kind in ('folder', 'file')", name="kind"),)


class ObjectDeletion(WithId, WithTimes, Model):
    """An object that nothing refers to any more; it is deleted from the store after ``due_at``."""

    __tablename__ = "object_deletion"

    object_key: Mapped[str]
    due_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)


class RightsChange(WithId, WithTimes, Model):
    """What somebody changed about the rights of a client in one go, so that it can be explained and taken back.

    ``entries`` holds the own levels that became others, alike ones together:
    ``{"folders": [ids], "place": hash of their paths, "person": id, "before": level or null, "after": the same}``; a
    level is ``{"level": 0-3, "until": moment or null, "origin": ..., "by": id or null, "at": moment}``.
    """

    __tablename__ = "rights_change"

    client_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"))
    folder_id: Mapped[uuid.UUID | None]
    # set, cascade, copy (same rights as somebody), defaults (those of the template), undo.
    kind: Mapped[str]
    actor_id: Mapped[uuid.UUID | None]
    entries: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"), default=list)
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[uuid.UUID | None]

    __table_args__ = (
        CheckConstraint("kind in ('set', 'cascade', 'copy', 'defaults', 'undo')", name="kind"),
        Index("ix_rights_change_client", "client_id", text("id DESC")),
    )


class Receipt(WithId, WithTimes, Model):
    """What somebody deposited in one go: proof for them of what was received (F60, *deposit*).

    Files that follow within a short time are added until the mail goes out.
    """

    __tablename__ = "receipt"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    client_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    # No foreign key: a receipt outlives its folder.
    folder_id: Mapped[uuid.UUID]
    folder_name: Mapped[str]
    mailed_at: Mapped[datetime | None]

    lines: Mapped[list[ReceiptLine]] = relationship(lazy="raise", order_by="ReceiptLine.id")

    __table_args__ = (Index("ix_receipt_person", "person_id", text("id DESC")),)


class ReceiptLine(WithId, WithTimes, Model):
    """One file of a receipt, as it was received; ``created_at`` is the moment. Size in bytes, SHA-256 in hex."""

    __tablename__ = "receipt_line"

    receipt_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("receipt.id", ondelete="CASCADE"), index=True)
    version_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    name: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]


class TreeTemplate(WithId, WithTimes, Model):
    """A named tree of folders with default contact levels (F56)."""

    __tablename__ = "tree_template"

    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str] = mapped_column(server_default="", default="")
    position: Mapped[int] = mapped_column(server_default="0", default=0)
    version: Mapped[int] = mapped_column(server_default="1", default=1)

    nodes: Mapped[list[TreeTemplateNode]] = relationship(
        lazy="raise", order_by="TreeTemplateNode.position", cascade="all, delete-orphan"
    )


class TreeTemplateNode(WithId, Model):
    """A folder of a template. ``level`` is the contacts' default there; None follows the folder above."""

    __tablename__ = "tree_template_node"

    template_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tree_template.id", ondelete="CASCADE"), index=True)
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("tree_template_node.id", ondelete="CASCADE"))
    name: Mapped[str]
    level: Mapped[int | None]
    position: Mapped[int] = mapped_column(server_default="0", default=0)

    __table_args__ = (CheckConstraint("level between 0 and 3", name="level"),)


class AppliedTree(WithTimes, Model):
    """A template that a client's space was made from, or was brought in line with: what drift is measured against."""

    __tablename__ = "applied_tree"

    client_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), primary_key=True)
    template_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("tree_template.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    # The template's version that was applied last, and by whom.
    version: Mapped[int] = mapped_column(server_default="1", default=1)
    applied_by_id: Mapped[uuid.UUID | None]
