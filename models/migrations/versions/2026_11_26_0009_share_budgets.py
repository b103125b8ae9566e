"""share budgets.

What each source may still be asked, a minute and a month: one row for all workers.

Revision: 0009, follows: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table('source_budgets',
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('requests_per_minute', sa.Float(), nullable=False),
    sa.Column('allowed_per_minute', sa.Float(), nullable=False),
    sa.Column('tokens', sa.Float(), nullable=False),
    sa.Column('refilled_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('period_ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('a_month', sa.Integer(), nullable=True),
    sa.Column('spent_current', sa.Integer(), nullable=False),
    sa.Column('spent_history', sa.Integer(), nullable=False),
    sa.Column('shrunk_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('paused_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('paused_because', sa.String(), nullable=True),
    sa.Column('exhausted_because', sa.String(), nullable=True),
    sa.Column('pass_every_seconds', sa.Integer(), nullable=True),
    sa.Column('pass_began_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('pass_spent', sa.Integer(), nullable=False),
    sa.Column('pass_cost', sa.Integer(), nullable=True),
    sa.Column('daily_cost', sa.Integer(), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('next_because', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['source'], ['sources.name'], name=op.f('fk_source_budgets_source_sources')),
    sa.PrimaryKeyConstraint('source', name=op.f('pk_source_budgets'))
    )
    # A row changes with every request: with room on its page no index has to.
    op.execute("ALTER TABLE source_budgets SET (fillfactor = 50)")


def downgrade() -> None:
    """Take it away: every budget begins anew."""
    op.drop_table('source_budgets')
