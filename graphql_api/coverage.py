"""Coverage: how far back an asset's history reaches, by listing, and what is missing of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.paging import First, size
from graphql_api.planner.readings import rows, rows_below
from graphql_api.resolving import planned
from models.queries import coverage as queries


@strawberry.type(description="Days in a row without a price.")
class Gap:
    """Days in a row without a price."""

    first_on: date = strawberry.field(description="The first of them, UTC.")
    last_on: date = strawberry.field(description="The last of them, UTC.")
    days: int = strawberry.field(description="How many they are.")


@strawberry.type(description="What there is of one listing's history, and what the provider was asked for.")
class Coverage:
    """What there is of one listing's history."""

    source: str = strawberry.field(description="The source.")
    source_id: str = strawberry.field(description="The source's own id.")
    first_on: date | None = strawberry.field(
        description="The first day with a price, UTC; null: there is none."
    )
    last_on: date | None = strawberry.field(
        description="The last day with a price, UTC; null: there is none."
    )
    days: int = strawberry.field(description="How many days have a price.")
    missing_days: int | None = strawberry.field(
        description="How many days between the first and the last have none; null: there is no day."
    )
    newest_at: datetime | None = strawberry.field(
        description="The newest price's moment; null: there is none."
    )
    asked_from: date | None = strawberry.field(
        description="The earliest day that a backfill asked for; null: none did."
    )
    asked_to: date | None = strawberry.field(
        description="The latest day that a backfill asked for; null: none did."
    )
    asked_at: datetime | None = strawberry.field(description="When one last asked; null: none did.")
    years_asked: int = strawberry.field(
        description="Of how many calendar years backfills asked, in whole or in part."
    )
    years_empty: int = strawberry.field(
        description="Of how many of these the provider has nothing: they are not asked for again."
    )
    reason: str | None = strawberry.field(
        description="Why a year brought nothing, in the provider's words; null: it said nothing of the kind."
    )

    @planned("The days without a price between the first and the last, newest first.")
    def gaps(self, info: Info, first: First = 50) -> list[Gap]:
        """Say which days."""
        del info
        return rows_below(Gap, "listing_id", queries.gaps_of, first=size("first", first))


@strawberry.type
class CoverageQuery:
    """The query about what there is of history."""

    @planned(
        "How far back the history of an asset's listings reaches, by source; empty: there is no such asset."
    )
    def coverage(
        self,
        info: Info,
        uid: Annotated[str, strawberry.argument(description="The asset's uid, like `bitcoin`.")],
        first: First = 50,
    ) -> list[Coverage]:
        """Say which listings."""
        del info
        return rows(Coverage, queries.coverage_of, uid, first=size("first", first))
