"""An API that asks its readers for keys is ready for the supervisor too, which has none."""

from __future__ import annotations

from flows.stack.doors import the_doors
from flows.stack.first_run import has_published
from flows.stack.settings import StackSettings
from graphql_api.settings import ApiSettings
from models.db import Sessions
from models.outcomes import Upstream
from tests.factories import publish
from tests.integration.api.client import OFFLINE, asked


async def test_it_says_without_a_key_that_it_is_ready_and_has_published(sessions: Sessions) -> None:
    settings = StackSettings(upstream=Upstream.SANDBOX)
    (door,) = (door for door in the_doors(settings) if door.name == "api")
    assert door.ready is not None
    keyed = ApiSettings(api_keys="rita:read", prefect_api_url=OFFLINE.prefect_api_url)
    async with asked(sessions, keyed) as api:
        assert (await api.client.post("/graphql", json={"query": "{ datasetVersion }"})).status_code == 401
        assert await door.ready(api.client)
        assert not await has_published(api.client, settings)
        async with sessions.begin() as session:
            await publish(session)
        assert await has_published(api.client, settings)
