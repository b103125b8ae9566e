"""Quotes: what one source says now."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry


@strawberry.type(
    description="What one source says now about a coin. Null means that it does not say, never zero."
)
class Quote:
    """What one source says now about a coin."""

    source: str = strawberry.field(description="The source that says it.")
    source_id: str = strawberry.field(description="The source's own id of the coin.")
    name: str | None = strawberry.field(description="What the source calls the coin.")
    symbol: str | None = strawberry.field(description="The symbol the source gives it. Many coins share one.")
    rank: int | None = strawberry.field(description="Its place by market cap, as the source counts.")
    price_usd: Decimal = strawberry.field(description="US dollars for one unit.")
    market_cap_usd: Decimal | None = strawberry.field(description="US dollars for all circulating units.")
    volume_usd_24h: Decimal | None = strawberry.field(description="US dollars traded in 24 hours.")
    percent_change_1h: Decimal | None = strawberry.field(description="Percent in 1 hour: 1.5 is 1.5 %.")
    percent_change_24h: Decimal | None = strawberry.field(description="Percent in 24 hours: 1.5 is 1.5 %.")
    percent_change_7d: Decimal | None = strawberry.field(description="Percent in 7 days: 1.5 is 1.5 %.")
    circulating_supply: Decimal | None = strawberry.field(description="Units in circulation.")
    total_supply: Decimal | None = strawberry.field(description="Units that exist, circulating or not.")
    max_supply: Decimal | None = strawberry.field(
        description="Units that can ever exist; null also: no limit."
    )
    source_updated_at: datetime | None = strawberry.field(
        description="When the source last changed it; null: it does not say."
    )
    fetched_at: datetime = strawberry.field(description="When it was received.")
    stale: bool = strawberry.field(
        description="Whether `sourceUpdatedAt`, or else `fetchedAt`, is older than STALE_AFTER_SECONDS."
    )
    held_because: str | None = strawberry.field(
        description="Why a newer quote of it is held (`heldQuotes`); null: none is."
    )
