"""Runs: what was executed for which source, and how it ended."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.fields import key_of, resolver
from graphql_api.paging import After, Connection, First, FirstOfPage, PageRequest, connect, size
from graphql_api.planner.rows import Row
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

    @classmethod
    def from_row(cls, row: Row) -> Run:
        """Take a run as models.queries.runs selects it."""
        return cls(
            id=strawberry.ID(str(row.id)),
            flow=row.flow,
            source=row.source,
            outcome=RunOutcome(row.outcome),
            started_at=row.started_at,
            finished_at=row.finished_at,
            pages=row.pages,
            fetched=row.fetched,
            new=row.new,
            changed=row.changed,
            unchanged=row.unchanged,
            rejected=row.rejected,
            error=row.error,
            remedy=row.remedy,
            dataset_version=row.dataset_version,
            prefect_run_id=row.prefect_run_id,
            parent_id=None if row.parent_id is None else strawberry.ID(str(row.parent_id)),
        )

    @resolver("How long it took, or has been at it, in seconds.")
    def duration_seconds(self, info: Info) -> float:
        """Tell how long it took."""
        return ((self.finished_at or info.context.now) - self.started_at).total_seconds()

    @resolver("Where Prefect's own pages show it; null: it ran without a Prefect server.")
    def prefect_url(self, info: Info) -> str | None:
        """Tell where Prefect shows it."""
        ui = info.context.services.prefect.ui_url
        return self.prefect_run_id and f"{ui}/runs/flow-run/{self.prefect_run_id}"

    @resolver("The runs that it started, newest first.")
    async def children(self, info: Info, first: First = 50) -> list[Run]:
        """Load the runs that it started."""
        rows = await info.context.children(queries.children_of, int(self.id), first=size("first", first))
        return [Run.from_row(row) for row in rows]


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

    @resolver("Runs, newest first.")
    async def runs(
        self,
        info: Info,
        filter: Annotated[RunFilter | None, strawberry.argument(description="Which runs.")] = None,  # noqa: A002 - the API's word
        first: FirstOfPage = None,
        after: After = None,
    ) -> Connection[Run]:
        """Read a page of runs."""
        given = filter or RunFilter()
        wanted = queries.RunFilter(given.source, given.flow, given.outcome, given.prefect_run_id)
        return await connect(
            info.context, queries.runs(wanted), queries.NEWEST_FIRST, PageRequest(first, after), Run.from_row
        )

    @resolver("One run; null: there is none of that id.")
    async def run(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The run's id.")],  # noqa: A002 - the API's word
    ) -> Run | None:
        """Read one run."""
        run_id = key_of(id)
        row = None if run_id is None else await info.context.rows.first(queries.run(run_id))
        return None if row is None else Run.from_row(row)
