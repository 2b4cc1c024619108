"""files of a client, newest first"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_file_client_newest", "file", ["client_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_file_client_newest", "file")
