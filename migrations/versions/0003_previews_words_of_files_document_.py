"""previews, words of files, document requests

Revision ID: 0003
Revises: 0002
Create Date: 2026-11-22 00:53:27.764991

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

# revision identifiers, used by Alembic.
revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade():

    op.create_table(
        "request_template",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.Column(
            "items", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_template")),
        sa.UniqueConstraint("name_key", name=op.f("uq_request_template_name_key")),
    )
    op.create_table(
        "document_request",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("folder_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.Uuid(), nullable=True),
        sa.Column("remind_every", sa.SmallInteger(), server_default="7", nullable=False),
        sa.Column("next_reminder_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_document_request_client_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["folder_id"], ["folder.id"], name=op.f("fk_document_request_folder_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_request")),
    )
    op.create_index(
        "ix_document_request_client", "document_request", ["client_id", sa.literal_column("id DESC")], unique=False
    )
    op.create_index(
        "ix_document_request_due",
        "document_request",
        ["next_reminder_at"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(op.f("ix_document_request_folder_id"), "document_request", ["folder_id"], unique=False)
    op.create_table(
        "file_text",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.String(), server_default="", nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_file_text_client_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_file_text_file_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_file_text")),
    )
    op.create_index(op.f("ix_file_text_client_id"), "file_text", ["client_id"], unique=False)
    op.create_index("ix_file_text_words", "file_text", ["words"], unique=False, postgresql_using="gin")
    op.create_table(
        "request_line",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("help", sa.String(), server_default="", nullable=False),
        sa.Column(
            "formats", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("required", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), server_default="pending", nullable=False),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("uploaded_by_id", sa.Uuid(), nullable=True),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state in ('pending', 'uploaded', 'accepted', 'refused')", name=op.f("ck_request_line_state")
        ),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_request_line_file_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_request_line_person_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["document_request.id"], name=op.f("fk_request_line_request_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_line")),
    )
    op.create_index(op.f("ix_request_line_file_id"), "request_line", ["file_id"], unique=False)
    op.create_index(op.f("ix_request_line_person_id"), "request_line", ["person_id"], unique=False)
    op.create_index(op.f("ix_request_line_request_id"), "request_line", ["request_id"], unique=False)
    op.create_table(
        "preview",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), server_default="waiting", nullable=False),
        sa.Column("kind", sa.String(), server_default="", nullable=False),
        sa.Column("pages", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state in ('waiting', 'ready', 'none', 'failed')", name=op.f("ck_preview_state")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["file_version.id"], name=op.f("fk_preview_version_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_preview")),
    )
    op.create_index(
        "ix_preview_waiting", "preview", ["created_at"], unique=False, postgresql_where=sa.text("state = 'waiting'")
    )
    op.create_table(
        "rendition",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), server_default="0", nullable=False),
        sa.Column("object_key", sa.String(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), server_default="0", nullable=False),
        sa.Column("height", sa.Integer(), server_default="0", nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind in ('thumbnail', 'page', 'document')", name=op.f("ck_rendition_kind")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["file_version.id"], name=op.f("fk_rendition_version_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rendition")),
        sa.UniqueConstraint("object_key", name=op.f("uq_rendition_object_key")),
        sa.UniqueConstraint("version_id", "kind", "number", name=op.f("uq_rendition_version_id_kind_number")),
    )
    op.add_column("file", sa.Column("quarantine", sa.String(), server_default="", nullable=False))
    op.create_index(
        "ix_file_quarantine", "file", ["uploaded_at"], unique=False, postgresql_where=sa.text("quarantine <> ''")
    )
    op.add_column("firm", sa.Column("versions_kept", sa.Integer(), nullable=True))
    op.add_column("firm", sa.Column("versions_days", sa.Integer(), nullable=True))
    op.add_column("firm", sa.Column("bin_days", sa.Integer(), server_default="90", nullable=False))
    op.add_column("person", sa.Column("documents_sort", sa.String(), server_default="", nullable=False))
    op.add_column("person", sa.Column("documents_layout", sa.String(), server_default="list", nullable=False))


def downgrade():

    op.drop_column("person", "documents_layout")
    op.drop_column("person", "documents_sort")
    op.drop_column("firm", "bin_days")
    op.drop_column("firm", "versions_days")
    op.drop_column("firm", "versions_kept")
    op.drop_index("ix_file_quarantine", table_name="file", postgresql_where=sa.text("quarantine <> ''"))
    op.drop_column("file", "quarantine")
    op.drop_table("rendition")
    op.drop_index("ix_preview_waiting", table_name="preview", postgresql_where=sa.text("state = 'waiting'"))
    op.drop_table("preview")
    op.drop_index(op.f("ix_request_line_request_id"), table_name="request_line")
    op.drop_index(op.f("ix_request_line_person_id"), table_name="request_line")
    op.drop_index(op.f("ix_request_line_file_id"), table_name="request_line")
    op.drop_table("request_line")
    op.drop_index("ix_file_text_words", table_name="file_text", postgresql_using="gin")
    op.drop_index(op.f("ix_file_text_client_id"), table_name="file_text")
    op.drop_table("file_text")
    op.drop_index(op.f("ix_document_request_folder_id"), table_name="document_request")
    op.drop_index(
        "ix_document_request_due", table_name="document_request", postgresql_where=sa.text("closed_at IS NULL")
    )
    op.drop_index("ix_document_request_client", table_name="document_request")
    op.drop_table("document_request")
    op.drop_table("request_template")
