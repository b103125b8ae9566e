"""Prices over time: what each listing cost when, and what a bitcoin bought in each currency."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlmodel import Field, SQLModel


class PricePoint(SQLModel, table=True):
    """A quote kept in history, partitioned by month.

    No foreign key: at a million rows it halves the speed of loading, and listings are never deleted.
    """

    __tablename__ = "price_points"
    __table_args__ = (
        Index("ix_price_points_observed_at", "observed_at"),
        {"postgresql_partition_by": "RANGE (observed_at)"},
    )

    listing_id: int = Field(primary_key=True, sa_type=BigInteger)
    observed_at: datetime = Field(primary_key=True)
    price_usd: Decimal
    market_cap_usd: Decimal | None = None
    volume_usd_24h: Decimal | None = None


class PriceCandle(SQLModel, table=True):
    """What a listing cost in an hour or a day (UTC), drawn from all its points of that time, also those pruned since.

    Written with the points, in their transaction.
    """

    __tablename__ = "price_candles"
    __table_args__ = (CheckConstraint("seconds IN (3600, 86400)", name="seconds"),)

    listing_id: int = Field(primary_key=True, sa_type=BigInteger)
    seconds: int = Field(primary_key=True)
    opened_at: datetime = Field(primary_key=True)
    first_at: datetime
    last_at: datetime
    volume_at: datetime | None = None
    points: int
    open_usd: Decimal
    high_usd: Decimal
    low_usd: Decimal
    close_usd: Decimal
    volume_usd_24h: Decimal | None = None


class FxRate(SQLModel, table=True):
    """Units of a currency that one bitcoin bought at a time, as one source saw it."""

    __tablename__ = "fx_rates"

    code: str = Field(primary_key=True)
    observed_at: datetime = Field(primary_key=True)
    source: str = Field(foreign_key="sources.name", primary_key=True)
    name: str
    kind: str
    units_per_btc: Decimal
