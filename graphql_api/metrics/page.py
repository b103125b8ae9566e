"""GET /metrics: what Prometheus, or whoever speaks its format, reads of the API and of the workshop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version
from pathlib import Path

import structlog
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from starlette.requests import Request
from starlette.responses import Response

from graphql_api.context import Services
from graphql_api.errors import ApiError
from graphql_api.metrics import process
from graphql_api.metrics.processes import Drawn, Processes
from graphql_api.metrics.workshop import Workshop
from graphql_api.security import require_watcher
from graphql_api.transport.caching import NEVER
from graphql_api.transport.refusals import refusal

LOOK_SECONDS = 0.5
"""How often each process measures how late its event loop is, and writes its numbers down for the others."""

log = structlog.get_logger(__name__)


class Metrics:
    """What there is to watch, from whichever process is asked."""

    def __init__(self, services: Services, processes: Processes) -> None:
        self._services = services
        self._processes = processes
        self._workshop = Workshop(services.sessions)

    async def families(self) -> list[Metric]:
        """Draw everything there is."""
        ours = {"version": version("kasparro"), "env": str(self._services.settings.env)}
        info = GaugeMetricFamily("kasparro_info", "What runs here.", labels=list(ours))
        info.add_metric(list(ours.values()), 1)
        api = self._processes.added_up(process.families(self._services))
        return [info, *api, *await self._workshop.families()]

    async def look(self) -> None:
        """Measure and write down, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LOOK_SECONDS
            await asyncio.sleep(LOOK_SECONDS)
            self._services.counters.lag.add(max(0.0, loop.time() - due))
            try:
                self._processes.write(process.families(self._services))
            except OSError as error:
                log.warning("the other processes' /metrics lack this one's numbers", reason=str(error))


@asynccontextmanager
async def measuring(services: Services, folder: Path | None) -> AsyncIterator[Metrics]:
    """Measure for the length of the block; `folder` is what the processes of this server share."""
    metrics = Metrics(services, Processes(folder))
    looking = asyncio.create_task(metrics.look())
    try:
        yield metrics
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking


async def metrics(request: Request) -> Response:
    """Answer in the format that is asked for: Prometheus' own text, or OpenMetrics."""
    told: Metrics = request.app.state.metrics
    try:
        require_watcher(request, request.app.state.services.settings)
    except ApiError as error:
        return refusal(request, error)
    encode, media_type = choose_encoder(request.headers.get("accept", ""))
    content = encode(Drawn(await told.families()))
    return Response(content, headers={"cache-control": NEVER, "content-type": media_type})
