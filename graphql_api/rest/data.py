"""GET /data and what lies below it."""

from __future__ import annotations

import time

from starlette.responses import Response

from graphql_api.cache import Answer
from graphql_api.context import Context
from graphql_api.currencies import require_currency
from graphql_api.errors import NotFound
from graphql_api.rest.answers import answer, answer_with_meta, endpoint, kept
from graphql_api.rest.envelopes import Meta
from graphql_api.rest.parameters import days, paging, text
from graphql_api.rest.shapes import observation, raw_record, unified
from graphql_api.scalars import encode_exactly
from graphql_api.source_names import current_name
from graphql_api.sources import require_source
from models.queries import assets as asset_queries
from models.queries import records as record_queries
from models.queries.observations import ObservationFilter, counted, observations
from models.queries.paging import offset_page, ordered, total
from models.queries.rates import DOLLAR


async def observations_wanted(context: Context) -> ObservationFilter:
    """Read which observations a request asks for."""
    parameters = context.request.query_params
    start, end = days(parameters)
    return ObservationFilter(
        source=current_name(text(parameters, "source")),
        symbol=text(parameters, "symbol"),
        name_contains=text(parameters, "asset_name"),
        code=await _currency(context),
        start=start,
        end=end,
    )


@endpoint
async def data(context: Context) -> Response:
    """Answer what sources say: now, or between two days."""
    began = time.perf_counter()
    wanted = await observations_wanted(context)
    asked = paging(context.request.query_params)

    async def read(reading: Context) -> dict[str, object]:
        rows = await reading.rows.all(observations(wanted, limit=asked.limit, offset=asked.offset))
        found = await reading.rows.count(total(counted(wanted)))
        return {"data": [observation(row) for row in rows], "pagination": asked.describe(found)}

    page = await kept(context, ("/data", wanted, asked), read)
    return answer_with_meta(page, _meta(context, began))


@endpoint
async def count(context: Context) -> Response:
    """Answer how many listings have a price."""
    source = current_name(text(context.request.query_params, "source"))
    return answer({"count": await context.rows.count(total(counted(ObservationFilter(source=source))))})


@endpoint
async def asset(context: Context) -> Response:
    """Answer an asset's unified record with what each source says; a retired uid answers with its successor."""
    uid, code = context.request.path_params["asset_uid"], await _currency(context)
    row = await context.rows.first(asset_queries.asset_told_in(uid, code, context.stale_before))
    if row is None:
        raise NotFound(f"There is no asset {uid!r}. GET /data?symbol=… lists assets by symbol.")
    sources = await context.rows.all(observations(ObservationFilter(asset_uid=row.uid, code=code), limit=250))
    return answer({**unified(row), "sources": [observation(each) for each in sources]})


@endpoint
async def raw(context: Context) -> Response:
    """Answer a source's payloads as received, newest first; with a record id those of that record."""
    began = time.perf_counter()
    source = current_name(context.request.path_params["source"])
    await require_source(context, source)
    record_id, asked = context.request.path_params.get("record_id"), paging(context.request.query_params)
    every = record_queries.raw_records(source, record_id)
    newest = ordered(every, record_queries.NEWEST_RAW)
    rows = await context.rows.all(offset_page(newest, limit=asked.limit, offset=asked.offset))
    if record_id is not None and not rows and not asked.offset:
        raise NotFound(f"{source} never sent a record {record_id!r}.")
    found = await context.rows.count(total(every))
    page = {"data": [raw_record(row) for row in rows], "pagination": asked.describe(found)}
    return answer_with_meta(Answer(encode_exactly(page)), _meta(context, began))


async def _currency(context: Context) -> str | None:
    return await require_currency(context, text(context.request.query_params, "vs_currency") or DOLLAR)


def _meta(context: Context, began: float) -> Meta:
    latency_ms = round((time.perf_counter() - began) * 1000, 3)
    return {"request_id": context.request_id, "api_latency_ms": latency_ms}
