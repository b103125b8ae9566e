"""bench sources that fail.

How each job of a source stands, and until when it is left alone. What runs have said so far is where it begins.

Revision: 0014, follows: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and fill it from the last run of each job."""
    op.create_table('source_jobs',
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('flow', sa.String(), nullable=False),
    sa.Column('outcome', sa.String(), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('failing_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('benched_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('remedy', sa.String(), nullable=True),
    sa.CheckConstraint("outcome IN ('success', 'partial', 'failed')", name=op.f('ck_source_jobs_outcome')),
    sa.ForeignKeyConstraint(['source'], ['sources.name'], name=op.f('fk_source_jobs_source_sources')),
    sa.PrimaryKeyConstraint('source', 'flow', name=op.f('pk_source_jobs'))
    )
    op.execute(
        """
        INSERT INTO source_jobs (source, flow, outcome, failures, failing_since, reason, remedy)
        SELECT DISTINCT ON (source, flow)
            source, flow, outcome, (outcome = 'failed')::int, CASE WHEN outcome = 'failed' THEN started_at END,
            error, remedy
        FROM etl_runs
        WHERE source IS NOT NULL AND flow IN ('ingest', 'refresh-csv') AND outcome IN ('success', 'partial', 'failed')
        ORDER BY source, flow, started_at DESC, id DESC
        """
    )


def downgrade() -> None:
    """Take it away: every run tries every source."""
    op.drop_table('source_jobs')
