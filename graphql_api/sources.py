"""Sources: the providers and files, how they are doing, and what they amount to."""

from __future__ import annotations

from datetime import datetime
from typing import cast

import strawberry

from graphql_api.context import Context, Info
from graphql_api.errors import NotFound
from graphql_api.fields import resolver
from graphql_api.paging import First, size
from graphql_api.planner.rows import Row
from graphql_api.runs import Run
from graphql_api.scalars import RawJson
from models.outcomes import RunOutcome
from models.queries import runs as run_queries
from models.queries import sources as queries


@strawberry.type(description="What a source amounts to, in rows.")
class SourceTotals:
    """What a source amounts to, in rows."""

    listings: int = strawberry.field(description="Coins it lists.")
    quotes: int = strawberry.field(description="Coins it has a published price for.")
    rejects: int = strawberry.field(description="Records of it that could not be used.")
    runs: int = strawberry.field(description="Runs made for it.")

    @classmethod
    def from_row(cls, row: Row) -> SourceTotals:
        """Take the totals as `totals_of` selects them."""
        return cls(listings=row.listings, quotes=row.quotes, rejects=row.rejects, runs=row.runs)


@strawberry.type(description="A key that a source sends and nobody expected: seen, never fatal.")
class DriftField:
    """A key that a source sends and nobody expected."""

    feed: str = strawberry.field(description="The feed it was seen in.")
    field: str = strawberry.field(description="The key.")
    example: RawJson = strawberry.field(description="A value it had.")
    first_seen_at: datetime = strawberry.field(description="When it was first seen.")

    @classmethod
    def from_row(cls, row: Row) -> DriftField:
        """Take a drift as `drift_of` selects it."""
        return cls(
            feed=row.feed, field=row.field, example=RawJson(row.example), first_seen_at=row.first_seen_at
        )


@strawberry.type(description="A provider or file that prices come from.")
class Source:
    """A provider or file that prices come from."""

    name: str = strawberry.field(description="Its name, as `source` has it everywhere.")
    title: str = strawberry.field(description="Its name for people.")
    registered_at: datetime = strawberry.field(description="When it was first known here.")

    @classmethod
    def from_row(cls, row: Row) -> Source:
        """Take a source as `sources` selects it."""
        return cls(name=row.name, title=row.title, registered_at=row.registered_at)

    @resolver("How its last run stands; null: it never ran.")
    async def state(self, info: Info) -> RunOutcome | None:
        """Tell how its last run stands."""
        last = await self._last(info)
        return None if last is None else RunOutcome(last.outcome)

    @resolver("Its last run; null: it never ran.")
    async def last_run(self, info: Info) -> Run | None:
        """Load its last run."""
        last = await self._last(info)
        return None if last is None else Run.from_row(last)

    @resolver("When a run for it last ended well; null: none did yet.")
    async def last_success_at(self, info: Info) -> datetime | None:
        """Tell when a run last ended well."""
        last = await self._last(info, RunOutcome.SUCCESS)
        return None if last is None else cast("datetime | None", last.finished_at)

    @resolver("What it amounts to, in rows.")
    async def totals(self, info: Info) -> SourceTotals:
        """Count what it amounts to."""
        rows = await info.context.children(queries.totals_of, self.name)
        return SourceTotals.from_row(rows[0])

    @resolver("The keys it sends that nobody expected, newest first.")
    async def drift_fields(self, info: Info, first: First = 100) -> list[DriftField]:
        """Load the keys that nobody expected."""
        rows = await info.context.children(queries.drift_of, self.name, first=size("first", first))
        return [DriftField.from_row(row) for row in rows]

    async def _last(self, info: Info, outcome: RunOutcome | None = None) -> Row | None:
        rows = await info.context.children(run_queries.last_runs_of, self.name, outcome=outcome)
        return rows[0] if rows else None


@strawberry.type
class SourceQuery:
    """The queries about sources."""

    @resolver("The sources that this database knows, by name.")
    async def sources(self, info: Info, first: First = 100) -> list[Source]:
        """Read the sources."""
        rows = await info.context.rows.all(queries.sources().limit(size("first", first)))
        return [Source.from_row(row) for row in rows]


async def require_source(context: Context, name: str) -> None:
    """Raise `NotFound`, with the names there are, for a source that is not known."""
    known = [row.name for row in await context.rows.all(queries.sources())]
    if name not in known:
        raise NotFound(
            f"There is no source {name!r}. Known are: {', '.join(known) or 'none'}. "
            "A source is known once a run has read it: start a run of all sources first."
        )
