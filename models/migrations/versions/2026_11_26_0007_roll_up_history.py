"""roll up history.

Candles of hours and days, drawn here from the points that are there already; an index by time over all listings; what
was pruned, and the indexes by which old runs are let go. Ingest waits while this runs, readers do not.

Revision: 0007, follows: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

MONTHS = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'price_points'::regclass ORDER BY 1"
GATHER = """
INSERT INTO price_candles
    (listing_id, seconds, opened_at, first_at, last_at, volume_at, points, open_usd, high_usd, low_usd, close_usd, volume_usd_24h)
SELECT listing_id, {seconds}, opened_at, first_at, last_at, volume_at, points,
    prices[1], high_usd, low_usd, prices[cardinality(prices)], volumes[cardinality(volumes)]
FROM (
    SELECT listing_id, date_bin('{seconds} seconds', observed_at, '2001-01-01+00') AS opened_at,
        min(observed_at) AS first_at, max(observed_at) AS last_at,
        max(observed_at) FILTER (WHERE volume_usd_24h IS NOT NULL) AS volume_at, count(*) AS points,
        array_agg(price_usd ORDER BY observed_at) AS prices, max(price_usd) AS high_usd, min(price_usd) AS low_usd,
        array_agg(volume_usd_24h ORDER BY observed_at) FILTER (WHERE volume_usd_24h IS NOT NULL) AS volumes
    FROM {month} GROUP BY 1, 2
) AS gathered ORDER BY 1, 2, 3
"""


def upgrade() -> None:
    """Make the tables and indexes, and draw the candles month by month: no hour or day is of two months."""
    op.create_table('price_candles',
    sa.Column('listing_id', sa.BigInteger(), nullable=False),
    sa.Column('seconds', sa.Integer(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('first_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('volume_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('points', sa.Integer(), nullable=False),
    sa.Column('open_usd', sa.Numeric(), nullable=False),
    sa.Column('high_usd', sa.Numeric(), nullable=False),
    sa.Column('low_usd', sa.Numeric(), nullable=False),
    sa.Column('close_usd', sa.Numeric(), nullable=False),
    sa.Column('volume_usd_24h', sa.Numeric(), nullable=True),
    sa.CheckConstraint('seconds IN (3600, 86400)', name=op.f('ck_price_candles_seconds')),
    sa.PrimaryKeyConstraint('listing_id', 'seconds', 'opened_at', name=op.f('pk_price_candles'))
    )
    # The newest candles change with every run: with room on their page no index has to.
    op.execute("ALTER TABLE price_candles SET (fillfactor = 85)")
    op.create_table('prunings',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('month', sa.DateTime(timezone=True), nullable=True),
    sa.Column('before_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('rows', sa.BigInteger(), nullable=False),
    sa.Column('pruned_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_prunings'))
    )
    op.create_index('ix_prunings_subject_pruned_at', 'prunings', ['subject', 'pruned_at'], unique=False)
    op.create_index('ix_raw_records_run_id', 'raw_records', ['run_id'], unique=False)
    op.create_index('ix_rejected_records_run_id', 'rejected_records', ['run_id'], unique=False)
    # Until the end of this transaction its lock keeps out who would bring points that no candle counts.
    op.create_index('ix_price_points_observed_at', 'price_points', ['observed_at'], unique=False)
    for month in op.get_bind().execute(sa.text(MONTHS)).scalars().all():
        for seconds in (3600, 86400):
            op.execute(GATHER.format(seconds=seconds, month=month))


def downgrade() -> None:
    """Take them away; the points stay."""
    op.drop_index('ix_price_points_observed_at', table_name='price_points')
    op.drop_index('ix_rejected_records_run_id', table_name='rejected_records')
    op.drop_index('ix_raw_records_run_id', table_name='raw_records')
    op.drop_index('ix_prunings_subject_pruned_at', table_name='prunings')
    op.drop_table('prunings')
    op.drop_table('price_candles')
