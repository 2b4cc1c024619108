"""folders that start a scope, by their place: a list asks for those below its folder alone"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NAME, WHERE = "ix_folder_scope_starts", sa.text("starts_scope")


def upgrade() -> None:
    op.drop_index(NAME, "folder")
    op.create_index(NAME, "folder", ["scope_id", "path"], postgresql_where=WHERE)


def downgrade() -> None:
    op.drop_index(NAME, "folder")
    op.create_index(NAME, "folder", ["scope_id"], postgresql_where=WHERE)
