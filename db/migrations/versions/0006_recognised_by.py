"""recognised by

Revision ID: 0006
Revises: 0005
Create Date: 2026-11-20 21:24:00.000000
"""

import sqlalchemy as sa
from alembic import op


revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Nullable columns alone: the photo table is not made anew.
    op.add_column('photo', sa.Column('plain_type', sa.String(length=120), nullable=True))
    op.add_column('photo', sa.Column('recognised_by', sa.String(length=24), nullable=True))
    op.add_column('photo', sa.Column('type_confidence', sa.Double(), nullable=True))
    op.add_column('photo', sa.Column('shared_details', sa.Integer(), nullable=True))
    op.add_column('photo', sa.Column('labelled_photos', sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('photo', schema=None) as batch_op:
        for column in ('labelled_photos', 'shared_details', 'type_confidence', 'recognised_by', 'plain_type'):
            batch_op.drop_column(column)
