"""A workshop on the test's database, with no provider to ask."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from flows.settings import FlowSettings
from flows.workshop import open_workshop
from tests.integration.decisions.world import World


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of CSV sources."""
    monkeypatch.chdir(tmp_path)  # away from any .env
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.fixture
async def world(database_url: str, folder: Path) -> AsyncIterator[World]:
    """An empty market."""
    settings = FlowSettings(database_url=database_url, data_dir=folder, first_publication_waits_seconds=0)
    async with open_workshop(settings) as shop:
        yield World(shop)
