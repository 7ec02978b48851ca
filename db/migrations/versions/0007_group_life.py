"""acts on groups, events of groups, withdrawn labels, photos that joined live.

Revision ID: 0007
Revises: 0006
Create Date: 2026-11-20 21:32:00.000000
"""

import sqlalchemy as sa
from alembic import op


revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('act',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('by', sa.String(length=120), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('target', sa.String(length=120), nullable=False),
    sa.Column('photos', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('groups', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('undone_at', sa.DateTime(), nullable=True),
    sa.Column('undone_by', sa.String(length=120), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_act'))
    )
    op.create_index('ix_act_at', 'act', ['at', 'id'], unique=False)
    op.create_table('group_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('group_id', sa.Integer(), nullable=False),
    sa.Column('other_id', sa.Integer(), nullable=True),
    sa.Column('photos', sa.Integer(), nullable=False),
    sa.Column('act_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['act_id'], ['act.id'], name=op.f('fk_group_event_act_id_act')),
    sa.ForeignKeyConstraint(['group_id'], ['photo_group.id'], name=op.f('fk_group_event_group_id_photo_group')),
    sa.ForeignKeyConstraint(['other_id'], ['photo_group.id'], name=op.f('fk_group_event_other_id_photo_group')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_group_event'))
    )
    op.create_index('ix_group_event_group', 'group_event', ['group_id', 'id'], unique=False)

    # No batch with a constraint: it would make the table anew, and dropping the old one empties what refers to it.
    op.add_column('label', sa.Column('withdrawn_at', sa.DateTime(), nullable=True))
    op.add_column('label', sa.Column('withdrawn_by', sa.String(length=120), nullable=True))
    op.execute('ALTER TABLE label ADD COLUMN act_id INTEGER CONSTRAINT fk_label_act_id_act REFERENCES act (id)')
    op.add_column('photo', sa.Column('joined_live_at', sa.DateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column('photo', 'joined_live_at')
    with op.batch_alter_table('label', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_label_act_id_act'), type_='foreignkey')
        batch_op.drop_column('act_id')
        batch_op.drop_column('withdrawn_by')
        batch_op.drop_column('withdrawn_at')
    op.drop_index('ix_group_event_group', 'group_event')
    op.drop_table('group_event')
    op.drop_index('ix_act_at', 'act')
    op.drop_table('act')
