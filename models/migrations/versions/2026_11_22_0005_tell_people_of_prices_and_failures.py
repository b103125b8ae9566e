"""tell people of prices and failures.

Alerts that people set on prices, and the outbox that tells them and of runs that failed.

Revision: 0005, follows: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table('price_alerts',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('asset_id', sa.BigInteger(), nullable=False),
    sa.Column('condition', sa.String(), nullable=False),
    sa.Column('value', sa.Numeric(), nullable=False),
    sa.Column('change_window', sa.String(), nullable=True),
    sa.Column('currency', sa.String(), nullable=False),
    sa.Column('note', sa.String(), nullable=True),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('times_fired', sa.Integer(), nullable=False),
    sa.Column('last_fired_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_by', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('deleted_by', sa.String(), nullable=True),
    sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(condition = 'change_pct') = (change_window IS NOT NULL)", name=op.f('ck_price_alerts_needs_window')),
    sa.CheckConstraint("change_window IN ('1h', '24h', '7d')", name=op.f('ck_price_alerts_change_window')),
    sa.CheckConstraint("condition IN ('above', 'below', 'change_pct')", name=op.f('ck_price_alerts_condition')),
    sa.CheckConstraint("state IN ('armed', 'fired')", name=op.f('ck_price_alerts_state')),
    sa.CheckConstraint("value > '-Infinity' AND value < 'Infinity'", name=op.f('ck_price_alerts_value')),
    sa.ForeignKeyConstraint(['asset_id'], ['assets.id'], name=op.f('fk_price_alerts_asset_id_assets')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_price_alerts'))
    )
    op.create_index('ix_price_alerts_live', 'price_alerts', ['asset_id'], unique=False, postgresql_where=sa.text('deleted_at IS NULL'))
    op.create_table('notifications',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('body', sa.String(), nullable=False),
    sa.Column('alert_id', sa.BigInteger(), nullable=True),
    sa.Column('run_id', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('delivered_to', sa.ARRAY(sa.String()), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('error', sa.String(), nullable=True),
    sa.CheckConstraint("kind IN ('price_alert', 'run_failed')", name=op.f('ck_notifications_kind')),
    sa.CheckConstraint("state IN ('pending', 'delivered', 'kept', 'given_up')", name=op.f('ck_notifications_state')),
    sa.ForeignKeyConstraint(['alert_id'], ['price_alerts.id'], name=op.f('fk_notifications_alert_id_price_alerts')),
    sa.ForeignKeyConstraint(['run_id'], ['etl_runs.id'], name=op.f('fk_notifications_run_id_etl_runs')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notifications')),
    sa.UniqueConstraint('key', name=op.f('uq_notifications_key'))
    )
    op.create_index('ix_notifications_created_at', 'notifications', [sa.literal_column('created_at DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_index('ix_notifications_pending', 'notifications', ['id'], unique=False, postgresql_where=sa.text("state = 'pending'"))


def downgrade() -> None:
    """Take the change back."""
    op.drop_index('ix_notifications_pending', table_name='notifications', postgresql_where=sa.text("state = 'pending'"))
    op.drop_index('ix_notifications_created_at', table_name='notifications')
    op.drop_table('notifications')
    op.drop_index('ix_price_alerts_live', table_name='price_alerts', postgresql_where=sa.text('deleted_at IS NULL'))
    op.drop_table('price_alerts')
