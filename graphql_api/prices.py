"""Prices: the unified one with what it was drawn from, and the points of history."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry

from graphql_api.planner.rows import Row


@strawberry.type(description="One listing's part in a unified price, also where it was left out.")
class PriceInput:
    """One listing's part in a unified price, also where it was left out."""

    source: str = strawberry.field(description="The source that said it.")
    source_id: str = strawberry.field(description="The source's own id of the coin.")
    price_usd: Decimal = strawberry.field(description="What it said, in US dollars.")
    as_of: datetime = strawberry.field(description="When that was its price.")
    is_used: bool = strawberry.field(description="Whether it went into the unified price.")
    reason: str = strawberry.field(description="Why it was used, or left out.")

    @classmethod
    def from_json(cls, entry: dict[str, object]) -> PriceInput:
        """Read one entry of `assets.price_inputs`, which keeps numbers and times as text."""
        return cls(
            source=str(entry["source"]),
            source_id=str(entry["source_id"]),
            price_usd=Decimal(str(entry["price_usd"])),
            as_of=datetime.fromisoformat(str(entry["as_of"])),
            is_used=bool(entry["is_used"]),
            reason=str(entry["reason"]),
        )


@strawberry.type(
    description="An asset's price drawn from its sources' fresh quotes. Derived, never invented."
)
class UnifiedPrice:
    """An asset's price drawn from its sources' fresh quotes."""

    price_usd: Decimal | None = strawberry.field(
        description="US dollars for one unit; null where no quote was fresh enough, then `inputs` say why."
    )
    method: str = strawberry.field(description="How it was drawn from the inputs.")
    spread: Decimal | None = strawberry.field(
        description="(highest - lowest) / price over the inputs used, as a fraction; null with fewer than two."
    )
    confidence: float | None = strawberry.field(description="How far to trust it, 0 to 1.")
    as_of: datetime | None = strawberry.field(description="The moment that the price is of.")
    stale: bool = strawberry.field(description="Whether it is older than the server's STALE_AFTER_SECONDS.")
    inputs: list[PriceInput] = strawberry.field(description="What each listing said, and whether it counted.")

    @classmethod
    def from_row(cls, row: Row) -> UnifiedPrice | None:
        """Take the price's columns out of an asset's row; None before one was ever drawn."""
        if row.price_method is None:
            return None
        return cls(
            price_usd=row.price_usd,
            method=row.price_method,
            spread=row.price_spread,
            confidence=row.price_confidence,
            as_of=row.price_as_of,
            stale=row.is_price_stale,
            inputs=[PriceInput.from_json(entry) for entry in row.price_inputs],
        )


@strawberry.type(description="What a listing cost at a moment, as its source told it.")
class PricePoint:
    """What a listing cost at a moment."""

    source: str = strawberry.field(description="The source that told it.")
    source_id: str = strawberry.field(description="The source's own id of the coin.")
    observed_at: datetime = strawberry.field(description="The moment.")
    price_usd: Decimal = strawberry.field(description="US dollars for one unit.")
    market_cap_usd: Decimal | None = strawberry.field(description="US dollars for all units; null: not said.")
    volume_usd_24h: Decimal | None = strawberry.field(
        description="US dollars traded in the 24 hours before; null: not said."
    )

    @classmethod
    def from_row(cls, row: Row) -> PricePoint:
        """Take a point as `history_of` selects it."""
        return cls(
            source=row.source,
            source_id=row.source_id,
            observed_at=row.observed_at,
            price_usd=row.price_usd,
            market_cap_usd=row.market_cap_usd,
            volume_usd_24h=row.volume_usd_24h,
        )
