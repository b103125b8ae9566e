"""What curators look at: links in doubt, and everything that was considered for a listing."""

from __future__ import annotations

from typing import Annotated

import strawberry

from graphql_api.assets import Asset
from graphql_api.context import Context, Info
from graphql_api.fields import resolver
from graphql_api.links import Link
from graphql_api.paging import After, Connection, First, FirstOfPage, PageRequest, connect, size
from graphql_api.planner.rows import Row
from graphql_api.source_names import SourceFilter, SourceName, current_name
from models.outcomes import LinkState
from models.queries import assets as asset_queries
from models.queries import reviews as queries


async def asset_of(context: Context, asset_id: int) -> Asset:
    """Load an asset by its key, with all others that a response asks for."""
    (row,) = await context.children(asset_queries.assets_by_key, asset_id, stale_before=context.stale_before)
    return Asset.from_row(row)


@strawberry.type(description="An asset that a listing may be, is, or was taken for, and why.")
class Candidate:
    """An asset that a listing may be, is, or was taken for."""

    link: Link = strawberry.field(description="The decision about it, with its score and reasons.")
    asset_id: strawberry.Private[int]

    @classmethod
    def from_row(cls, row: Row) -> Candidate:
        """Take a link as models.queries.reviews selects it."""
        return cls(link=Link.from_row(row), asset_id=row.asset_id)

    @resolver("The asset.")
    async def asset(self, info: Info) -> Asset:
        """Load the asset."""
        return await asset_of(info.context, self.asset_id)


@strawberry.type(description="A doubt that a person can settle: is this listing that asset?")
class ReviewCase:
    """A doubt that a person can settle."""

    link: Link = strawberry.field(description="What speaks for it and against it.")
    name: str | None = strawberry.field(description="What the source calls the coin.")
    symbol: str | None = strawberry.field(description="The source's symbol of the coin.")
    asset_id: strawberry.Private[int]
    own_asset_id: strawberry.Private[int | None]

    @classmethod
    def from_row(cls, row: Row) -> ReviewCase:
        """Take a link as `in_review` selects it."""
        return cls(
            link=Link.from_row(row),
            name=row.name,
            symbol=row.symbol,
            asset_id=row.asset_id,
            own_asset_id=row.own_asset_id,
        )

    @resolver("The asset that the listing may be: pass its uid to `acceptLink` or `rejectLink`.")
    async def asset(self, info: Info) -> Asset:
        """Load the asset in question."""
        return await asset_of(info.context, self.asset_id)

    @resolver("The asset that the listing is served as until somebody decides.")
    async def served_as(self, info: Info) -> Asset | None:
        """Load the listing's own asset."""
        return None if self.own_asset_id is None else await asset_of(info.context, self.own_asset_id)


@strawberry.type(
    description="Why a source's listing is the asset that it is, and what else it could have been."
)
class LinkExplanation:
    """Why a source's listing is the asset that it is."""

    source: str = strawberry.field(description="The listing's source.")
    source_id: str = strawberry.field(description="The source's own id of the coin.")
    name: str | None = strawberry.field(description="What the source calls the coin.")
    symbol: str | None = strawberry.field(description="The source's symbol of the coin.")
    accepted: Candidate | None = strawberry.field(
        description="What it was accepted for; null: it has no price, and nothing that has one is near it."
    )
    others: list[Candidate] = strawberry.field(
        description="Candidates in doubt, those that lost to a better one and those that a person refused, best first."
    )
    listing_id: strawberry.Private[int]

    @resolver("Decisions that no longer hold, newest first.")
    async def earlier(self, info: Info, first: First = 20) -> list[Candidate]:
        """Read the decisions that no longer hold."""
        select = queries.considered(self.listing_id, retired=True, first=size("first", first))
        return [Candidate.from_row(row) for row in await info.context.rows.all(select)]


@strawberry.type
class ReviewQuery:
    """The queries for curators."""

    @resolver("Links in doubt, the likeliest first.")
    async def review_queue(
        self, info: Info, first: FirstOfPage = None, after: After = None, source: SourceFilter = None
    ) -> Connection[ReviewCase]:
        """Read a page of doubts."""
        rows = queries.in_review(current_name(source))
        return await connect(
            info.context, rows, queries.LIKELIEST_FIRST, PageRequest(first, after), ReviewCase.from_row
        )

    @resolver("Why a listing is the asset that it is, with the candidates that lost; null: no such listing.")
    async def explain_link(
        self,
        info: Info,
        source: SourceName,
        source_id: Annotated[
            str, strawberry.argument(description="The source's own id, like `btc-bitcoin`.")
        ],
        first: Annotated[int, strawberry.argument(description="How many candidates at most.")] = 20,
    ) -> LinkExplanation | None:
        """Read everything that was considered for a listing."""
        listing = await info.context.rows.first(queries.listing(current_name(source), source_id))
        if listing is None:
            return None
        select = queries.considered(listing.id, retired=False, first=size("first", first))
        found = [Candidate.from_row(row) for row in await info.context.rows.all(select)]
        return LinkExplanation(
            source=listing.source,
            source_id=listing.source_id,
            name=listing.name,
            symbol=listing.symbol,
            accepted=next((one for one in found if one.link.state is LinkState.ACCEPTED), None),
            others=[one for one in found if one.link.state is not LinkState.ACCEPTED],
            listing_id=listing.id,
        )
