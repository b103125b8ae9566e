"""The queries about assets: one, or many by filter and order."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated

import strawberry

from graphql_api.assets import Asset
from graphql_api.context import Info
from graphql_api.errors import BadUserInput
from graphql_api.paging import (
    SIZE_AT_MOST,
    After,
    Before,
    Connection,
    FirstOfPage,
    LastOfPage,
    PageRequest,
    connection,
    require_few,
)
from graphql_api.planner.readings import row
from graphql_api.resolving import planned
from graphql_api.source_names import SourceName, current_name
from models.queries import assets as queries
from models.queries import search as search_queries
from models.queries.assets import AssetOrder, AssetState
from models.queries.names import Part

strawberry.enum(
    AssetOrder, description="By what, and in which direction. What is not known comes last, ties go by uid."
)
strawberry.enum(
    AssetState,
    description="How an asset stands: ACTIVE, also while somebody reviews it; IN_REVIEW, active and in doubt is "
    "whether some listing is it; RETIRED, no coin of its own any more, `successor` says what it became.",
)
_CAIP19 = re.compile(r"[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}/[-a-z0-9]{3,8}:[-.%a-zA-Z0-9]{1,128}")


@strawberry.input(description="What assets must be. What is left out asks nothing.")
class AssetFilter:
    """What assets must be."""

    source: str | None = strawberry.field(default=None, description="Listed by this source.")
    symbol: str | None = strawberry.field(default=None, description="With this symbol, in any case.")
    name_contains: str | None = strawberry.field(
        default=None, description="With this anywhere in the name, in any case."
    )
    uids: list[str] | None = strawberry.field(
        default=None, description=f"One of these uids, {SIZE_AT_MOST} at most."
    )
    min_rank: int | None = strawberry.field(default=None, description="Ranked here or after.")
    max_rank: int | None = strawberry.field(default=None, description="Ranked here or before.")
    min_market_cap: Decimal | None = strawberry.field(
        default=None, description="Worth at least this many US dollars."
    )
    stale: bool | None = strawberry.field(
        default=None, description="With a stale price, or with a fresh one."
    )
    state: AssetState | None = strawberry.field(
        default=None, description="Standing like this; null: ACTIVE ones, which are all that are not RETIRED."
    )

    def checked(self) -> queries.AssetFilter:
        """Return it as the query takes it. Raises `BadUserInput` for more uids than fit a page."""
        require_few("uids", self.uids or ())
        return queries.AssetFilter(
            source=current_name(self.source),
            symbol=self.symbol,
            name_contains=None if self.name_contains is None else Part.of(self.name_contains),
            uids=None if self.uids is None else tuple(self.uids),
            min_rank=self.min_rank,
            max_rank=self.max_rank,
            min_market_cap_usd=self.min_market_cap,
            stale=self.stale,
            state=self.state,
        )


@strawberry.type
class AssetQuery:
    """The queries about assets."""

    @planned(
        "One asset; null: there is none. The uid of one that was merged away answers with what it became."
    )
    def asset(
        self, info: Info, uid: Annotated[str, strawberry.argument(description="Its uid, like `bitcoin`.")]
    ) -> Asset | None:
        """Say which asset."""
        return row(Asset, queries.asset_by_uid, uid, info.context.stale_before)

    @planned("The asset that a source's listing is; null: none was accepted for it.")
    def asset_by_listing(
        self,
        info: Info,
        source: SourceName,
        source_id: Annotated[
            str, strawberry.argument(description="The source's own id, like `btc-bitcoin`.")
        ],
    ) -> Asset | None:
        """Say which asset."""
        name, stale_before = current_name(source), info.context.stale_before
        return row(Asset, queries.asset_by_listing, name, source_id, stale_before)

    @planned(
        "The asset of a contract address; null: no listing names it now. Of several assets that claim it, the one "
        "whose listing spells it the same way, then the surest link, then the largest."
    )
    def asset_by_address(
        self,
        info: Info,
        caip19: Annotated[
            str,
            strawberry.argument(
                description="The address as CAIP-19, like `eip155:1/erc20:0x…`, in any case on every chain."
            ),
        ],
    ) -> Asset | None:
        """Say which asset."""
        if not _CAIP19.fullmatch(caip19):
            raise BadUserInput(
                f"{caip19[:80]!r} is not a CAIP-19 address: send `chain:reference/kind:address`, "
                "like `eip155:1/erc20:0x2260fac5e5542a773aa44fbcfedf7c193bc2c599`."
            )
        return row(Asset, search_queries.asset_by_address, caip19, info.context.stale_before)

    @planned("Assets, page by page.")
    def assets(
        self,
        info: Info,
        first: FirstOfPage = None,
        after: After = None,
        last: LastOfPage = None,
        before: Before = None,
        filter: Annotated[AssetFilter | None, strawberry.argument(description="Which assets.")] = None,  # noqa: A002 - the API's word
        order_by: Annotated[
            AssetOrder, strawberry.argument(description="In which order.")
        ] = AssetOrder.MARKET_CAP_DESC,
    ) -> Connection[Asset]:
        """Say which assets."""
        wanted = (filter or AssetFilter()).checked()
        asked, stale_before = PageRequest(first, after, last, before), info.context.stale_before
        return connection(Asset, asked, order_by.value, queries.assets, wanted, stale_before)
