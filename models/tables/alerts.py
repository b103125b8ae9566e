"""Price alerts, and the outbox: what people are told, kept before it is sent so that a crash loses nothing."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Identity, Index, String, text
from sqlmodel import Field, SQLModel


class PriceAlert(SQLModel, table=True):
    """What somebody wants to be told about an asset's unified price. `value`: units of the currency, or percent."""

    __tablename__ = "price_alerts"
    __table_args__ = (
        CheckConstraint("condition IN ('above', 'below', 'change_pct')", name="condition"),
        CheckConstraint("value > '-Infinity' AND value < 'Infinity'", name="value"),
        CheckConstraint("(condition = 'change_pct') = (change_window IS NOT NULL)", name="needs_window"),
        CheckConstraint("change_window IN ('1h', '24h', '7d')", name="change_window"),
        CheckConstraint("state IN ('armed', 'fired')", name="state"),
        Index("ix_price_alerts_live", "asset_id", postgresql_where=text("deleted_at IS NULL")),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity()])
    asset_id: int = Field(foreign_key="assets.id", sa_type=BigInteger)
    """The asset it was said of; where that was given up, its successor answers."""
    condition: str
    value: Decimal
    change_window: str | None = None
    currency: str
    note: str | None = None
    notify: list[str] | None = Field(default=None, sa_type=ARRAY(String))
    """Names of the addresses that are told; None: all."""
    state: str
    times_fired: int = 0
    last_fired_at: datetime | None = None
    created_by: str
    created_at: datetime
    deleted_by: str | None = None
    deleted_at: datetime | None = None


class Notification(SQLModel, table=True):
    """One thing people are told. `key` says what happened: the same is never told twice."""

    __tablename__ = "notifications"
    __table_args__ = (
        CheckConstraint("kind IN ('price_alert', 'run_failed')", name="kind"),
        CheckConstraint("state IN ('pending', 'delivered', 'kept', 'given_up')", name="state"),
        Index("ix_notifications_pending", "id", postgresql_where=text("state = 'pending'")),
        Index("ix_notifications_created_at", text("created_at DESC"), text("id DESC")),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity()])
    key: str = Field(unique=True)
    kind: str
    title: str
    body: str
    alert_id: int | None = Field(default=None, foreign_key="price_alerts.id", sa_type=BigInteger)
    run_id: int | None = Field(default=None, foreign_key="etl_runs.id", sa_type=BigInteger)
    notify: list[str] | None = Field(default=None, sa_type=ARRAY(String))
    """Names of the addresses it is for; None: all."""
    created_at: datetime
    state: str
    attempts: int = 0
    due_at: datetime
    """When the next attempt may be made."""
    delivered_to: list[str] = Field(default_factory=list, sa_type=ARRAY(String))
    """Digests of the addresses that have it: a second attempt spares them."""
    settled_at: datetime | None = None
    error: str | None = None
