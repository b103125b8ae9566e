"""POST /etl/…: runs by hand, through Prefect."""

from __future__ import annotations

from starlette.responses import Response

from graphql_api.context import Context
from graphql_api.etl import read_run, trigger
from graphql_api.prefect_server import FlowRun
from graphql_api.rest.answers import answer, endpoint
from graphql_api.rest.envelopes import EndedRun, StartedRun
from graphql_api.rest.shapes import run


@endpoint
async def run_source(context: Context) -> Response:
    """Run one source and answer when it is over; 202 where that takes longer than the server waits."""
    return await _run(context, context.request.path_params["source"])


@endpoint
async def run_all(context: Context) -> Response:
    """Run every source, unify and publish, and answer when it is over; 202 likewise."""
    return await _run(context, None)


@endpoint
async def run_background(context: Context) -> Response:
    """Start one source's run and answer 202 at once."""
    source = context.request.path_params["source"]
    started = await trigger(context, source, wait=False)
    return answer(_shape(started, source), 202)


async def _run(context: Context, source: str | None) -> Response:
    done = await trigger(context, source, wait=True)
    recorded = await read_run(context, done.id)
    shape: EndedRun = {**_shape(done, source), "run": None if recorded is None else run(recorded)}
    return answer(shape, 200 if done.is_over else 202)


def _shape(started: FlowRun, source: str | None) -> StartedRun:
    return {
        "status": started.state.lower(),
        "reason": started.reason,
        "source": source or "all",
        "prefect_run_id": started.id,
        "name": started.name,
    }
