"""The application with the planner of these tests, asked through HTTP without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from graphql_api.context import Services
from graphql_api.settings import ApiSettings
from models.db import Sessions
from tests import factories
from tests.integration.api.client import OFFLINE, Api
from tests.integration.serving.planned_app import planned_app

KEEPS = OFFLINE.model_copy(update={"response_cache_mb": 8})


@pytest.fixture
async def published(sessions: Sessions) -> Sessions:
    """A database with a first version."""
    async with sessions() as session:
        await factories.publish(session)
        await session.commit()
    return sessions


@asynccontextmanager
async def planned(sessions: Sessions, settings: ApiSettings = KEEPS) -> AsyncIterator[Api]:
    """Serve the application for the length of the block, and begin once it may keep answers."""
    app = planned_app(sessions, settings)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client,
    ):
        api = Api(client, app.state.services)
        yield api


@pytest.fixture
async def lane(published: Sessions) -> AsyncIterator[Api]:
    """The application, which may keep answers."""
    async with planned(published) as api:
        await until_kept(api.services)
        yield api


async def until_kept(services: Services) -> None:
    """Wait until answers are kept."""
    async with asyncio.timeout(10):
        while not services.cache.lease.is_valid:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


async def until_not_kept(services: Services) -> None:
    """Wait until nothing kept is given any more as if it were new."""
    async with asyncio.timeout(10):
        while services.cache.lease.is_valid:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
