"""words of files by client

Revision ID: 0008
Revises: 0006
Create Date: 2026-11-22 07:26:41.204518

"""

from alembic import op

# revision identifiers, used by Alembic.
revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade():
    # A trusted extension, as pg_trgm: the owner of the database may make it.
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gin")
    op.drop_index("ix_file_text_words", table_name="file_text", postgresql_using="gin")
    op.drop_index(op.f("ix_file_text_client_id"), table_name="file_text")
    op.create_index("ix_file_text_client", "file_text", ["client_id", "file_id"], unique=False)
    op.create_index("ix_file_text_words", "file_text", ["client_id", "words"], unique=False, postgresql_using="gin")


def downgrade():
    op.drop_index("ix_file_text_words", table_name="file_text", postgresql_using="gin")
    op.drop_index("ix_file_text_client", table_name="file_text")
    op.create_index(op.f("ix_file_text_client_id"), "file_text", ["client_id"], unique=False)
    op.create_index("ix_file_text_words", "file_text", ["words"], unique=False, postgresql_using="gin")
    op.execute("DROP EXTENSION IF EXISTS btree_gin")
