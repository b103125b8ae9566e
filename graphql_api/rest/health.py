"""GET /health and /health/live."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from graphql_api.context import Context
from graphql_api.dataset import read_dataset
from graphql_api.errors import Unavailable
from graphql_api.planner.rows import Row
from graphql_api.rest.answers import answer, endpoint
from graphql_api.rest.envelopes import Health, LastRun
from graphql_api.rest.shapes import moment, standing
from graphql_api.transport.caching import NEVER
from models.condition import troubles
from models.queries import runs as run_queries
from models.queries.source_states import troubled


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
        sources = await context.rows.all(troubled(context.stale_before))
    except Unavailable as error:
        return answer(_unhealthy(str(error)), 503)
    reasons = troubles(dataset.version, last, sources, context.stale_before)
    healthy: Health = {
        "status": "degraded" if reasons else "healthy",
        "database_connected": True,
        "reason": "; ".join(reasons) or None,
        "degraded": [{"source": source.source, **standing(source)} for source in sources],
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
        "degraded": [],
        "last_etl_run": None,
        "dataset_version": None,
        "upstream": None,
        "published_at": None,
    }


def _last_run(last: Row | None) -> LastRun | None:
    if last is None:
        return None
    return {
        "timestamp": moment(last.finished_at or last.started_at),
        "status": last.outcome,
        "records_processed": last.fetched,
    }
