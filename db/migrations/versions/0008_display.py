"""display score, reasons of unclear photos

Revision ID: 0008
Revises: 0007
Create Date: 2026-11-20 21:45:00.000000
"""

import sqlalchemy as sa
from alembic import op


revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Nullable columns alone: the photo table is not made anew.
    op.add_column('photo', sa.Column('display_score', sa.Double(), nullable=True))
    op.add_column('photo', sa.Column('unclear_reasons', sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('photo', schema=None) as batch_op:
        batch_op.drop_column('unclear_reasons')
        batch_op.drop_column('display_score')
