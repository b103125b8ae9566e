"""Starting runs by hand."""

from __future__ import annotations

from typing import Annotated

import strawberry

from graphql_api.context import Context, Info
from graphql_api.errors import Unavailable
from graphql_api.fields import resolver
from graphql_api.planner.readings import row
from graphql_api.planner.rows import Row
from graphql_api.prefect_server import FlowRun
from graphql_api.resolving import planned
from graphql_api.runs import Run
from graphql_api.security import require_admin
from graphql_api.source_names import current_name
from graphql_api.sources import require_source
from models.queries import runs as run_queries


@strawberry.type(description="A run that was handed to Prefect.")
class TriggeredRun:
    """A run that was handed to Prefect."""

    prefect_run_id: strawberry.ID = strawberry.field(description="The run's id in Prefect.")
    name: str = strawberry.field(description="The run's name in Prefect.")
    state: str = strawberry.field(
        description="How it stands, in Prefect's words: SCHEDULED, RUNNING, COMPLETED, FAILED and so on."
    )
    reason: str | None = strawberry.field(
        description="Why it stands so, like what it is skipped or cancelled for; null: there is nothing to say."
    )
    is_over: bool = strawberry.field(description="Whether nothing more will happen to it.")

    @classmethod
    def of(cls, run: FlowRun) -> TriggeredRun:
        """Take a run as Prefect knows it."""
        return cls(
            prefect_run_id=strawberry.ID(run.id),
            name=run.name,
            state=run.state,
            reason=run.reason,
            is_over=run.is_over,
        )

    @planned("What it did, as recorded here; null: it has not begun.")
    def run(self, info: Info) -> Run | None:
        """Say which run."""
        return row(Run, run_queries.of_prefect, self.prefect_run_id, reader=info.context.reader)


@strawberry.type
class EtlMutation:
    """The mutations that start runs."""

    @resolver("Start a run through Prefect: of one source, or of all, unify and publish. Admins only.")
    async def trigger_run(
        self,
        info: Info,
        source: Annotated[
            str | None, strawberry.argument(description="Only this source; null: every source, then unify.")
        ] = None,
        wait: Annotated[  # noqa: FBT002 - a GraphQL argument is always named
            bool,
            strawberry.argument(
                description="Answer when it is over, or after the server's RUN_WAIT_SECONDS; false: at once."
            ),
        ] = False,
    ) -> TriggeredRun:
        """Start a run and, if asked, wait for it."""
        return TriggeredRun.of(await trigger(info.context, source, wait=wait))


async def trigger(context: Context, source: str | None, *, wait: bool) -> FlowRun:
    """Start a run for an admin; raises `NotFound` for a source that no run has ever named."""
    require_admin(context.request, context.settings)
    name = current_name(source)
    if name is not None:
        await require_source(context, name)
        # What the run will write comes after this snapshot: give it back.
        await context.renew()
    started = await context.services.prefect.start_etl(name)
    return (
        await context.services.prefect.wait(started, context.settings.run_wait_seconds) if wait else started
    )


async def start_unify(context: Context) -> tuple[TriggeredRun | None, str | None]:
    """Have prices drawn anew after somebody settled something: the run, or why none could be started."""
    try:
        return TriggeredRun.of(await context.services.prefect.start_unify()), None
    except Unavailable as error:
        return None, f"It holds, but prices follow with the next run only: {error}"


async def read_run(context: Context, prefect_run_id: str) -> Row | None:
    """Read what the run of that Prefect id recorded: the run itself, not those it started."""
    return await context.rows.first(run_queries.of_prefect(prefect_run_id))
