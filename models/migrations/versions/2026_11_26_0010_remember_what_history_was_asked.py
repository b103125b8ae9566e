"""remember what history was asked.

Revision: 0010, follows: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table: a row for each listing and calendar year."""
    op.create_table('history_windows',
    sa.Column('listing_id', sa.BigInteger(), nullable=False),
    sa.Column('year', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('first_on', sa.Date(), nullable=False),
    sa.Column('last_on', sa.Date(), nullable=False),
    sa.Column('points', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('run_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('first_on <= last_on', name=op.f('ck_history_windows_order')),
    sa.ForeignKeyConstraint(['listing_id'], ['listings.id'], name=op.f('fk_history_windows_listing_id_listings')),
    sa.ForeignKeyConstraint(['run_id'], ['etl_runs.id'], name=op.f('fk_history_windows_run_id_etl_runs')),
    sa.PrimaryKeyConstraint('listing_id', 'year', name=op.f('pk_history_windows'))
    )
    op.create_index(op.f('ix_history_windows_run_id'), 'history_windows', ['run_id'], unique=False)


def downgrade() -> None:
    """Take it away: a later backfill asks everything again, and finds the points there."""
    op.drop_table('history_windows')
