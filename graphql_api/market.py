"""The market: what all fresh assets amount to, and which of them move."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry

from graphql_api.assets import Asset
from graphql_api.context import Info
from graphql_api.paging import First, size
from graphql_api.planner.readings import part, row, rows
from graphql_api.resolving import planned
from models.queries import market as queries
from models.queries.market import MoverFilter, MoverWindow

strawberry.enum(MoverWindow, description="Over how long a change is looked at: one hour, 24 hours, 7 days.")


@strawberry.type(description="An asset's share of the market.")
class Dominance:
    """An asset's share of the market."""

    percent: Decimal = strawberry.field(
        description="Its percent of the total market cap, 50 is half, to four decimal places."
    )

    @planned("The asset.")
    def asset(self, info: Info) -> Asset:
        """Say where it is."""
        del info
        return part(Asset)


@strawberry.type(
    description="The market as a whole. Sums are over assets with a fresh price; what is null nobody says."
)
class Market:
    """The market as a whole."""

    market_cap_usd: Decimal | None = strawberry.field(description="US dollars of all assets together.")
    volume_usd_24h: Decimal | None = strawberry.field(description="US dollars traded in 24 hours.")
    fresh_assets: int = strawberry.field(description="Assets with a fresh price: those summed up.")
    assets: int = strawberry.field(description="Assets that there are; retired ones are not counted.")
    listings: int = strawberry.field(description="Listings that were accepted for an asset.")
    sources: int = strawberry.field(description="Sources that are known.")
    oldest_at: datetime | None = strawberry.field(description="The moment of the oldest price in the sums.")
    newest_at: datetime | None = strawberry.field(description="The moment of the newest price in the sums.")
    dataset_version: int = strawberry.field(description="The dataset version that this is of.")

    @planned("The largest assets with their shares, largest first.")
    def dominance(self, info: Info, first: First = 10) -> list[Dominance]:
        """Say which assets."""
        return rows(Dominance, queries.largest, info.context.stale_before, first=size("first", first))


@strawberry.type(description="The assets that moved most. Those with a stale price are left out.")
class Movers:
    """The assets that moved most."""

    wanted: strawberry.Private[MoverFilter]
    size: strawberry.Private[int]

    @planned("Those that gained most, the greatest gain first.")
    def gainers(self, info: Info) -> list[Asset]:
        """Say which assets."""
        return self._moved(info, gainers=True)

    @planned("Those that lost most, the greatest loss first.")
    def losers(self, info: Info) -> list[Asset]:
        """Say which assets."""
        return self._moved(info, gainers=False)

    def _moved(self, info: Info, *, gainers: bool) -> list[Asset]:
        stale_before = info.context.stale_before
        return rows(Asset, queries.movers, self.wanted, stale_before, gainers=gainers, first=self.size)


@strawberry.type
class MarketQuery:
    """The queries about the market."""

    @planned("The market as a whole, as of now.")
    def market(self, info: Info) -> Market:
        """Say which sums."""
        return row(Market, queries.totals, info.context.stale_before)

    @planned("The assets that gained and lost most.")
    def movers(
        self,
        info: Info,
        window: Annotated[MoverWindow, strawberry.argument(description="Over how long.")] = MoverWindow.H24,
        first: Annotated[
            int, strawberry.argument(description="How many gainers and how many losers, 1 to 250.")
        ] = 10,
        min_market_cap: Annotated[
            Decimal,
            strawberry.argument(
                description="Only assets worth at least this many US dollars: small ones move by a handful of trades."
            ),
        ] = Decimal(1_000_000),
    ) -> Movers:
        """Say what movers are."""
        del info
        return Movers(wanted=MoverFilter(window, min_market_cap), size=size("first", first))
