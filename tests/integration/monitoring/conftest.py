"""The application, and its /metrics read as Prometheus reads them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from models.db import Sessions
from tests.integration.api.client import Api, asked


@pytest.fixture
async def api(sessions: Sessions) -> AsyncIterator[Api]:
    """Serve the application, without a socket."""
    async with asked(sessions) as client:
        yield client
