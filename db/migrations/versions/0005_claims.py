"""claims of files being judged, completed uploads, missing files.

Revision ID: 0005
Revises: 0004
Create Date: 2026-11-20 21:02:00.000000
"""

import sqlalchemy as sa
from alembic import op


revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('claim',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('size_bytes', sa.BigInteger(), nullable=False),
    sa.Column('mtime_ns', sa.BigInteger(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('deaths', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_claim'))
    )
    op.create_index('uq_claim_file', 'claim', ['source', 'size_bytes', 'mtime_ns'], unique=True)

    # No batch with a constraint: it would make the photo table anew, and dropping the old one empties what refers to it.
    op.add_column('photo', sa.Column('source_ctime_ns', sa.BigInteger(), nullable=True))
    op.add_column('photo', sa.Column('missing_since', sa.DateTime(), nullable=True))
    op.execute('ALTER TABLE photo ADD COLUMN replaces_id INTEGER CONSTRAINT fk_photo_replaces_id_photo REFERENCES photo (id)')


def downgrade() -> None:
    with op.batch_alter_table('photo', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_photo_replaces_id_photo'), type_='foreignkey')
        batch_op.drop_column('replaces_id')
        batch_op.drop_column('missing_since')
        batch_op.drop_column('source_ctime_ns')
    op.drop_index('uq_claim_file', 'claim')
    op.drop_table('claim')
