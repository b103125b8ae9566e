"""hold quotes that a guard doubts.

Quotes that wait until they are confirmed, released or withdrawn, with their observations; why a published quote has no
newer one; and how many quotes each run brought.

Revision: 0012, follows: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table('held_quotes',
    sa.Column('price_usd', sa.Numeric(), nullable=False),
    sa.Column('market_cap_usd', sa.Numeric(), nullable=True),
    sa.Column('volume_usd_24h', sa.Numeric(), nullable=True),
    sa.Column('percent_change_1h', sa.Numeric(), nullable=True),
    sa.Column('percent_change_24h', sa.Numeric(), nullable=True),
    sa.Column('percent_change_7d', sa.Numeric(), nullable=True),
    sa.Column('circulating_supply', sa.Numeric(), nullable=True),
    sa.Column('total_supply', sa.Numeric(), nullable=True),
    sa.Column('max_supply', sa.Numeric(), nullable=True),
    sa.Column('rank', sa.Integer(), nullable=True),
    sa.Column('source_updated_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('fetched_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('listing_id', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('detail', sa.String(), nullable=False),
    sa.Column('known_usd', sa.Numeric(), nullable=True),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('times_seen', sa.Integer(), nullable=False),
    sa.Column('first_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('settled_by', sa.String(), nullable=True),
    sa.Column('settled_because', sa.String(), nullable=True),
    sa.CheckConstraint("(state = 'held') = (settled_at IS NULL)", name=op.f('ck_held_quotes_settled_at')),
    sa.CheckConstraint("price_usd > 0 AND price_usd < 'Infinity'", name=op.f('ck_held_quotes_price_usd')),
    sa.CheckConstraint("reason IN ('jump', 'unit_flip', 'future_time')", name=op.f('ck_held_quotes_reason')),
    sa.CheckConstraint("state IN ('held', 'confirmed', 'released', 'withdrawn')", name=op.f('ck_held_quotes_state')),
    sa.ForeignKeyConstraint(['listing_id'], ['listings.id'], name=op.f('fk_held_quotes_listing_id_listings')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_held_quotes'))
    )
    op.create_index('uq_held_quotes_waiting', 'held_quotes', ['listing_id'], unique=True, postgresql_where=sa.text("state = 'held'"))
    op.create_index('ix_held_quotes_listing_id_last_seen_at', 'held_quotes', ['listing_id', 'last_seen_at'], unique=False)
    op.create_table('held_points',
    sa.Column('hold_id', sa.BigInteger(), nullable=False),
    sa.Column('observed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('price_usd', sa.Numeric(), nullable=False),
    sa.Column('market_cap_usd', sa.Numeric(), nullable=True),
    sa.Column('volume_usd_24h', sa.Numeric(), nullable=True),
    sa.ForeignKeyConstraint(['hold_id'], ['held_quotes.id'], name=op.f('fk_held_points_hold_id_held_quotes')),
    sa.PrimaryKeyConstraint('hold_id', 'observed_at', name=op.f('pk_held_points'))
    )
    op.add_column('etl_runs', sa.Column('quoted', sa.Integer(), server_default='0', nullable=False))
    op.alter_column('etl_runs', 'quoted', server_default=None)
    op.add_column('quotes', sa.Column('held_because', sa.String(), nullable=True))


def downgrade() -> None:
    """Take the change back: what is held then is in the raw records alone."""
    op.drop_column('quotes', 'held_because')
    op.drop_column('etl_runs', 'quoted')
    op.drop_table('held_points')
    op.drop_index('ix_held_quotes_listing_id_last_seen_at', table_name='held_quotes')
    op.drop_index('uq_held_quotes_waiting', table_name='held_quotes', postgresql_where=sa.text("state = 'held'"))
    op.drop_table('held_quotes')
