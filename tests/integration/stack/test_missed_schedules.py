"""What a worker's start does to a real Prefect server: of missed schedules one run is left, of silent runs it takes care."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from stamina import retry

from flows.stack.automations import keep_automations
from flows.stack.duties import close_stale_runs
from flows.stack.prefect_api import PrefectApi
from tests.integration.api.prefect_server import prefect_server

MISSED = 3
WITHIN_SECONDS = 60


@pytest.fixture(scope="module")
async def prefect(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PrefectApi]:
    """A server of this file's own: schedules fill it."""
    with prefect_server(tmp_path_factory.mktemp("prefect")) as url:
        async with httpx.AsyncClient(timeout=30) as client:
            yield PrefectApi(client, url)


async def _deployed(prefect: PrefectApi, name: str) -> str:
    """Deploy a flow that is due every second, limited as prefect.yaml limits the scheduled ones."""

    @retry(on=httpx.HTTPStatusError, attempts=20)
    async def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
        async with httpx.AsyncClient(timeout=30) as client:
            answer = await client.post(prefect.url + path, json=body)
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    flow = await post("/flows/", {"name": name})
    schedule = {"interval": 1, "anchor_date": "2026-01-01T00:00:00+00:00", "timezone": "UTC"}
    deployment = await post(
        "/deployments/",
        {
            "name": name,
            "flow_id": flow["id"],
            "concurrency_limit": 1,
            "concurrency_options": {"collision_strategy": "CANCEL_NEW"},
            "schedules": [{"active": True, "schedule": schedule}],
        },
    )
    return str(deployment["id"])


async def _late(prefect: PrefectApi, deployment: str, before: datetime) -> list[dict[str, Any]]:
    due = await prefect.runs_in(["SCHEDULED"], before=before)
    return [run for run in due if run["deployment_id"] == deployment]


async def _missed(prefect: PrefectApi, deployment: str) -> list[dict[str, Any]]:
    """Wait until the schedule has come so often that nobody was there."""
    async with asyncio.timeout(WITHIN_SECONDS):
        while len(late := await _late(prefect, deployment, datetime.now(UTC))) < MISSED:  # noqa: ASYNC110 - Prefect tells nobody
            await asyncio.sleep(0.5)
    return late


async def test_a_worker_that_comes_back_alone_has_one_run_to_catch_up_with(prefect: PrefectApi) -> None:
    deployment = await _deployed(prefect, "alone")
    missed = await _missed(prefect, deployment)
    newest = max(run["expected_start_time"] for run in missed)
    until = datetime.fromisoformat(newest)
    await close_stale_runs(prefect)
    left = await _late(prefect, deployment, datetime.now(UTC))
    due_then = [run for run in left if datetime.fromisoformat(run["expected_start_time"]) <= until]
    assert len(due_then) <= 1, "what came due meanwhile is newer, and then it is the one"
    assert {run["id"] for run in missed} - {run["id"] for run in left} >= {
        run["id"] for run in missed if run["expected_start_time"] < newest
    }
    assert left, "the last one is made up for"


async def test_workers_that_share_a_server_run_one_of_them_and_the_others_are_cancelled(
    prefect: PrefectApi,
) -> None:
    deployment = await _deployed(prefect, "shared")
    missed = (await _missed(prefect, deployment))[:MISSED]
    states = [await _picked_up(prefect, run["id"]) for run in missed]
    assert sorted(state["type"] for state in states) == ["CANCELLED", "CANCELLED", "PENDING"]
    reasons = {state["message"] for state in states if state["type"] == "CANCELLED"}
    assert reasons == {"Deployment concurrency limit reached."}


async def _picked_up(prefect: PrefectApi, run_id: str) -> dict[str, Any]:
    """Ask for a run as a worker does before it starts its process; the state that it has then."""
    async with httpx.AsyncClient(timeout=30) as client:
        asked = {"state": {"type": "PENDING"}, "force": False}
        (await client.post(f"{prefect.url}/flow_runs/{run_id}/set_state", json=asked)).raise_for_status()
    return dict((await prefect.run(run_id))["state"])


async def test_where_several_workers_serve_the_server_looks_for_runs_that_fell_silent(
    prefect: PrefectApi,
) -> None:
    await keep_automations(prefect)
    first = {one["name"]: one["updated"] for one in await prefect.automations()}
    await keep_automations(prefect)
    assert {one["name"]: one["updated"] for one in await prefect.automations()} == first
    assert sorted(first) == ["kasparro: runs that never began", "kasparro: silent runs"]
