"""Runs: what was executed for which source, and how it ended."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.fields import key_of
from graphql_api.paging import After, Connection, First, FirstOfPage, PageRequest, connection, size
from graphql_api.planner.readings import row, rows_below
from graphql_api.resolving import planned
from models.outcomes import RunOutcome
from models.queries import runs as queries

strawberry.enum(RunOutcome, description="How a run stands.")


@strawberry.type(description="One execution of a flow: what it set out to do, what it did, and how it ended.")
class Run:
    """One execution of a flow."""

    id: strawberry.ID = strawberry.field(description="The run's id.")
    flow: str = strawberry.field(description="The flow: `etl`, `ingest`, `unify` and so on.")
    source: str | None = strawberry.field(description="The source it was for; null: for all.")
    outcome: RunOutcome = strawberry.field(description="How it stands, or how it ended.")
    started_at: datetime = strawberry.field(description="When it began.")
    finished_at: datetime | None = strawberry.field(description="When it ended; null: it has not.")
    pages: int = strawberry.field(description="Pages stored.")
    fetched: int = strawberry.field(description="Records received.")
    new: int = strawberry.field(description="Quotes that were not there before.")
    changed: int = strawberry.field(description="Quotes that say something else than before.")
    unchanged: int = strawberry.field(description="Quotes that say the same as before.")
    rejected: int = strawberry.field(description="Records that could not be used.")
    error: str | None = strawberry.field(description="What went wrong; null: nothing.")
    remedy: str | None = strawberry.field(description="What is or should be done about the error.")
    dataset_version: int | None = strawberry.field(
        description="The dataset version it published; null: it published nothing."
    )
    prefect_run_id: str | None = strawberry.field(
        description="The run's id in Prefect; null: it ran without a Prefect server."
    )
    parent_id: strawberry.ID | None = strawberry.field(
        description="The run that started it; null: a schedule or a person did."
    )

    duration_seconds: float = strawberry.field(description="How long it took, or has been at it, in seconds.")
    prefect_url: str | None = strawberry.field(
        description="Where Prefect's own pages show it; null: it ran without a Prefect server."
    )

    @planned("The runs that it started, newest first.")
    def children(self, info: Info, first: First = 50) -> list[Run]:
        """Say which runs."""
        reader = info.context.reader
        return rows_below(Run, "id", queries.children_of, first=size("first", first), reader=reader)


@strawberry.input(description="What runs must be. What is left out asks nothing.")
class RunFilter:
    """What runs must be."""

    source: str | None = strawberry.field(default=None, description="For this source.")
    flow: str | None = strawberry.field(default=None, description="Of this flow.")
    outcome: RunOutcome | None = strawberry.field(default=None, description="With this outcome.")
    prefect_run_id: str | None = strawberry.field(default=None, description="With this id in Prefect.")


@strawberry.type
class RunQuery:
    """The queries about runs."""

    @planned("Runs, newest first.")
    def runs(
        self,
        info: Info,
        filter: Annotated[RunFilter | None, strawberry.argument(description="Which runs.")] = None,  # noqa: A002 - the API's word
        first: FirstOfPage = None,
        after: After = None,
    ) -> Connection[Run]:
        """Say which runs."""
        given = filter or RunFilter()
        wanted = queries.RunFilter(given.source, given.flow, given.outcome, given.prefect_run_id)
        asked, reader = PageRequest(first, after), info.context.reader
        return connection(Run, asked, queries.NEWEST_FIRST, queries.runs, wanted, reader=reader)

    @planned("One run; null: there is none of that id.")
    def run(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The run's id.")],  # noqa: A002 - the API's word
    ) -> Run | None:
        """Say which run."""
        run_id = key_of(id)
        return None if run_id is None else row(Run, queries.run, run_id, reader=info.context.reader)
