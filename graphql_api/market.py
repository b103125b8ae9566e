"""The market: what all fresh assets amount to, and which of them move."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry

from graphql_api.assets import Asset
from graphql_api.context import Info
from graphql_api.dataset import read_dataset
from graphql_api.fields import resolver
from graphql_api.paging import First, size
from graphql_api.planner.rows import Row
from models.queries import market as queries
from models.queries.market import MoverFilter, MoverWindow

strawberry.enum(MoverWindow, description="Over how long a change is looked at: one hour, 24 hours, 7 days.")
_PERCENT = Decimal("0.0001")


@strawberry.type(description="An asset's share of the market.")
class Dominance:
    """An asset's share of the market."""

    asset: Asset = strawberry.field(description="The asset.")
    percent: Decimal = strawberry.field(
        description="Its percent of the total market cap, 50 is half, to four decimal places."
    )


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

    @classmethod
    def from_row(cls, row: Row, dataset_version: int) -> Market:
        """Take the market as `totals` selects it."""
        return cls(
            market_cap_usd=row.market_cap_usd,
            volume_usd_24h=row.volume_usd_24h,
            fresh_assets=row.fresh_assets,
            assets=row.assets,
            listings=row.listings,
            sources=row.sources,
            oldest_at=row.oldest_at,
            newest_at=row.newest_at,
            dataset_version=dataset_version,
        )

    @resolver("The largest assets with their shares, largest first.")
    async def dominance(self, info: Info, first: First = 10) -> list[Dominance]:
        """Load the largest assets with their shares."""
        select = queries.largest(info.context.stale_before, first=size("first", first))
        rows = await info.context.rows.all(select)
        return [Dominance(asset=Asset.from_row(row), percent=self._share(row.market_cap_usd)) for row in rows]

    def _share(self, market_cap_usd: Decimal) -> Decimal:
        total = self.market_cap_usd or Decimal(1)
        return (market_cap_usd / total * 100).quantize(_PERCENT)


@strawberry.type(description="The assets that moved most. Those with a stale price are left out.")
class Movers:
    """The assets that moved most."""

    wanted: strawberry.Private[MoverFilter]
    size: strawberry.Private[int]

    @resolver("Those that gained most, the greatest gain first.")
    async def gainers(self, info: Info) -> list[Asset]:
        """Load those that gained most."""
        return await self._moved(info, gainers=True)

    @resolver("Those that lost most, the greatest loss first.")
    async def losers(self, info: Info) -> list[Asset]:
        """Load those that lost most."""
        return await self._moved(info, gainers=False)

    async def _moved(self, info: Info, *, gainers: bool) -> list[Asset]:
        select = queries.movers(self.wanted, info.context.stale_before, gainers=gainers, first=self.size)
        return [Asset.from_row(row) for row in await info.context.rows.all(select)]


@strawberry.type
class MarketQuery:
    """The queries about the market."""

    @resolver("The market as a whole, as of now.")
    async def market(self, info: Info) -> Market:
        """Sum the market up."""
        row = (await info.context.rows.all(queries.totals(info.context.stale_before)))[0]
        return Market.from_row(row, (await read_dataset(info.context)).version)

    @resolver("The assets that gained and lost most.")
    def movers(
        self,
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
        """Find the assets that moved most."""
        return Movers(wanted=MoverFilter(window, min_market_cap), size=size("first", first))
