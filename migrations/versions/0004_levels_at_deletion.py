"""levels at deletion

Revision ID: 0004
Revises: 0003
Create Date: 2026-11-22 02:14:46.148290

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

# revision identifiers, used by Alembic.
revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade():

    op.add_column(
        "bin_entry",
        sa.Column(
            "levels", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
    )


def downgrade():

    op.drop_column("bin_entry", "levels")
