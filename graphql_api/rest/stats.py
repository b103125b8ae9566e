"""GET /stats and what lies below it."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import version

from starlette.responses import Response

from graphql_api.context import Context, Services
from graphql_api.dataset import read_dataset
from graphql_api.metrics.process import memory_bytes
from graphql_api.planner.rows import Row
from graphql_api.rest.answers import answer, endpoint
from graphql_api.rest.envelopes import Counted, Debug, SourceState, SourceSummary
from graphql_api.rest.parameters import paging
from graphql_api.rest.shapes import Budget, budget, checkpoint, moment, run, standing
from graphql_api.security import require_admin
from graphql_api.settings import Environment
from graphql_api.transport.caching import NEVER
from models.outcomes import RunOutcome
from models.queries import runs as run_queries
from models.queries import server as server_queries
from models.queries import sources as source_queries
from models.queries.budgets import budgets_of
from models.queries.paging import offset_page, ordered

STARTED_AT = time.monotonic()


@endpoint
async def stats(context: Context) -> Response:
    """Answer the newest runs, and per source what it amounts to and how it stands."""
    asked = paging(context.request.query_params)
    newest = ordered(run_queries.runs(run_queries.RunFilter()), run_queries.NEWEST_FIRST)
    rows = await context.rows.all(offset_page(newest, limit=asked.limit, offset=asked.offset))
    entries = [_summary(each) for each in await _sources(context)]
    return answer({"runs": [run(row) for row in rows], "stats": entries})


@endpoint
async def checkpoints(context: Context) -> Response:
    """Answer how far each feed got."""
    rows = await context.rows.all(ordered(source_queries.checkpoints(), source_queries.CHECKPOINT_ORDER))
    return answer({"checkpoints": [checkpoint(row) for row in rows]})


@endpoint
async def sources(context: Context) -> Response:
    """Answer every source with its last run and the keys that it sends and nobody expected."""
    return answer({"sources": await _sources(context)})


@endpoint
async def debug(context: Context) -> Response:
    """Answer versions, sizes and roles: what one looks at first. In prod for admins only."""
    if context.settings.env is Environment.PROD:
        require_admin(context.request, context.settings)
    server = await context.rows.first(server_queries.server())
    tables = await context.rows.all(server_queries.table_sizes())
    dataset = await read_dataset(context)
    assert server is not None  # noqa: S101 - it selects functions of the server, always one row
    told: Debug = {
        "version": version("kasparro"),
        "python": platform.python_version(),
        "env": context.settings.env,
        "process_id": os.getpid(),
        "uptime_seconds": round(time.monotonic() - STARTED_AT, 1),
        "memory_mb": None if (held := memory_bytes()) is None else round(held / 2**20, 1),
        "server": server.version,
        "database_role": server.role,
        "database_bytes": server.bytes,
        "database_connections": server.connections,
        "tables": [{"name": row.name, "rows": row.rows, "bytes": row.bytes} for row in tables],
        "dataset_version": dataset.version,
        "upstream": dataset.upstream,
        "counters": _counters(context.services),
    }
    return answer(told, headers={"cache-control": NEVER})


def _counters(services: Services) -> Counted:
    counters, cache = services.counters, services.cache
    return {
        "cache_hits": counters.cache_hits,
        "cache_misses": counters.cache_misses,
        "cache_joined": counters.cache_joined,
        "cache_bypasses": counters.cache_bypasses,
        "cache_stand_ins": counters.cache_stand_ins,
        "cache_answers": len(cache),
        "cache_bytes": cache.bytes,
        "cache_is_usable": cache.is_on and cache.lease.is_valid,
        "planned": counters.planned,
        "fallbacks": dict(counters.fallbacks),
        "read_connections": services.readers.opened,
    }


def _summary(source: SourceState) -> SourceSummary:
    last = source["last_run"]
    return {
        "source": source["name"],
        "total_records": source["listings"],
        "last_run": last and last["started_at"],
        "last_success": source["last_success"],
        "status": source["status"],
        "state": source["state"],
        "next_try": source["next_try"],
        "reason": source["reason"],
        "total_runs": source["total_runs"],
        "budget": source["budget"],
    }


async def _sources(context: Context) -> list[SourceState]:
    known = await context.rows.all(source_queries.sources())
    names = [row.name for row in known]
    totals = {row.parent: row for row in await context.rows.all(source_queries.totals_of(names))}
    last = {row.parent: row for row in await context.rows.all(run_queries.last_runs_of(names))}
    best = run_queries.last_runs_of(names, outcome=RunOutcome.SUCCESS)
    success = {row.parent: row.finished_at for row in await context.rows.all(best)}
    drift: dict[str, list[str]] = {name: [] for name in names}
    for row in await context.rows.all(source_queries.drift_of(names, first=100)):
        drift[row.parent].append(f"{row.feed}.{row.field}")
    budgets = {row.parent: budget(row) for row in await context.rows.all(budgets_of(names))}
    return [
        _source(
            row,
            totals[row.name],
            last.get(row.name),
            last_success=moment(success.get(row.name)),
            drift=drift[row.name],
            budget=budgets.get(row.name),
        )
        for row in known
    ]


def _source(
    row: Row,
    totals: Row,
    last: Row | None,
    *,
    last_success: str | None,
    drift: list[str],
    budget: Budget | None,
) -> SourceState:
    return {
        "name": row.name,
        "title": row.title,
        "status": None if last is None else last.outcome,
        **standing(row),
        "last_run": None if last is None else run(last),
        "last_success": last_success,
        "listings": totals.listings,
        "quotes": totals.quotes,
        "rejects": totals.rejects,
        "held": totals.held,
        "total_runs": totals.runs,
        "drift_fields": drift,
        "budget": budget,
    }
