"""The real application over the test's own database, asked through HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from graphql_api.settings import ApiSettings
from models.db import Sessions
from tests.integration.api.client import OFFLINE, Api, asked


@pytest.fixture
def api_settings() -> ApiSettings:
    """Return the settings as they are with an empty environment; no Prefect server answers at its port."""
    return OFFLINE


@pytest.fixture
async def api(sessions: Sessions, api_settings: ApiSettings) -> AsyncIterator[Api]:
    """Serve the application, without a socket."""
    async with asked(sessions, api_settings) as client:
        yield client
