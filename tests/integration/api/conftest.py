"""The real application over the test's own database, asked through HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from graphql_api.app import create_app
from graphql_api.settings import ApiSettings
from models.db import Sessions
from tests.integration.api.client import Api


@pytest.fixture
def api_settings() -> ApiSettings:
    """Return the settings as they are with an empty environment; no Prefect server answers at its port."""
    return ApiSettings(prefect_api_url="http://127.0.0.1:8959/api", run_wait_seconds=5)


@pytest.fixture
async def api(sessions: Sessions, api_settings: ApiSettings) -> AsyncIterator[Api]:
    """Serve the application, without a socket."""
    app = create_app(api_settings, sessions)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client,
    ):
        yield Api(client)
