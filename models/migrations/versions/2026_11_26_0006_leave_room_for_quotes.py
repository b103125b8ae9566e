"""leave room for quotes.

Every run writes nearly all quotes anew. Where a page has room for the new version of its rows, no index has to be
told, and the room of the old versions is used again: a row for itself and one for its next version, with some to
spare for longer numbers.

Revision: 0006, follows: 0005
"""

from __future__ import annotations

from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Fill new pages of both tables of quotes less than half."""
    op.execute("ALTER TABLE landed_quotes SET (fillfactor = 45)")
    op.execute("ALTER TABLE quotes SET (fillfactor = 45)")


def downgrade() -> None:
    """Fill pages to the brim again."""
    op.execute("ALTER TABLE quotes RESET (fillfactor)")
    op.execute("ALTER TABLE landed_quotes RESET (fillfactor)")
