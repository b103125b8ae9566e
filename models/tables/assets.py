"""Assets: the canonical coins, with the numbers that were published for them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, Label, literal_column, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

_UPPER_SYMBOL: Label[str] = literal_column("upper(symbol)").label("it")
_LOWER_NAME: Label[str] = literal_column("lower(name)").label("it")


class Asset(SQLModel, table=True):
    """One canonical coin. Its uid is published once, never changes meaning and is never used again."""

    __tablename__ = "assets"
    __table_args__ = (
        Index("ix_assets_market_cap_usd_uid", text("market_cap_usd DESC NULLS LAST"), "uid"),
        # Pattern operators serve equality too, so that one index finds a symbol and its beginnings.
        Index("ix_assets_upper_symbol", _UPPER_SYMBOL, postgresql_ops={"it": "text_pattern_ops"}),
        Index("ix_assets_lower_name", _LOWER_NAME, postgresql_ops={"it": "text_pattern_ops"}),
        Index("ix_assets_name_trigrams", text("name_trigrams(name)"), postgresql_using="gin"),
        Index("ix_assets_rank_uid", text("rank NULLS LAST"), "uid"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity()])
    uid: str = Field(unique=True)
    symbol: str | None = None
    name: str
    image_url: str | None = None
    successor_id: int | None = Field(default=None, foreign_key="assets.id", sa_type=BigInteger)
    created_at: datetime
    retired_at: datetime | None = None

    rank: int | None = None
    price_usd: Decimal | None = None
    market_cap_usd: Decimal | None = None
    volume_usd_24h: Decimal | None = None
    percent_change_1h: Decimal | None = None
    percent_change_24h: Decimal | None = None
    percent_change_7d: Decimal | None = None
    circulating_supply: Decimal | None = None
    total_supply: Decimal | None = None
    max_supply: Decimal | None = None

    price_method: str | None = None
    price_spread: Decimal | None = None
    price_confidence: float | None = None
    price_as_of: datetime | None = None
    price_inputs: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
    updated_at: datetime
