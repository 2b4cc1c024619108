"""order of files, quotas, quarantine of versions, applied trees

Revision ID: 0005
Revises: 0004
Create Date: 2026-11-22 03:54:11.360708

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "applied_tree",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("applied_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_applied_tree_client_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["template_id"], ["tree_template.id"], name=op.f("fk_applied_tree_template_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", "template_id", name=op.f("pk_applied_tree")),
    )
    op.create_index(op.f("ix_applied_tree_template_id"), "applied_tree", ["template_id"], unique=False)
    op.add_column("client", sa.Column("quota_bytes", sa.BigInteger(), nullable=True))
    op.add_column("file", sa.Column("position", sa.Integer(), server_default="0", nullable=False))
    op.add_column("file_version", sa.Column("quarantine", sa.String(), server_default="", nullable=False))
    op.add_column("file_version", sa.Column("signature", sa.String(), server_default="", nullable=False))
    op.create_index(
        "ix_file_version_quarantine",
        "file_version",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("quarantine <> ''"),
    )
    op.add_column("firm", sa.Column("quota_bytes", sa.BigInteger(), nullable=True))
    op.add_column("firm", sa.Column("client_quota_bytes", sa.BigInteger(), nullable=True))
    op.add_column("folder", sa.Column("template_node_id", sa.Uuid(), nullable=True))
    op.add_column("tree_template", sa.Column("position", sa.Integer(), server_default="0", nullable=False))
    # The one of "file" was forgotten when its column was made.
    for table in ("file", "file_version"):
        op.create_check_constraint(op.f(f"ck_{table}_quarantine"), table, "quarantine in ('', 'waiting', 'infected')")


def downgrade():
    op.drop_constraint(op.f("ck_file_quarantine"), "file", type_="check")
    op.drop_constraint(op.f("ck_file_version_quarantine"), "file_version", type_="check")
    op.drop_column("tree_template", "position")
    op.drop_column("folder", "template_node_id")
    op.drop_column("firm", "client_quota_bytes")
    op.drop_column("firm", "quota_bytes")
    op.drop_index("ix_file_version_quarantine", table_name="file_version", postgresql_where=sa.text("quarantine <> ''"))
    op.drop_column("file_version", "signature")
    op.drop_column("file_version", "quarantine")
    op.drop_column("file", "position")
    op.drop_column("client", "quota_bytes")
    op.drop_index(op.f("ix_applied_tree_template_id"), table_name="applied_tree")
    op.drop_table("applied_tree")
