"""pairs are compared anew

Revision ID: 0010
Revises: 0009
Create Date: 2026-11-25 08:30:00.000000
"""

from alembic import op


revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Shared details are counted another way now; old and new counts must not meet in one grouping.
    op.execute('DELETE FROM verified_pair')


def downgrade() -> None:
    op.execute('DELETE FROM verified_pair')
