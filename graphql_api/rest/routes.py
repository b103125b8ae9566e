"""The paths that clients of the older REST services know."""

from __future__ import annotations

from starlette.routing import Route

from graphql_api.rest import data, etl, health, stats

ROUTES = [
    Route("/health", health.health),
    Route("/health/live", health.live),
    Route("/data", data.data),
    Route("/data/count", data.count),
    Route("/data/raw/{source}", data.raw),
    Route("/data/raw/{source}/{record_id:path}", data.raw),
    Route("/data/{asset_uid}", data.asset),
    Route("/stats", stats.stats),
    Route("/stats/checkpoints", stats.checkpoints),
    Route("/stats/sources", stats.sources),
    Route("/etl/run/{source}", etl.run_source, methods=["POST"]),
    Route("/etl/run-all", etl.run_all, methods=["POST"]),
    Route("/etl/run-background/{source}", etl.run_background, methods=["POST"]),
]
