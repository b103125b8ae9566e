"""Prefect's HTTP API, as far as the duties around it need it. No import of prefect: only its flows see it."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx
import stamina

POOL = "local"
WORKER = f"{socket.gethostname()}-worker"


BUSY = {500, 502, 503}  # on SQLite a busy database is a 503, one that is away a 500


def _is_passing(error: Exception) -> bool:
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code in BUSY
    return isinstance(error, httpx.TransportError)


class PrefectUnavailable(RuntimeError):  # noqa: N818 - reads as what happened
    """The Prefect server does not answer; the message says where it was looked for and what to do."""


class PrefectApi:
    """One method per call that is made. A busy server is asked again; then `httpx.HTTPError` is raised."""

    def __init__(self, client: httpx.AsyncClient, url: str, auth: tuple[str, str] | None = None) -> None:
        self._client = client
        self._auth = auth
        self.url = url

    @stamina.retry(on=_is_passing, attempts=8, timeout=20)
    async def _call(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON is any
        answer = await self._client.request(method, self.url + path, json=body, auth=self._auth)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    async def is_ready(self) -> bool:
        """Tell whether server and database behind it answer; a connection refused is a no."""
        try:
            return (await self._client.get(f"{self.url}/ready")).is_success
        except httpx.TransportError:
            return False

    async def wait_until_ready(self, seconds: float) -> None:
        """Return as soon as the server is ready; raises `PrefectUnavailable` after `seconds`."""
        deadline = time.monotonic() + seconds
        while not await self.is_ready():
            if time.monotonic() > deadline:
                raise PrefectUnavailable(
                    f"no Prefect server answers at {self.url}/ready after {seconds:.0f} s: start one with "
                    "`python -m flows server`, or set PREFECT_API_URL to where it is"
                )
            await asyncio.sleep(0.2)

    async def ensure_pool(self) -> None:
        """Make the process work pool if it is absent, and let it run if it was paused."""
        try:
            await self._call("POST", "/work_pools/", {"name": POOL, "type": "process"})
        except httpx.HTTPStatusError as error:
            if error.response.status_code != httpx.codes.CONFLICT:
                raise
        await self._call("PATCH", f"/work_pools/{POOL}", {"is_paused": False})

    async def pause_pool(self) -> None:
        """Let workers pick up nothing more."""
        await self._call("PATCH", f"/work_pools/{POOL}", {"is_paused": True})

    async def worker_has_beaten(self, since: datetime) -> bool:
        """Tell whether this machine's worker gave a sign of life after `since`."""
        try:
            workers = await self._call("POST", f"/work_pools/{POOL}/workers/filter", {})
        except httpx.HTTPStatusError:
            return False  # no pool yet
        beats = [worker["last_heartbeat_time"] for worker in workers if worker["name"] == WORKER]
        return any(datetime.fromisoformat(beat) > since for beat in beats)

    async def runs_in(self, states: Iterable[str], before: datetime | None = None) -> list[dict[str, Any]]:
        """List the runs in these state types, expected to start before a time; at most 200."""
        wanted: dict[str, Any] = {"state": {"type": {"any_": list(states)}}}
        if before:
            wanted["expected_start_time"] = {"before_": before.isoformat()}
        found: list[dict[str, Any]] = await self._call("POST", "/flow_runs/filter", {"flow_runs": wanted})
        return found

    async def run(self, run_id: str) -> dict[str, Any]:
        """Read one run."""
        found: dict[str, Any] = await self._call("GET", f"/flow_runs/{run_id}")
        return found

    async def force_state(self, run_id: str, state: dict[str, Any]) -> None:
        """Put a run into a state, past the rules that guard its own process."""
        await self._call("POST", f"/flow_runs/{run_id}/set_state", {"state": state, "force": True})

    async def delete_run(self, run_id: str) -> None:
        """Delete a run."""
        await self._call("DELETE", f"/flow_runs/{run_id}")

    async def deployments(self) -> list[dict[str, Any]]:
        """List the deployments."""
        found: list[dict[str, Any]] = await self._call("POST", "/deployments/filter", {})
        return found

    async def deployment(self, name: str) -> dict[str, Any] | None:
        """Read the deployment `flow/deployment`, if there is one."""
        answer = await self._client.get(f"{self.url}/deployments/name/{name}", auth=self._auth)
        return answer.json() if answer.is_success else None

    async def update_deployment(self, deployment_id: str, change: dict[str, Any]) -> None:
        """Change some of a deployment's fields."""
        await self._call("PATCH", f"/deployments/{deployment_id}", change)

    async def update_schedule(self, deployment_id: str, schedule_id: str, change: dict[str, Any]) -> None:
        """Change some of a schedule's fields; the runs already planned by it are planned anew."""
        await self._call("PATCH", f"/deployments/{deployment_id}/schedules/{schedule_id}", change)

    async def automations(self) -> list[dict[str, Any]]:
        """List the automations."""
        found: list[dict[str, Any]] = await self._call("POST", "/automations/filter", {})
        return found

    async def keep_automation(self, automation: dict[str, Any], known_as: str | None) -> None:
        """Make an automation, or the one of that id into it."""
        if known_as is None:
            await self._call("POST", "/automations/", automation)
        else:
            await self._call("PUT", f"/automations/{known_as}", automation)

    async def start_run(self, deployment_id: str) -> str:
        """Ask for a run now; returns its id."""
        body = {"state": {"type": "SCHEDULED"}, "idempotency_key": str(uuid4())}
        run = await self._call("POST", f"/deployments/{deployment_id}/create_flow_run", body)
        return str(run["id"])


@asynccontextmanager
async def open_prefect(url: str, auth: tuple[str, str] | None = None) -> AsyncIterator[PrefectApi]:
    """Open a client of the Prefect server whose API is at `url`; `auth` is what it asks for, name and password."""
    async with httpx.AsyncClient(timeout=20) as client:
        yield PrefectApi(client, url, auth)
