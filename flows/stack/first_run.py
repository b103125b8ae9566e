"""The first run: started as soon as it can be, and watched until the API answers its first asset."""

from __future__ import annotations

import asyncio

import httpx

from flows.stack.picture import Picture
from flows.stack.prefect_api import PrefectApi
from flows.stack.settings import StackSettings

FIRST = "bootstrap/bootstrap"
LATER = "etl/etl"
ONE_ASSET = "{ assets(first: 1) { edges { node { uid } } } }"
BAD_ENDS = {"FAILED", "CRASHED", "CANCELLED"}


async def first_run(settings: StackSettings, picture: Picture) -> None:
    """Run `bootstrap` on a database that never published, `etl` on one that did; return when assets are answered.

    A run that ends badly is said and waited past: the schedule comes again, and what is up stays up.
    """
    async with httpx.AsyncClient(timeout=20) as client:
        prefect = PrefectApi(client, settings.prefect_api)
        name = LATER if await has_assets(client, settings) else FIRST
        run_id = await prefect.start_run(await _deployment_id(prefect, name))
        where = f"{settings.prefect_url}/runs/flow-run/{run_id}"
        picture.say(f"first run: {name}  {where}")
        told = False
        while not await has_assets(client, settings):
            state = (await prefect.run(run_id))["state"]
            if not told and state["type"] in BAD_ENDS:
                told = True
                picture.say(f"the first run ended {state['name']}: {state['message'] or 'see'} {where}")
            await asyncio.sleep(0.3)


async def has_assets(client: httpx.AsyncClient, settings: StackSettings) -> bool:
    """Ask the API for one asset."""
    answer = await client.post(f"{settings.api_url}/graphql", json={"query": ONE_ASSET})
    data = answer.json().get("data") or {}
    return bool((data.get("assets") or {}).get("edges"))


async def _deployment_id(prefect: PrefectApi, name: str) -> str:
    """Wait until the worker has deployed `name`; the supervisor ends the wait if the worker cannot."""
    while not (found := await prefect.deployment(name)):  # noqa: ASYNC110 - Prefect tells nobody
        await asyncio.sleep(0.3)
    return str(found["id"])
