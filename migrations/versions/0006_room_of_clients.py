"""how much room the documents of each client take

Revision ID: 0006
Revises: 0005
Create Date: 2026-11-22 07:24:08.551270

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Where a limit holds for all clients together, the rows are added up: a client without one would count as empty.
_COUNT = """
    INSERT INTO client_room (client_id, taken)
    SELECT client_id, sum(size) FROM (
        SELECT file.client_id, file_version.size FROM file_version JOIN file ON file.id = file_version.file_id
        UNION ALL
        SELECT client_id, size FROM upload WHERE state = 'pending'
    ) AS kept
    GROUP BY client_id
"""


def upgrade():
    op.create_table(
        "client_room",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_client_room_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_client_room")),
    )
    op.execute(_COUNT)


def downgrade():
    op.drop_table("client_room")
