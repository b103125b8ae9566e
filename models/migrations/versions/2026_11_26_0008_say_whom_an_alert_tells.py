"""say whom an alert tells.

The names of the addresses that an alert is sent to, and with it what it told; null: all there are.

Revision: 0008, follows: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column('price_alerts', sa.Column('notify', sa.ARRAY(sa.String()), nullable=True))
    op.add_column('notifications', sa.Column('notify', sa.ARRAY(sa.String()), nullable=True))


def downgrade() -> None:
    """Take the change back."""
    op.drop_column('notifications', 'notify')
    op.drop_column('price_alerts', 'notify')
