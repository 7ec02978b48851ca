"""earlier judgements of quality.

Revision ID: 0004
Revises: 0003
Create Date: 2026-11-20 21:00:00.000000
"""

import sqlalchemy as sa
from alembic import op


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('earlier_judgement',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('photo_id', sa.Integer(), nullable=False),
    sa.Column('replaced_at', sa.DateTime(), nullable=False),
    sa.Column('thresholds', sa.String(length=80), nullable=False),
    sa.Column('replaced_by', sa.String(length=80), nullable=False),
    sa.Column('quality', sa.String(length=16), nullable=False),
    sa.Column('quality_score', sa.Double(), nullable=False),
    sa.Column('tags', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('scores', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('suggestions', sa.JSON(none_as_null=True), nullable=False),
    sa.ForeignKeyConstraint(['photo_id'], ['photo.id'], name=op.f('fk_earlier_judgement_photo_id_photo'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_earlier_judgement'))
    )
    op.create_index('ix_earlier_judgement_photo', 'earlier_judgement', ['photo_id', 'id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_earlier_judgement_photo', table_name='earlier_judgement')
    op.drop_table('earlier_judgement')
