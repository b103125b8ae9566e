"""keep pages.

Which payloads came together, in which order and by what request: so that all that was said can be said again.

Revision: 0013, follows: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table('raw_pages',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('feed', sa.String(), nullable=False),
    sa.Column('request', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('fetched_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('as_of', sa.DateTime(timezone=True), nullable=True),
    sa.Column('names_all', sa.Boolean(), nullable=False),
    sa.Column('records', sa.ARRAY(sa.BigInteger()), nullable=False),
    sa.Column('run_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['run_id'], ['etl_runs.id'], name=op.f('fk_raw_pages_run_id_etl_runs')),
    sa.ForeignKeyConstraint(['source'], ['sources.name'], name=op.f('fk_raw_pages_source_sources')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_raw_pages'))
    )
    op.create_index('ix_raw_pages_run_id', 'raw_pages', ['run_id'], unique=False)
    op.create_index('ix_raw_pages_source_fetched_at', 'raw_pages', ['source', 'fetched_at'], unique=False)


def downgrade() -> None:
    """Take the change back."""
    op.drop_index('ix_raw_pages_source_fetched_at', table_name='raw_pages')
    op.drop_index('ix_raw_pages_run_id', table_name='raw_pages')
    op.drop_table('raw_pages')
