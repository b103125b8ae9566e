"""Held quotes: what a guard keeps out of prices and history until it is confirmed, released or withdrawn. Never deleted."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, text
from sqlmodel import Field, SQLModel

from models.tables.quotes import POSITIVE_AND_FINITE, QuoteNumbers

KEPT_OUT = "state IN ('held', 'rejected') AND went_back_at IS NULL"
"""What keeps a listing's quotes out now: one that waits, or one that a person rejected and its source still says."""


class HeldQuote(QuoteNumbers, table=True):
    """A quote that waits, or waited, with the newest numbers seen of it. One listing has one at a time that is kept out."""

    __tablename__ = "held_quotes"
    __table_args__ = (
        CheckConstraint(POSITIVE_AND_FINITE, name="price_usd"),
        CheckConstraint("reason IN ('jump', 'unit_flip', 'future_time')", name="reason"),
        CheckConstraint("state IN ('held', 'confirmed', 'released', 'rejected', 'withdrawn')", name="state"),
        CheckConstraint("(state = 'held') = (settled_at IS NULL)", name="settled_at"),
        CheckConstraint("went_back_at IS NULL OR state = 'rejected'", name="went_back_at"),
        Index("uq_held_quotes_kept_out", "listing_id", unique=True, postgresql_where=text(KEPT_OUT)),
        Index("ix_held_quotes_listing_id_last_seen_at", "listing_id", "last_seen_at"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity()])
    listing_id: int = Field(foreign_key="listings.id", sa_type=BigInteger)
    reason: str
    detail: str
    known_usd: Decimal | None = None
    state: str
    times_seen: int
    first_seen_at: datetime
    last_seen_at: datetime
    settled_at: datetime | None = None
    settled_by: str | None = None
    """The name of the person's key; None: nobody had to."""
    settled_because: str | None = None
    went_back_at: datetime | None = None
    """When the source of a rejected quote said something else again; None: it says it still, or it was not rejected."""


class HeldPoint(SQLModel, table=True):
    """One observation of a held quote. It becomes a price point, of its own time, when the quote is accepted."""

    __tablename__ = "held_points"

    hold_id: int = Field(foreign_key="held_quotes.id", primary_key=True, sa_type=BigInteger)
    observed_at: datetime = Field(primary_key=True)
    price_usd: Decimal
    market_cap_usd: Decimal | None = None
    volume_usd_24h: Decimal | None = None
