"""The real application over the test's own database, asked through HTTP."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from graphql_api.dashboard import page as dashboard
from graphql_api.graphiql import page as graphiql
from graphql_api.pages import npm_files
from graphql_api.settings import ApiSettings
from models.db import Sessions
from tests.integration.api.client import OFFLINE, Api, asked
from tests.integration.api.prefect_server import prefect_server


@pytest.fixture
def api_settings() -> ApiSettings:
    """Return the settings as they are with an empty environment; no Prefect server answers at its port."""
    return OFFLINE


@pytest.fixture
async def api(sessions: Sessions, api_settings: ApiSettings) -> AsyncIterator[Api]:
    """Serve the application, without a socket."""
    async with asked(sessions, api_settings) as client:
        yield client


@pytest.fixture(scope="session")
def prefect_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Prefect server that stays until the tests are over."""
    with prefect_server(tmp_path_factory.mktemp("prefect")) as url:
        yield url


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the files of npm packages are, in this test."""
    monkeypatch.setattr(npm_files, "STATIC", tmp_path)
    return tmp_path


@pytest.fixture
def placed(here: Path) -> Path:
    """Something in the place of every file: its own path."""
    for file in (*dashboard.files().values(), *graphiql.files().values()):
        file.place.parent.mkdir(parents=True, exist_ok=True)
        file.place.write_bytes(gzip.compress(file.path.encode()))
    return here
