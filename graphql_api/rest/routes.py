"""The paths that clients of the older REST services know: what each takes and what it answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from graphql_api.rest import csv_export, data, envelopes, etl, health, stats
from graphql_api.rest.parameters import (
    ASSET_NAME,
    CURRENCY,
    DAYS,
    EXPORTED,
    PAGING,
    SOURCE,
    SYMBOL,
    Parameter,
)
from graphql_api.transport.media import CSV, JSON


@dataclass(frozen=True, slots=True)
class Operation:
    """One path with one method. `answers` are its shapes by status; `refusals` the statuses beside those of all."""

    path: str
    endpoint: Callable[[Request], Awaitable[Response]]
    summary: str
    answers: Mapping[int, type]
    parameters: tuple[Parameter, ...] = ()
    refusals: tuple[int, ...] = ()
    method: str = "GET"
    needs: str | None = field(default="reader", kw_only=True)
    """Whose key: a reader's, an admin's, or nobody's (None)."""
    media: str = field(default=JSON, kw_only=True)
    """What it is answered in when nothing is refused."""

    @property
    def route(self) -> Route:
        """The operation as Starlette routes it."""
        return Route(self.path, self.endpoint, methods=[self.method])


OPERATIONS = [
    Operation(
        "/health",
        health.health,
        "How the whole is: healthy, degraded with the reason, or 503 without a database.",
        {200: envelopes.Health, 503: envelopes.Health},
        needs=None,
    ),
    Operation(
        "/health/live",
        health.live,
        "That this process lives; touches nothing.",
        {200: envelopes.Alive},
        needs=None,
    ),
    Operation(
        "/data",
        data.data,
        "What every source says now, by rank; with days, what it said then, newest first.",
        {200: envelopes.ObservationPage},
        (SOURCE, SYMBOL, ASSET_NAME, CURRENCY, *DAYS, *PAGING),
    ),
    Operation(
        "/data.csv",
        csv_export.data_csv,
        "The same, all of it, as a file of CSV: one line for each row of `/data`, under the names of its fields.",
        {200: str},
        (SOURCE, SYMBOL, ASSET_NAME, CURRENCY, *DAYS, EXPORTED),
        media=CSV,
    ),
    Operation(
        "/data/count", data.count, "How many listings have a price.", {200: envelopes.Count}, (SOURCE,)
    ),
    Operation(
        "/data/raw/{source}",
        data.raw,
        "A source's payloads as received, newest first.",
        {200: envelopes.RawPage},
        PAGING,
        (404,),
    ),
    Operation(
        "/data/raw/{source}/{record_id:path}",
        data.raw,
        "The payloads of one record as received, newest first.",
        {200: envelopes.RawPage},
        PAGING,
        (404,),
    ),
    Operation(
        "/data/{asset_uid}",
        data.asset,
        "An asset's unified numbers, and what each source says; a retired uid answers with its successor.",
        {200: envelopes.AssetWithSources},
        (CURRENCY,),
        (404,),
    ),
    Operation(
        "/stats",
        stats.stats,
        "The newest runs, and a line for each source.",
        {200: envelopes.Stats},
        PAGING,
    ),
    Operation(
        "/stats/checkpoints", stats.checkpoints, "How far each feed got.", {200: envelopes.Checkpoints}
    ),
    Operation(
        "/stats/sources",
        stats.sources,
        "Every source, how it stands and what it amounts to.",
        {200: envelopes.Sources},
    ),
    Operation(
        "/stats/debug",
        stats.debug,
        "Versions, sizes and roles: what one looks at first. In prod for admins only.",
        {200: envelopes.Debug},
        needs="debugger",
    ),
    Operation(
        "/etl/run/{source}",
        etl.run_source,
        "Run one source, unify and publish; 202 where that takes longer than the server waits.",
        {200: envelopes.EndedRun, 202: envelopes.EndedRun},
        refusals=(404, 409),
        method="POST",
        needs="admin",
    ),
    Operation(
        "/etl/run-all",
        etl.run_all,
        "Run every source, unify and publish; 202 where that takes longer than the server waits.",
        {200: envelopes.EndedRun, 202: envelopes.EndedRun},
        refusals=(404, 409),
        method="POST",
        needs="admin",
    ),
    Operation(
        "/etl/run-background/{source}",
        etl.run_background,
        "Start a run of one source, and answer at once.",
        {202: envelopes.StartedRun},
        refusals=(404, 409),
        method="POST",
        needs="admin",
    ),
]

ROUTES = [operation.route for operation in OPERATIONS]
