"""Assets: the canonical coins, with everything that is known about them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry

from graphql_api.candles import (
    CANDLES_AT_MOST,
    POINTS_AT_MOST,
    Candle,
    CandleCount,
    CandlesTo,
    Interval,
    Points,
    SparklineReach,
    SparklineWindow,
)
from graphql_api.context import Info
from graphql_api.currencies import CurrencyCode, conversion_into
from graphql_api.fields import resolver
from graphql_api.links import Link
from graphql_api.moments import From, To, require_order
from graphql_api.paging import First, size
from graphql_api.planner.rows import Row
from graphql_api.prices import PricePoint, UnifiedPrice
from graphql_api.quotes import Quote
from graphql_api.source_names import SourceFilter, current_name
from models.queries import assets as queries
from models.queries import candles as candle_queries
from models.queries import links as link_queries
from models.queries import prices as price_queries
from models.queries import quotes as quote_queries
from models.queries.candles import CandleInterval, stretches


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
    unified: strawberry.Private[UnifiedPrice | None]

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
            unified=UnifiedPrice.from_row(row),
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

    @resolver(
        "Its unified price, in US dollars and in `currency`; null: none was drawn since its listings changed."
    )
    async def price(self, info: Info, currency: CurrencyCode = "usd") -> UnifiedPrice | None:
        """Tell its price in a currency."""
        conversion = await conversion_into(info.context, currency)
        return self.unified and self.unified.told_in(conversion)

    @resolver("What it became; null: it is a coin of its own, or was given up for none.")
    async def successor(self, info: Info) -> Asset | None:
        """Load what it became."""
        if self.retired_at is None:
            return None
        rows = await info.context.children(
            queries.successors_of, self.id, stale_before=info.context.stale_before
        )
        return Asset.from_row(rows[0]) if rows else None

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
        require_order(start, end)
        rows = await info.context.children(
            price_queries.history_of,
            self.id,
            first=size("first", first),
            source=current_name(source),
            start=start,
            end=end,
        )
        return [PricePoint.from_row(row) for row in rows]

    @resolver(
        "What it cost in each stretch of time, newest first, drawn from the points of all its sources alike."
    )
    async def candles(
        self,
        info: Info,
        interval: Interval = CandleInterval.H1,
        first: CandleCount = 100,
        start: From = None,
        end: CandlesTo = None,
        source: SourceFilter = None,
    ) -> list[Candle]:
        """Load its candles."""
        require_order(start, end)
        count = size("first", first, CANDLES_AT_MOST)
        rows = await info.context.children(
            candle_queries.candles_of,
            self.id,
            interval=interval,
            stretches=stretches(interval.value, count, end or info.context.now, start),
            source=current_name(source),
        )
        return [Candle.from_row(row) for row in rows]

    @resolver(
        "Its median price in US dollars in equal stretches up to now, oldest first; null: nothing is known of one."
    )
    async def sparkline(
        self, info: Info, points: Points = 24, window: SparklineReach = SparklineWindow.D7
    ) -> list[Decimal | None]:
        """Load its sparkline."""
        count = size("points", points, POINTS_AT_MOST)
        rows = await info.context.children(
            candle_queries.sparklines_of,
            self.id,
            stretches=stretches(window.value / count, count, info.context.now),
        )
        return [row.price_usd for row in rows]
