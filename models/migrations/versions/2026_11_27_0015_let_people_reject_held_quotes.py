"""let people reject held quotes.

A rejected quote keeps the same value out until its source says something else, and when that was.

Revision: 0015, follows: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column('held_quotes', sa.Column('went_back_at', sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f('ck_held_quotes_state'), 'held_quotes')
    op.create_check_constraint(op.f('ck_held_quotes_state'), 'held_quotes', "state IN ('held', 'confirmed', 'released', 'rejected', 'withdrawn')")
    op.create_check_constraint(op.f('ck_held_quotes_went_back_at'), 'held_quotes', "went_back_at IS NULL OR state = 'rejected'")
    op.drop_index('uq_held_quotes_waiting', table_name='held_quotes')
    op.create_index('uq_held_quotes_kept_out', 'held_quotes', ['listing_id'], unique=True, postgresql_where=sa.text("state IN ('held', 'rejected') AND went_back_at IS NULL"))


def downgrade() -> None:
    """Take the change back: what was rejected is withdrawn, as if its source had gone back."""
    op.drop_index('uq_held_quotes_kept_out', table_name='held_quotes')
    op.drop_constraint(op.f('ck_held_quotes_went_back_at'), 'held_quotes')
    op.drop_constraint(op.f('ck_held_quotes_state'), 'held_quotes')
    op.execute("UPDATE held_quotes SET state = 'withdrawn' WHERE state = 'rejected'")
    op.create_check_constraint(op.f('ck_held_quotes_state'), 'held_quotes', "state IN ('held', 'confirmed', 'released', 'withdrawn')")
    op.create_index('uq_held_quotes_waiting', 'held_quotes', ['listing_id'], unique=True, postgresql_where=sa.text("state = 'held'"))
    op.drop_column('held_quotes', 'went_back_at')
