"""The first run: started as soon as it can be, and watched until the API has something to answer."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import httpx

from flows.stack.picture import Picture
from flows.stack.prefect_api import PrefectApi
from flows.stack.settings import StackSettings

FIRST = "bootstrap/bootstrap"
LATER = "etl/etl"
BAD_ENDS = {"FAILED", "CRASHED", "CANCELLED"}
PARTIAL = "Partial"
"""The name of a good end that may have published nothing: the first publication waits for every provider."""
POLL_SECONDS = 0.3


async def first_run(settings: StackSettings, picture: Picture) -> None:
    """Run `bootstrap` on a database that never published, `etl` on one that did; return when something is published.

    A run that cannot begin, ends badly or publishes nothing is said and waited past: the schedule comes again, and what
    is up stays up.
    """
    async with httpx.AsyncClient(timeout=20) as client:
        prefect = PrefectApi(client, settings.prefect_api, settings.prefect_auth)
        name = LATER if await has_published(client, settings) else FIRST
        run_id = await _start(prefect, name, settings, picture)
        while not await has_published(client, settings):
            if run_id and await _ended_short(prefect, run_id, picture):
                run_id = None
            await asyncio.sleep(POLL_SECONDS)


async def has_published(client: httpx.AsyncClient, settings: StackSettings) -> bool:
    """Ask the API whether it has anything to answer, where it asks for no key; one that cannot answer has not."""
    try:
        health = (await client.get(f"{settings.api_url}/health")).json()
    except (httpx.TransportError, ValueError):
        return False
    return bool(health["dataset_version"])


async def _start(prefect: PrefectApi, name: str, settings: StackSettings, picture: Picture) -> str | None:
    try:
        deployment = await _deployment_id(prefect, name)
        run_id = await _missed(prefect, deployment) or await prefect.start_run(deployment)
    except httpx.HTTPError as error:
        picture.say(f"the first run, {name}, could not be started: {error}")
        return None
    picture.say(f"first run: {name}  {settings.prefect_url}/runs/flow-run/{run_id}")
    return run_id


async def _missed(prefect: PrefectApi, deployment: str) -> str | None:
    """Find the newest run that the schedule asked for while nothing ran: it comes as soon as there is a worker."""
    due = await prefect.runs_in(["SCHEDULED"], before=datetime.now(UTC))
    late = [run for run in due if run["auto_scheduled"] and run["deployment_id"] == deployment]
    return str(max(late, key=lambda run: run["expected_start_time"])["id"]) if late else None


async def _deployment_id(prefect: PrefectApi, name: str) -> str:
    """Wait until the worker has deployed `name`; the supervisor ends the wait if the worker cannot."""
    while not (found := await prefect.deployment(name)):  # noqa: ASYNC110 - Prefect tells nobody
        await asyncio.sleep(POLL_SECONDS)
    return str(found["id"])


async def _ended_short(prefect: PrefectApi, run_id: str, picture: Picture) -> bool:
    try:
        state = (await prefect.run(run_id))["state"]
    except httpx.HTTPError:
        return False
    if state["type"] not in BAD_ENDS and state["name"] != PARTIAL:
        return False
    picture.say(f"the first run ended {state['name']}: {state['message'] or 'its log says why'}")
    return True
