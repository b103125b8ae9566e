"""A client of the application, for tests: asks through HTTP and fails on what it did not expect."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from graphql_api.app import create_app
from graphql_api.context import Services
from graphql_api.settings import ApiSettings
from models.db import Sessions
from models.settings import DatabaseSettings

OFFLINE = ApiSettings(prefect_api_url="http://127.0.0.1:8959/api", run_wait_seconds=5, response_cache_mb=0)
"""The settings as they are with an empty environment; no Prefect server answers at its port.

No answer is kept: tests write where nobody announces it.
"""


@dataclass(frozen=True, slots=True)
class Api:
    """A client of one application."""

    client: httpx.AsyncClient
    services: Services

    async def query(self, document: str, **variables: object) -> dict[str, Any]:
        """Ask in GraphQL and return the data; any error fails the test."""
        body = await self.ask(document, **variables)
        assert "errors" not in body, body["errors"]
        return dict(body["data"])

    async def refused(self, document: str, **variables: object) -> tuple[str, str]:
        """Ask what must be refused; return the error's code and message."""
        (error,) = (await self.ask(document, **variables))["errors"]
        return error["extensions"]["code"], error["message"]

    async def ask(self, document: str, **variables: object) -> dict[str, Any]:
        """Ask in GraphQL and return the whole body."""
        answer = await self.client.post("/graphql", json={"query": document, "variables": variables})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def get(self, path: str, status: int = 200) -> Any:  # noqa: ANN401 - any JSON
        """Ask a REST path and return its JSON; any other status fails the test."""
        answer = await self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.json()


@asynccontextmanager
async def asked(sessions: Sessions | DatabaseSettings, settings: ApiSettings = OFFLINE) -> AsyncIterator[Api]:
    """Serve the application over these sessions, or over its own, without a socket, for the length of the block."""
    app = create_app(settings, sessions)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client,
    ):
        yield Api(client, app.state.services)
