"""The first run: started as soon as it can be, and watched until the API has something to answer."""

from __future__ import annotations

import asyncio

import httpx

from flows.stack.picture import Picture
from flows.stack.prefect_api import PrefectApi
from flows.stack.settings import StackSettings

FIRST = "bootstrap/bootstrap"
LATER = "etl/etl"
BAD_ENDS = {"FAILED", "CRASHED", "CANCELLED"}
POLL_SECONDS = 0.3


async def first_run(settings: StackSettings, picture: Picture) -> None:
    """Run `bootstrap` on a database that never published, `etl` on one that did; return when something is published.

    A run that cannot begin or ends badly is said and waited past: the schedule comes again, and what is up stays up.
    """
    async with httpx.AsyncClient(timeout=20) as client:
        prefect = PrefectApi(client, settings.prefect_api, settings.prefect_auth)
        name = LATER if await has_published(client, settings) else FIRST
        run_id = await _start(prefect, name, settings, picture)
        while not await has_published(client, settings):
            if run_id and await _ended_badly(prefect, run_id, picture):
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
        run_id = await prefect.start_run(await _deployment_id(prefect, name))
    except httpx.HTTPError as error:
        picture.say(f"the first run, {name}, could not be started: {error}")
        return None
    picture.say(f"first run: {name}  {settings.prefect_url}/runs/flow-run/{run_id}")
    return run_id


async def _deployment_id(prefect: PrefectApi, name: str) -> str:
    """Wait until the worker has deployed `name`; the supervisor ends the wait if the worker cannot."""
    while not (found := await prefect.deployment(name)):  # noqa: ASYNC110 - Prefect tells nobody
        await asyncio.sleep(POLL_SECONDS)
    return str(found["id"])


async def _ended_badly(prefect: PrefectApi, run_id: str, picture: Picture) -> bool:
    try:
        state = (await prefect.run(run_id))["state"]
    except httpx.HTTPError:
        return False
    if state["type"] not in BAD_ENDS:
        return False
    picture.say(f"the first run ended {state['name']}: {state['message'] or 'its log says why'}")
    return True
