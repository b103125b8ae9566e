"""Assets: the canonical coins, with everything that is known about them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.fields import resolver
from graphql_api.links import Link
from graphql_api.paging import First, size
from graphql_api.planner.rows import Row
from graphql_api.prices import PricePoint, UnifiedPrice
from graphql_api.quotes import Quote
from graphql_api.source_names import SourceFilter, current_name
from models.queries import links as link_queries
from models.queries import prices as price_queries
from models.queries import quotes as quote_queries

From = Annotated[
    datetime | None,
    strawberry.argument(name="from", description="From this moment on; null: from the first."),
]
To = Annotated[
    datetime | None, strawberry.argument(name="to", description="Before this moment; null: up to the last.")
]


@strawberry.type(description="One canonical coin. Null numbers are not known; they are never zero.")
class Asset:
    """One canonical coin."""

    uid: str = strawberry.field(
        description="The coin's name here: never changes meaning and is never used again."
    )
    symbol: str | None = strawberry.field(description="Its ticker. Many coins share one.")
    name: str = strawberry.field(description="Its name.")
    rank: int | None = strawberry.field(description="Its place by market cap, 1 is the largest.")
    image_url: str | None = strawberry.field(description="A picture of it.")
    price: UnifiedPrice | None = strawberry.field(
        description="Its unified price; null: none was drawn since its listings changed."
    )
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
    created_at: datetime = strawberry.field(description="When it was first published here.")
    updated_at: datetime = strawberry.field(description="When anything published about it last changed.")
    retired_at: datetime | None = strawberry.field(
        description="Since when it is no coin of its own; null: it is one."
    )
    id: strawberry.Private[int]

    @classmethod
    def from_row(cls, row: Row) -> Asset:
        """Take an asset as models.queries.assets selects it."""
        return cls(
            id=row.id,
            uid=row.uid,
            symbol=row.symbol,
            name=row.name,
            rank=row.rank,
            image_url=row.image_url,
            price=UnifiedPrice.from_row(row),
            market_cap_usd=row.market_cap_usd,
            volume_usd_24h=row.volume_usd_24h,
            percent_change_1h=row.percent_change_1h,
            percent_change_24h=row.percent_change_24h,
            percent_change_7d=row.percent_change_7d,
            circulating_supply=row.circulating_supply,
            total_supply=row.total_supply,
            max_supply=row.max_supply,
            created_at=row.created_at,
            updated_at=row.updated_at,
            retired_at=row.retired_at,
        )

    @resolver("What each source says now, by source.")
    async def quotes(self, info: Info, source: SourceFilter = None, first: First = 50) -> list[Quote]:
        """Load what each source says."""
        rows = await info.context.children(
            quote_queries.quotes_of,
            self.id,
            first=size("first", first),
            stale_before=info.context.stale_before,
            source=current_name(source),
        )
        return [Quote.from_row(row) for row in rows]

    @resolver("Why which source's listing is this asset, newest decision first.")
    async def links(
        self,
        info: Info,
        source: SourceFilter = None,
        with_retired: Annotated[  # noqa: FBT002 - a GraphQL argument is always named
            bool, strawberry.argument(description="Also the decisions that no longer hold.")
        ] = False,
        first: First = 50,
    ) -> list[Link]:
        """Load the decisions about it."""
        rows = await info.context.children(
            link_queries.links_of,
            self.id,
            first=size("first", first),
            source=current_name(source),
            with_retired=with_retired,
        )
        return [Link.from_row(row) for row in rows]

    @resolver("Its contract addresses as CAIP-19, like `eip155:1/erc20:0x…`, from every source.")
    async def addresses(self, info: Info, first: First = 50) -> list[str]:
        """Load its contract addresses."""
        rows = await info.context.children(link_queries.addresses_of, self.id, first=size("first", first))
        return [row.caip19 for row in rows]

    @resolver("What it cost over time, newest first. For more pass the last `observedAt` as `to`.")
    async def history(
        self, info: Info, first: First = 100, start: From = None, end: To = None, source: SourceFilter = None
    ) -> list[PricePoint]:
        """Load what it cost over time."""
        rows = await info.context.children(
            price_queries.history_of,
            self.id,
            first=size("first", first),
            source=current_name(source),
            start=start,
            end=end,
        )
        return [PricePoint.from_row(row) for row in rows]
