"""files that somebody put into order, or uploaded"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    columns = ["folder_id", "position", "name_key", "id"]
    op.create_index("ix_file_by_hand", "file", columns, postgresql_where=sa.text("position < 0"))
    op.create_index("ix_file_uploader", "file", ["uploaded_by_id", "client_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_file_uploader", "file")
    op.drop_index("ix_file_by_hand", "file")
