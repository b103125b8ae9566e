"""Sources: the providers and files, how they are doing, and what they amount to."""

from __future__ import annotations

from datetime import datetime

import strawberry

from graphql_api.context import Context, Info
from graphql_api.errors import NotFound
from graphql_api.paging import First, size
from graphql_api.planner.readings import only, row_below, rows, rows_below
from graphql_api.resolving import planned
from graphql_api.runs import Run
from graphql_api.scalars import RawJson
from models.outcomes import RunOutcome, SourceState
from models.queries import runs as run_queries
from models.queries import sources as queries
from models.queries.budgets import budgets_of

strawberry.enum(
    SourceState,
    description="How a source does, the worst that can be said of it. NEW: no run for it ended yet. OK: its last run "
    "brought what it should. SLOWED: it is asked less often, so that its month lasts. PARTIAL: its last run brought "
    "prices, and not all that it should. FAILING: its last run failed, the next tries again. BENCHED: scheduled runs "
    "leave it alone until `nextTryAt`, since it failed too often, wants a pause, refuses the key or is used up.",
)


@strawberry.type(description="What a source amounts to, in rows.")
class SourceTotals:
    """What a source amounts to, in rows."""

    listings: int = strawberry.field(description="Coins it lists.")
    quotes: int = strawberry.field(description="Coins it has a published price for.")
    rejects: int = strawberry.field(description="Records of it that could not be used.")
    runs: int = strawberry.field(description="Runs made for it.")
    held: int = strawberry.field(description="Quotes of it that a guard holds now.")


@strawberry.type(description="A key that a source sends and nobody expected: seen, never fatal.")
class DriftField:
    """A key that a source sends and nobody expected."""

    feed: str = strawberry.field(description="The feed it was seen in.")
    field: str = strawberry.field(description="The key.")
    example: RawJson = strawberry.field(description="A value it had.")
    first_seen_at: datetime = strawberry.field(description="When it was first seen.")


@strawberry.type(
    description="What a source may still be asked, for all workers together, as of its last request."
)
class SourceBudget:
    """What a source may still be asked."""

    requests_per_minute: float = strawberry.field(
        description="Requests a minute, by its plan or the settings."
    )
    allowed_per_minute: float = strawberry.field(
        description="Requests a minute that it was last asked at: refusals halve them, and they recover within the hour."
    )
    limit: int | None = strawberry.field(
        description="Calls or credits a month, by its plan or the settings; null: there is no end."
    )
    spent: int = strawberry.field(description="Calls or credits spent in this period.")
    spent_current: int = strawberry.field(description="Of these for current prices.")
    spent_history: int = strawberry.field(
        description="Of these for history, which gets what current prices leave."
    )
    left: int | None = strawberry.field(description="What is left in this period; null: there is no end.")
    period_ends_at: datetime = strawberry.field(description="When the period ends: with the month, UTC.")
    paused_until: datetime | None = strawberry.field(
        description="Until when it is not asked, because it said so; null: it may be asked. `nextTryAt` of the source "
        "tells what this and everything else amount to."
    )
    next_at: datetime | None = strawberry.field(
        description="When current prices are asked for next, slowed so that the month lasts; null: with the schedule."
    )
    reason: str | None = strawberry.field(description="Why the budget pauses or slows it; null: it does not.")


@strawberry.type(description="A provider or file that prices come from.")
class Source:
    """A provider or file that prices come from."""

    name: str = strawberry.field(description="Its name, as `source` has it everywhere.")
    title: str = strawberry.field(description="Its name for people.")
    registered_at: datetime = strawberry.field(description="When it was first known here.")

    state: SourceState = strawberry.field(description="How it does.")
    failures: int = strawberry.field(description="How many of its runs in a row failed.")
    failing_since: datetime | None = strawberry.field(
        description="When the first of these ended; null: the last one did not fail."
    )
    next_try_at: datetime | None = strawberry.field(
        description="When scheduled runs ask it again, at the earliest; null: with the schedule."
    )
    reason: str | None = strawberry.field(description="Why it is in that state; null: all is well.")
    remedy: str | None = strawberry.field(
        description="What is or should be done about it; null: there is nothing to do."
    )

    @planned("Its last run; null: it never ran.")
    def last_run(self, info: Info) -> Run | None:
        """Say which run."""
        return row_below(Run, "name", run_queries.last_runs_of, reader=info.context.reader)

    @planned("When a run for it last ended well; null: none did yet.")
    def last_success_at(self, info: Info) -> datetime | None:
        """Say which value."""
        del info
        best = row_below(Run, "name", run_queries.last_runs_of, outcome=RunOutcome.SUCCESS)
        return only(datetime, "finished_at", best)

    @planned("What it amounts to, in rows.")
    def totals(self, info: Info) -> SourceTotals:
        """Say which totals."""
        del info
        return row_below(SourceTotals, "name", queries.totals_of)

    @planned("What it may still be asked; null: it was never asked over the network.")
    def budget(self, info: Info) -> SourceBudget | None:
        """Say which budget."""
        del info
        return row_below(SourceBudget, "name", budgets_of)

    @planned("The keys it sends that nobody expected, newest first.")
    def drift_fields(self, info: Info, first: First = 100) -> list[DriftField]:
        """Say which keys."""
        del info
        return rows_below(DriftField, "name", queries.drift_of, first=size("first", first))


@strawberry.type
class SourceQuery:
    """The queries about sources."""

    @planned("The sources that this database knows, by name.")
    def sources(self, info: Info, first: First = 100) -> list[Source]:
        """Say which sources."""
        del info
        return rows(Source, queries.sources, first=size("first", first))


async def require_source(context: Context, name: str) -> None:
    """Raise `NotFound`, with the names there are, for a source that is not known."""
    known = [row.name for row in await context.rows.all(queries.sources())]
    if name not in known:
        raise NotFound(
            f"There is no source {name!r}. Known are: {', '.join(known) or 'none'}. "
            "A source is known once a run has read it: start a run of all sources first."
        )
