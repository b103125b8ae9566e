"""Quotes: each listing's newest numbers, as they landed and as they were published."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint
from sqlmodel import Field, SQLModel

POSITIVE_AND_FINITE = "price_usd > 0 AND price_usd < 'Infinity'"
"""NaN sorts above Infinity in PostgreSQL, so this keeps both out. An unknown price is no row, never a zero."""


class QuoteNumbers(SQLModel):
    """What a quote says. Dollars, percent, units of the coin; None is "not said"."""

    price_usd: Decimal
    market_cap_usd: Decimal | None = None
    volume_usd_24h: Decimal | None = None
    percent_change_1h: Decimal | None = None
    percent_change_24h: Decimal | None = None
    percent_change_7d: Decimal | None = None
    circulating_supply: Decimal | None = None
    total_supply: Decimal | None = None
    max_supply: Decimal | None = None
    rank: int | None = None
    source_updated_at: datetime | None = None
    fetched_at: datetime


class LandedQuote(QuoteNumbers, table=True):
    """The newest quote of a listing as landed by ingest. Readers never look here."""

    __tablename__ = "landed_quotes"
    __table_args__ = (CheckConstraint(POSITIVE_AND_FINITE, name="price_usd"),)

    listing_id: int = Field(foreign_key="listings.id", primary_key=True, sa_type=BigInteger)


class Quote(QuoteNumbers, table=True):
    """The newest quote of a listing as published: copied from the landed ones when a version is published."""

    __tablename__ = "quotes"
    __table_args__ = (CheckConstraint(POSITIVE_AND_FINITE, name="price_usd"),)

    listing_id: int = Field(foreign_key="listings.id", primary_key=True, sa_type=BigInteger)
    held_because: str | None = None
    """Why a newer quote of the listing is held; None: none is."""
