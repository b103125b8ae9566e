"""GET /stats and what lies below it."""

from __future__ import annotations

from starlette.responses import Response

from graphql_api.context import Context
from graphql_api.planner.rows import Row
from graphql_api.rest.answers import answer, endpoint
from graphql_api.rest.parameters import paging
from graphql_api.rest.shapes import Shape, checkpoint, moment, run
from models.outcomes import RunOutcome
from models.queries import runs as run_queries
from models.queries import sources as source_queries
from models.queries.paging import offset_page, ordered


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


def _summary(source: Shape) -> Shape:
    last = source["last_run"]
    return {
        "source": source["name"],
        "total_records": source["listings"],
        "last_run": last and last["started_at"],
        "last_success": source["last_success"],
        "status": source["status"],
        "total_runs": source["total_runs"],
    }


async def _sources(context: Context) -> list[Shape]:
    known = await context.rows.all(source_queries.sources())
    names = [row.name for row in known]
    totals = {row.parent: row for row in await context.rows.all(source_queries.totals_of(names))}
    last = {row.parent: row for row in await context.rows.all(run_queries.last_runs_of(names))}
    best = run_queries.last_runs_of(names, outcome=RunOutcome.SUCCESS)
    success = {row.parent: row.finished_at for row in await context.rows.all(best)}
    drift: dict[str, list[str]] = {name: [] for name in names}
    for row in await context.rows.all(source_queries.drift_of(names, first=100)):
        drift[row.parent].append(f"{row.feed}.{row.field}")
    return [
        _source(row, totals[row.name], last.get(row.name))
        | {"last_success": moment(success.get(row.name)), "drift_fields": drift[row.name]}
        for row in known
    ]


def _source(row: Row, totals: Row, last: Row | None) -> Shape:
    return {
        "name": row.name,
        "title": row.title,
        "status": None if last is None else last.outcome,
        "last_run": None if last is None else run(last),
        "listings": totals.listings,
        "quotes": totals.quotes,
        "rejects": totals.rejects,
        "total_runs": totals.runs,
    }
