"""What curators look at: links in doubt, and everything that was considered for a listing."""

from __future__ import annotations

from typing import Annotated

import strawberry

from graphql_api.assets import Asset
from graphql_api.context import Info
from graphql_api.links import Link
from graphql_api.paging import After, Connection, First, FirstOfPage, PageRequest, connection, size
from graphql_api.planner.readings import part, row, row_below, rows_below
from graphql_api.resolving import planned
from graphql_api.source_names import SourceFilter, SourceName, current_name
from models.queries import assets as asset_queries
from models.queries import reviews as queries


@strawberry.type(description="An asset that a listing may be, is, or was taken for, and why.")
class Candidate:
    """An asset that a listing may be, is, or was taken for."""

    @planned("The decision about it, with its score and reasons.")
    def link(self, info: Info) -> Link:
        """Say where it is."""
        del info
        return part(Link)

    @planned("The asset.")
    def asset(self, info: Info) -> Asset:
        """Say which asset."""
        return asset_of("asset_id", info)


@strawberry.type(description="A doubt that a person can settle: is this listing that asset?")
class ReviewCase:
    """A doubt that a person can settle."""

    name: str | None = strawberry.field(description="What the source calls the coin.")
    symbol: str | None = strawberry.field(description="The source's symbol of the coin.")

    @planned("What speaks for it and against it.")
    def link(self, info: Info) -> Link:
        """Say where it is."""
        del info
        return part(Link)

    @planned("The asset that the listing may be: pass its uid to `acceptLink` or `rejectLink`.")
    def asset(self, info: Info) -> Asset:
        """Say which asset."""
        return asset_of("asset_id", info)

    @planned("The asset that the listing is served as until somebody decides.")
    def served_as(self, info: Info) -> Asset | None:
        """Say which asset."""
        return asset_of("own_asset_id", info)


def asset_of(column: str, info: Info) -> Asset:
    """Stand for the asset whose key is in a column of the parent's row."""
    stale_before = info.context.stale_before
    return row_below(Asset, column, asset_queries.assets_by_key, stale_before=stale_before)


@strawberry.type(
    description="Why a source's listing is the asset that it is, and what else it could have been."
)
class LinkExplanation:
    """Why a source's listing is the asset that it is."""

    source: str = strawberry.field(description="The listing's source.")
    source_id: str = strawberry.field(description="The source's own id of the coin.")
    name: str | None = strawberry.field(description="What the source calls the coin.")
    symbol: str | None = strawberry.field(description="The source's symbol of the coin.")

    @planned("What it was accepted for; null: it has no price, and nothing that has one is near it.")
    def accepted(self, info: Info) -> Candidate | None:
        """Say which decision."""
        del info
        return row_below(Candidate, "id", queries.accepted_for)

    @planned(
        "Candidates in doubt, those that lost to a better one and those that a person refused, best first."
    )
    def others(self, info: Info, first: First = 20) -> list[Candidate]:
        """Say which decisions."""
        del info
        return rows_below(Candidate, "id", queries.others_of, first=size("first", first))

    @planned("Decisions that no longer hold, newest first.")
    def earlier(self, info: Info, first: First = 20) -> list[Candidate]:
        """Say which decisions."""
        del info
        return rows_below(Candidate, "id", queries.ended_of, first=size("first", first))


@strawberry.type
class ReviewQuery:
    """The queries for curators."""

    @planned("Links in doubt, the likeliest first.")
    def review_queue(
        self, info: Info, first: FirstOfPage = None, after: After = None, source: SourceFilter = None
    ) -> Connection[ReviewCase]:
        """Say which doubts."""
        del info
        wanted = PageRequest(first, after)
        return connection(
            ReviewCase, wanted, queries.LIKELIEST_FIRST, queries.in_review, current_name(source)
        )

    @planned("Why a listing is the asset that it is, with the candidates that lost; null: no such listing.")
    def explain_link(
        self,
        info: Info,
        source: SourceName,
        source_id: Annotated[
            str, strawberry.argument(description="The source's own id, like `btc-bitcoin`.")
        ],
    ) -> LinkExplanation | None:
        """Say which listing."""
        del info
        return row(LinkExplanation, queries.listing, current_name(source), source_id)
