"""Prices: the unified one with what it was drawn from, and the points of history."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.moments import From, To, require_order
from graphql_api.paging import (
    SIZE_AT_MOST,
    After,
    Connection,
    FirstOfPage,
    PageRequest,
    connection,
    cut_by,
    require_few,
)
from graphql_api.planner.readings import elements
from graphql_api.resolving import planned
from graphql_api.source_names import SourceFilter, current_name
from models.queries import prices as queries
from models.queries.rates import DIGITS


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
    currency: str = strawberry.field(description="The currency that was asked for, `usd` unless told.")
    amount: Decimal | None = strawberry.field(
        description=f"That currency for one unit, rounded to {DIGITS} digits unless it is `usd`; null: `reason` says why."
    )
    rate: Decimal | None = strawberry.field(
        description="Units of the currency for one US dollar; null: no rate is known, or none that is fresh."
    )
    rate_as_of: datetime | None = strawberry.field(
        description="The moment that the rate is of; null: no rate is known, or none is needed."
    )
    reason: str | None = strawberry.field(description="Why there is no `amount`; null: there is one.")
    method: str = strawberry.field(description="How it was drawn from the inputs.")
    spread: Decimal | None = strawberry.field(
        description="(highest - lowest) / price over the inputs used, as a fraction; null with fewer than two."
    )
    confidence: float | None = strawberry.field(description="How far to trust it, 0 to 1.")
    as_of: datetime | None = strawberry.field(description="The moment that the price is of.")
    stale: bool = strawberry.field(description="Whether it is older than the server's STALE_AFTER_SECONDS.")

    @planned("What each listing said, and whether it counted.")
    def inputs(self, info: Info) -> list[PriceInput]:
        """Say where they are."""
        del info
        return elements(PriceInput, "inputs", PriceInput.from_json)


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


@strawberry.type(description="What a listing of an asset cost at a moment, as its source told it.")
class AssetPricePoint(PricePoint):
    """What a listing of an asset cost at a moment."""

    uid: str = strawberry.field(description="The asset, by the uid it has today.")


@strawberry.type
class PriceQuery:
    """The queries about prices."""

    @planned("What several assets cost over time, newest first. Uids that nobody knows have no points.")
    def prices(
        self,
        info: Info,
        uids: Annotated[
            list[str],
            strawberry.argument(
                description=f"The assets, {SIZE_AT_MOST} at most. A uid that was given up stands for what it became."
            ),
        ],
        start: From = None,
        end: To = None,
        source: SourceFilter = None,
        first: FirstOfPage = None,
        after: After = None,
    ) -> Connection[AssetPricePoint]:
        """Say which points."""
        del info
        require_few("uids", uids)
        require_order(start, end)
        points = connection(
            AssetPricePoint,
            PageRequest(first, after),
            queries.NEWEST_FIRST,
            queries.points_of,
            tuple(uids),
            source=current_name(source),
            start=start,
            end=end,
        )
        return cut_by(queries.page_of_points, points)
