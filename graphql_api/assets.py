"""Assets: the canonical coins, with everything that is known about them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry

from graphql_api.analytics import Analytics
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
from graphql_api.currencies import CurrencyCode, code_of, known_currency
from graphql_api.daily import DailyPrice
from graphql_api.links import Link
from graphql_api.moments import From, To, require_order
from graphql_api.paging import First, size
from graphql_api.planner.readings import checked, only, part, row_below, rows_below
from graphql_api.prices import PricePoint, UnifiedPrice
from graphql_api.quotes import Quote
from graphql_api.resolving import planned
from graphql_api.source_names import SourceFilter, current_name
from models.queries import assets as queries
from models.queries import candles as candle_queries
from models.queries import links as link_queries
from models.queries import prices as price_queries
from models.queries import quotes as quote_queries
from models.queries import rates as rate_queries
from models.queries.candles import CandleInterval, Step, stretches, whole_steps
from models.queries.closes import daily_of, past
from models.queries.rates import DOLLAR


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

    @planned(
        "Its unified price, in US dollars and in `currency`; null: none was drawn since its listings changed."
    )
    def price(self, info: Info, currency: CurrencyCode = DOLLAR) -> UnifiedPrice | None:
        """Say in which currency."""
        code = code_of(currency)
        if code is None:
            return part(UnifiedPrice, "price_", given="price_method")
        stale_before = info.context.stale_before
        told = row_below(UnifiedPrice, "id", rate_queries.prices_in, code=code, stale_before=stale_before)
        return checked(told, known_currency(currency, code))

    @planned("What it became; null: it is a coin of its own, or was given up for none.")
    def successor(self, info: Info) -> Asset | None:
        """Say which asset."""
        return row_below(Asset, "id", queries.successors_of, stale_before=info.context.stale_before)

    @planned("What each source says now, by source.")
    def quotes(self, info: Info, source: SourceFilter = None, first: First = 50) -> list[Quote]:
        """Say which quotes."""
        return rows_below(
            Quote,
            "id",
            quote_queries.quotes_of,
            first=size("first", first),
            stale_before=info.context.stale_before,
            source=current_name(source),
        )

    @planned("Why which source's listing is this asset, newest decision first.")
    def links(
        self,
        info: Info,
        source: SourceFilter = None,
        with_retired: Annotated[  # noqa: FBT002 - a GraphQL argument is always named
            bool, strawberry.argument(description="Also the decisions that no longer hold.")
        ] = False,
        first: First = 50,
    ) -> list[Link]:
        """Say which decisions."""
        del info
        return rows_below(
            Link,
            "id",
            link_queries.links_of,
            first=size("first", first),
            source=current_name(source),
            with_retired=with_retired,
        )

    @planned("Its contract addresses as CAIP-19, like `eip155:1/erc20:0x…`, from every source.")
    def addresses(self, info: Info, first: First = 50) -> list[str]:
        """Say which addresses."""
        del info
        addresses = rows_below(str, "id", link_queries.addresses_of, first=size("first", first))
        return only(list[str], "caip19", addresses)

    @planned("What it cost over time, newest first. For more pass the last `observedAt` as `to`.")
    def history(
        self, info: Info, first: First = 100, start: From = None, end: To = None, source: SourceFilter = None
    ) -> list[PricePoint]:
        """Say which points."""
        del info
        require_order(start, end)
        return rows_below(
            PricePoint,
            "id",
            price_queries.history_of,
            first=size("first", first),
            source=current_name(source),
            start=start,
            end=end,
        )

    @planned(
        "What it cost in each stretch of time, newest first, drawn from the points of all its sources alike."
    )
    def candles(
        self,
        info: Info,
        interval: Interval = CandleInterval.H1,
        first: CandleCount = 100,
        start: From = None,
        end: CandlesTo = None,
        source: SourceFilter = None,
        currency: CurrencyCode = DOLLAR,
    ) -> list[Candle]:
        """Say which candles."""
        require_order(start, end)
        count = size("first", first, CANDLES_AT_MOST)
        code = code_of(currency)
        candles = rows_below(
            Candle,
            "id",
            candle_queries.candles_of,
            interval=interval,
            stretches=stretches(interval.value, count, end or info.context.now, start),
            source=current_name(source),
            code=code,
        )
        return candles if code is None else checked(candles, known_currency(currency, code))

    @planned(
        "Its unified series: of each day that is over one price that a source told, newest first; a day without has none."
    )
    def daily(
        self,
        info: Info,
        first: CandleCount = 100,
        start: From = None,
        end: CandlesTo = None,
        source: SourceFilter = None,
    ) -> list[DailyPrice]:
        """Say which days."""
        require_order(start, end)
        count = size("first", first, CANDLES_AT_MOST)
        days = past(Step.DAY, count, info.context.now, end=end, start=start)
        return rows_below(DailyPrice, "id", daily_of, stretches=days, source=current_name(source))

    @planned("What its unified series amounts to.")
    def analytics(self, info: Info) -> Analytics:
        """Say where it is."""
        del info
        return part(Analytics)

    @planned(
        "Its median price in US dollars in equal stretches up to now, oldest first; null: nothing is known of one. Where "
        "a stretch is a whole number of hours or days, the median of how these ended for each listing; else of all points."
    )
    def sparkline(
        self, info: Info, points: Points = 24, window: SparklineReach = SparklineWindow.D7
    ) -> list[Decimal | None]:
        """Say which stretches."""
        count = size("points", points, POINTS_AT_MOST)
        length = window.value / count
        prices = rows_below(
            Decimal,
            "id",
            candle_queries.sparklines_of,
            stretches=stretches(length, count, info.context.now),
            step=whole_steps(length),
        )
        return only(list[Decimal | None], "price_usd", prices)
