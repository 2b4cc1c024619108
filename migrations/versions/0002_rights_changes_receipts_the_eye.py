"""rights changes, receipts, the eye

Revision ID: 0002
Revises: 0001
Create Date: 2026-11-22 00:22:54.845774

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

# revision identifiers, used by Alembic.
revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade():

    op.create_table(
        "expiry_notice",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("days", sa.SmallInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind in ('membership', 'grant', 'file')", name=op.f("ck_expiry_notice_kind")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_expiry_notice_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expiry_notice")),
        sa.UniqueConstraint(
            "kind",
            "subject_id",
            "person_id",
            "ends_at",
            "days",
            name="uq_expiry_notice",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_expiry_notice_client_id"), "expiry_notice", ["client_id"], unique=False)
    op.create_table(
        "receipt",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("folder_id", sa.Uuid(), nullable=False),
        sa.Column("folder_name", sa.String(), nullable=False),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_receipt_client_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_receipt_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
    )
    op.create_index(op.f("ix_receipt_client_id"), "receipt", ["client_id"], unique=False)
    op.create_index("ix_receipt_person", "receipt", ["person_id", sa.literal_column("id DESC")], unique=False)
    op.create_table(
        "rights_change",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("folder_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column(
            "entries", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind in ('set', 'cascade', 'copy', 'defaults', 'undo')", name=op.f("ck_rights_change_kind")
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_rights_change_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_change")),
    )
    op.create_index(
        "ix_rights_change_client", "rights_change", ["client_id", sa.literal_column("id DESC")], unique=False
    )
    op.create_table(
        "receipt_line",
        sa.Column("receipt_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["receipt.id"], name=op.f("fk_receipt_line_receipt_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_line")),
        sa.UniqueConstraint("version_id", name=op.f("uq_receipt_line_version_id")),
    )
    op.create_index(op.f("ix_receipt_line_receipt_id"), "receipt_line", ["receipt_id"], unique=False)
    op.create_index(
        "ix_file_ends", "file", ["valid_until"], unique=False, postgresql_where=sa.text("valid_until IS NOT NULL")
    )
    op.drop_constraint(op.f("uq_file_version_object_key"), "file_version", type_="unique")
    op.create_index(op.f("ix_file_version_object_key"), "file_version", ["object_key"], unique=False)
    op.create_index(
        "ix_grant_ends", "grant", ["valid_until"], unique=False, postgresql_where=sa.text("valid_until IS NOT NULL")
    )
    op.create_index(
        "ix_membership_ends",
        "membership",
        ["valid_until"],
        unique=False,
        postgresql_where=sa.text("valid_until IS NOT NULL"),
    )
    op.add_column("role", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("sign_in_session", sa.Column("eye_person_id", sa.Uuid(), nullable=True))
    op.add_column("sign_in_session", sa.Column("eye_client_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_sign_in_session_eye_person_id"),
        "sign_in_session",
        "person",
        ["eye_person_id"],
        ["id"],
        ondelete="SET NULL",
    )


def downgrade():

    op.drop_constraint(op.f("fk_sign_in_session_eye_person_id"), "sign_in_session", type_="foreignkey")
    op.drop_column("sign_in_session", "eye_client_id")
    op.drop_column("sign_in_session", "eye_person_id")
    op.drop_column("role", "version")
    op.drop_index("ix_membership_ends", table_name="membership", postgresql_where=sa.text("valid_until IS NOT NULL"))
    op.drop_index("ix_grant_ends", table_name="grant", postgresql_where=sa.text("valid_until IS NOT NULL"))
    op.drop_index(op.f("ix_file_version_object_key"), table_name="file_version")
    op.create_unique_constraint(
        op.f("uq_file_version_object_key"), "file_version", ["object_key"], postgresql_nulls_not_distinct=False
    )
    op.drop_index("ix_file_ends", table_name="file", postgresql_where=sa.text("valid_until IS NOT NULL"))
    op.drop_index(op.f("ix_receipt_line_receipt_id"), table_name="receipt_line")
    op.drop_table("receipt_line")
    op.drop_index("ix_rights_change_client", table_name="rights_change")
    op.drop_table("rights_change")
    op.drop_index("ix_receipt_person", table_name="receipt")
    op.drop_index(op.f("ix_receipt_client_id"), table_name="receipt")
    op.drop_table("receipt")
    op.drop_index(op.f("ix_expiry_notice_client_id"), table_name="expiry_notice")
    op.drop_table("expiry_notice")
