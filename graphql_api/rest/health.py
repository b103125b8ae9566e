"""GET /health and /health/live."""

from __future__ import annotations

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from graphql_api.context import Context
from graphql_api.dataset import Dataset, read_dataset
from graphql_api.errors import Unavailable
from graphql_api.planner.rows import Row
from graphql_api.rest.answers import answer, endpoint
from graphql_api.rest.envelopes import Health, LastRun
from graphql_api.rest.shapes import moment
from graphql_api.transport.caching import NEVER
from models.outcomes import RunOutcome
from models.queries import runs as run_queries

TROUBLED = frozenset({RunOutcome.PARTIAL, RunOutcome.FAILED})


async def live(request: Request) -> Response:
    """Answer that this process lives; touches nothing."""
    del request
    return answer({"status": "alive"}, headers={"cache-control": NEVER})


@endpoint
async def health(context: Context) -> Response:
    """Answer 200 while readers can be served, healthy or degraded with the reason; 503 without a database."""
    try:
        dataset = await read_dataset(context)
        last = await context.rows.first(run_queries.last_round())
    except Unavailable as error:
        return answer(_unhealthy(str(error)), 503)
    reason = _trouble(dataset, last, context.stale_before)
    healthy: Health = {
        "status": "degraded" if reason else "healthy",
        "database_connected": True,
        "reason": reason,
        "last_etl_run": _last_run(last),
        "dataset_version": dataset.version,
        "upstream": dataset.upstream,
        "published_at": moment(dataset.published_at),
    }
    return answer(healthy, headers={"cache-control": NEVER})


def _unhealthy(reason: str) -> Health:
    return {
        "status": "unhealthy",
        "database_connected": False,
        "reason": reason,
        "last_etl_run": None,
        "dataset_version": None,
        "upstream": None,
        "published_at": None,
    }


def _trouble(dataset: Dataset, last: Row | None, stale_before: datetime) -> str | None:
    if last is None or not dataset.version:
        told = last.error if last else None
        return f"Nothing was published yet: {told or 'the first run has not ended.'}"
    if last.started_at < stale_before:
        return "No run began for longer than STALE_AFTER_SECONDS: look at the worker and its schedule."
    if last.outcome in TROUBLED:
        return last.error or f"The last run ended as {last.outcome}: GET /stats says which source and why."
    return None


def _last_run(last: Row | None) -> LastRun | None:
    if last is None:
        return None
    return {
        "timestamp": moment(last.finished_at or last.started_at),
        "status": last.outcome,
        "records_processed": last.fetched,
    }
