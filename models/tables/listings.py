"""Listings: what each source calls a coin, and where it says the coin lives."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Identity, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel


class Listing(SQLModel, table=True):
    """One source's entry for a coin. What a source says, never what is true."""

    __tablename__ = "listings"
    __table_args__ = (
        UniqueConstraint("source", "source_id"),
        Index("ix_listings_upper_symbol", text("upper(symbol)")),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity()])
    source: str = Field(foreign_key="sources.name")
    source_id: str
    symbol: str | None = None
    name: str | None = None
    kind: str | None = None
    is_active: bool | None = None
    image_url: str | None = None
    created_at: datetime
    updated_at: datetime


class ListingAddress(SQLModel, table=True):
    """A contract address of a listing, as CAIP-19. Addresses move between listings over the years, so they retire."""

    __tablename__ = "listing_addresses"
    __table_args__ = (Index("ix_listing_addresses_address", text("lower(split_part(caip19, ':', 3))")),)

    listing_id: int = Field(foreign_key="listings.id", primary_key=True, sa_type=BigInteger)
    caip19: str = Field(primary_key=True, index=True)
    first_seen_at: datetime
    retired_at: datetime | None = None
