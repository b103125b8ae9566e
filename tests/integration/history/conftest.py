"""A coin with three listings, and months for their points."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from models.db import Sessions
from models.store.months import make_room
from tests.factories import key, make_asset, make_quoted

MONTHS = [datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3)]


@pytest.fixture
async def listings(sessions: Sessions) -> list[int]:
    """Three listings of one coin."""
    await make_room(sessions, MONTHS)
    async with sessions.begin() as session:
        coin = await make_asset(session, "coin")
        sources = ("coingecko", "coinpaprika", "coincap")
        return [key(await make_quoted(session, coin, source)) for source in sources]
