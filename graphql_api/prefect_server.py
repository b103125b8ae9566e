"""Runs by hand, through the Prefect server's HTTP API: this process runs no flow itself."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import stamina

from graphql_api.errors import Conflict, Unavailable

TERMINAL = frozenset({"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})
UNDER_WAY = ["RUNNING", "PENDING", "CANCELLING"]
WAITING = ["SCHEDULED"]
BUSY = frozenset({429, 502, 503})
POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class FlowRun:
    """A run as Prefect knows it. `state` is Prefect's own word, in capitals; `reason` what it says of it."""

    id: str
    name: str
    state: str
    reason: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in TERMINAL


class PrefectServer:
    """Starts and follows runs of the deployments that are named like their flows."""

    def __init__(self, client: httpx.AsyncClient, url: str, auth: tuple[str, str] | None = None) -> None:
        self._client = client
        self._auth = auth
        self._url = url.rstrip("/")

    @property
    def ui_url(self) -> str:
        """Where a person looks at runs."""
        return self._url.removesuffix("/api")

    async def start_etl(self, source: str | None) -> FlowRun:
        """Start `etl`, which also publishes, for one source or for all. Raises `Conflict` where it runs already."""
        return await self._start_alone("etl", {} if source is None else {"sources": [source]})

    async def start_backfill(self, parameters: Mapping[str, object]) -> FlowRun:
        """Start `backfill`. Raises `Conflict` where it runs already."""
        return await self._start_alone("backfill", parameters)

    async def start_unify(self) -> FlowRun:
        """Start `unify`, or name the one that waits to begin: it will see what was there before it."""
        deployment = await self._deployment("unify")
        for run in await self._runs(deployment, WAITING):
            return _flow_run(run)
        return await self._start(deployment, {})

    async def _start_alone(self, flow: str, parameters: Mapping[str, object]) -> FlowRun:
        deployment = await self._deployment(flow)
        for run in await self._runs(deployment, UNDER_WAY):
            raise Conflict(
                f"A run is under way already: {run['name']}, Prefect run {run['id']}. Try again when it is over."
            )
        return await self._start(deployment, parameters)

    async def _start(self, deployment: str, parameters: Mapping[str, object]) -> FlowRun:
        body = {
            "parameters": parameters,
            "state": {"type": "SCHEDULED"},
            "tags": ["by-hand"],
            "idempotency_key": uuid.uuid4().hex,  # a request that is sent again starts nothing again
        }
        return _flow_run(await self._post(f"/deployments/{deployment}/create_flow_run", body))

    async def wait(self, run: FlowRun, seconds: float) -> FlowRun:
        """Follow a run until it is over or the time is up; returns it as it then stands."""
        deadline = time.monotonic() + seconds
        while not run.is_over and (left := deadline - time.monotonic()) > 0:
            await asyncio.sleep(min(POLL_SECONDS, left))
            run = _flow_run(await self._request("GET", f"/flow_runs/{run.id}"))
        return run

    async def _deployment(self, flow: str) -> str:
        path = f"/deployments/name/{flow}/{flow}"
        return str((await self._request("GET", path, absent=f"has no deployment {flow}/{flow}"))["id"])

    async def _runs(self, deployment: str, states: Sequence[str]) -> Sequence[dict[str, Any]]:
        wanted = {"deployment_id": {"any_": [deployment]}, "state": {"type": {"any_": states}}}
        found: list[dict[str, Any]] = await self._post("/flow_runs/filter", {"flow_runs": wanted, "limit": 1})
        return found

    async def _post(self, path: str, body: dict[str, Any]) -> Any:  # noqa: ANN401 - Prefect's JSON
        return await self._request("POST", path, json=body)

    async def _request(
        self, method: str, path: str, *, json: object = None, absent: str = "does not know what was asked for"
    ) -> Any:  # noqa: ANN401 - Prefect's JSON
        try:
            answer = await self._send(method, path, json)
            if answer.status_code == httpx.codes.NOT_FOUND:
                raise Unavailable(
                    f"The Prefect server {absent}: start a worker (`python -m flows worker`), it deploys the flows."
                )
            return answer.raise_for_status().json()
        except httpx.HTTPStatusError as error:
            raise Unavailable(f"The Prefect server refused: HTTP {error.response.status_code}.") from error
        except (httpx.HTTPError, ValueError) as error:
            raise Unavailable(
                f"The Prefect server at {self._url} does not answer ({error or type(error).__name__}): "
                "start it (`python -m flows server`), or set PREFECT_API_URL."
            ) from error

    async def _send(self, method: str, path: str, json: object) -> httpx.Response:
        """Send a request, again where the server is busy: on SQLite it answers 503 while another writes."""
        async for attempt in stamina.retry_context(on=_Busy, attempts=6, wait_initial=0.1, wait_max=2):
            with attempt:
                answer = await self._client.request(method, self._url + path, json=json, auth=self._auth)
                if answer.status_code in BUSY:
                    raise _Busy(answer.status_code)
        return answer


class _Busy(httpx.HTTPError):
    """The server asks for patience."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")


def _flow_run(answer: dict[str, Any]) -> FlowRun:
    said = (answer.get("state") or {}).get("message")
    return FlowRun(str(answer["id"]), str(answer["name"]), str(answer["state_type"]), said)
