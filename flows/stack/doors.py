"""The one list of doors: which processes make the whole, in what order, and how each shows that it is ready.

Doors are other rooms' commands; no code of theirs is imported. The order of the list is the order of stopping,
reversed; starting goes by `needs`, everything at once that may.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import httpx

from flows.stack.duties import close_stale_runs, drain
from flows.stack.prefect_api import PrefectApi, open_prefect
from flows.stack.settings import StackSettings
from models.outcomes import Upstream

Probe = Callable[[httpx.AsyncClient], Awaitable[bool]]
Duty = Callable[[], Awaitable[None]]

POSTGRES = "postgres"
"""Not a door: the supervisor keeps it itself, and doors may need it."""


@dataclass(frozen=True, slots=True)
class Door:
    """One process of the whole. A door without `ready` is ready when it has ended well: a one-shot."""

    name: str
    command: tuple[str, ...]
    ready: Probe | None = None
    needs: tuple[str, ...] = ()
    port: int | None = None
    port_variable: str = ""
    before_stop: Duty | None = None
    after_stop: Duty | None = None
    ready_within_seconds: float = 120
    stop_within_seconds: float = 15

    @property
    def is_one_shot(self) -> bool:
        """Whether it does its work and ends, instead of staying."""
        return self.ready is None


def answers(url: str) -> Probe:
    """Ready when `url` answers 2xx."""

    async def probe(client: httpx.AsyncClient) -> bool:
        return (await client.get(url)).is_success

    return probe


def the_doors(settings: StackSettings) -> tuple[Door, ...]:
    """List the doors for these settings. Prefect first: it takes longest, and the rest starts meanwhile."""

    def with_prefect(duty: Callable[[PrefectApi], Awaitable[object]]) -> Duty:
        async def run() -> None:
            async with open_prefect(settings.prefect_api, settings.prefect_auth) as prefect:
                await duty(prefect)

        return run

    now = datetime.now(UTC)

    async def worker_is_online(client: httpx.AsyncClient) -> bool:
        prefect = PrefectApi(client, settings.prefect_api, settings.prefect_auth)
        return await prefect.worker_has_beaten(since=now)

    prefect = Door(
        "prefect",
        (sys.executable, "-m", "flows", "server"),
        ready=answers(f"{settings.prefect_api}/ready"),
        port=settings.prefect_port,
        port_variable="PREFECT_PORT",
    )
    sandbox = Door(
        "sandbox",
        (sys.executable, "-m", "flows", "sandbox", "--port", str(settings.sandbox_port)),
        ready=answers(f"{settings.sandbox_url}/_sandbox/health"),
        port=settings.sandbox_port,
        port_variable="SANDBOX_PORT",
    )
    upgrade = Door("upgrade", (sys.executable, "-m", "models", "upgrade"), needs=(POSTGRES,))
    api = Door(
        "api",
        (sys.executable, "-m", "graphql_api"),
        ready=answers(f"{settings.api_url}/health"),  # which asks for no key
        needs=("upgrade",),
        port=settings.api_port,
        port_variable="API_PORT",
    )
    worker = Door(
        "worker",
        (sys.executable, "-m", "flows", "worker", "--single-host"),
        ready=worker_is_online,
        needs=("prefect", "upgrade"),
        before_stop=with_prefect(drain),
        after_stop=with_prefect(close_stale_runs),
    )
    if settings.upstream is Upstream.LIVE:
        return (prefect, upgrade, api, worker)
    return (prefect, sandbox, upgrade, api, replace(worker, needs=(*worker.needs, "sandbox")))
