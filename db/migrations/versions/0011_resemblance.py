"""photos and groups that look like a named type.

Revision ID: 0011
Revises: 0010
Create Date: 2026-11-25 12:45:00.000000
"""

import sqlalchemy as sa
from alembic import op


revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for thing, parent in (('photo', 'photo'), ('group', 'photo_group')):
        op.create_table(f'{thing}_resemblance',
        sa.Column(f'{thing}_id', sa.Integer(), nullable=False),
        sa.Column('meter_type', sa.String(length=120), nullable=False),
        sa.Column('details', sa.Integer(), nullable=False),
        sa.Column('short', sa.Double(), nullable=True),
        sa.ForeignKeyConstraint([f'{thing}_id'], [f'{parent}.id'], name=op.f(f'fk_{thing}_resemblance_{thing}_id_{parent}'),
                                ondelete='CASCADE'),
        sa.PrimaryKeyConstraint(f'{thing}_id', name=op.f(f'pk_{thing}_resemblance'))
        )
    op.create_index('ix_photo_resemblance_type', 'photo_resemblance', ['meter_type', 'photo_id'], unique=False)


def downgrade() -> None:
    op.drop_table('group_resemblance')
    op.drop_index('ix_photo_resemblance_type', 'photo_resemblance')
    op.drop_table('photo_resemblance')
