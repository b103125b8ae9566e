"""find by parts of names and by address.

What a name contains is found through its trigrams, kept by a function of our own: the extension pg_trgm is not
everybody's to install.

Revision: 0004, follows: 0003
"""

from __future__ import annotations

from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the function, and the indexes that search needs."""
    op.execute(
        """
        CREATE FUNCTION name_trigrams(words text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        RETURN (
            SELECT coalesce(array_agg(DISTINCT substr(lower(words), at, 3)), '{}')
            FROM generate_series(1, length(lower(words)) - 2) AS at
        )
        """
    )
    op.drop_index('ix_assets_upper_symbol', table_name='assets')
    op.execute("CREATE INDEX ix_assets_upper_symbol ON assets (upper(symbol) text_pattern_ops)")
    op.execute("CREATE INDEX ix_assets_lower_name ON assets (lower(name) text_pattern_ops)")
    op.execute("CREATE INDEX ix_assets_name_trigrams ON assets USING gin (name_trigrams(name))")
    op.execute("CREATE INDEX ix_listing_addresses_address ON listing_addresses (lower(split_part(caip19, ':', 3)))")


def downgrade() -> None:
    """Take them away, and let the index of symbols be as it was."""
    op.drop_index('ix_listing_addresses_address', table_name='listing_addresses')
    op.drop_index('ix_assets_name_trigrams', table_name='assets')
    op.drop_index('ix_assets_lower_name', table_name='assets')
    op.drop_index('ix_assets_upper_symbol', table_name='assets')
    op.execute("CREATE INDEX ix_assets_upper_symbol ON assets (upper(symbol))")
    op.execute("DROP FUNCTION name_trigrams(text)")
