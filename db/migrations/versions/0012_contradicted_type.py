"""what an unknown photo's print says it is not

Revision ID: 0012
Revises: 0011
Create Date: 2026-11-25 19:05:00.000000
"""

import sqlalchemy as sa
from alembic import op


revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A nullable column alone: the photo table is not made anew.
    op.add_column('photo', sa.Column('contradicted_type', sa.String(length=120), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('photo', schema=None) as batch_op:
        batch_op.drop_column('contradicted_type')
