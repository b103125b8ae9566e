"""A client of the application, for tests: asks through HTTP and fails on what it did not expect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class Api:
    """A client of one application."""

    client: httpx.AsyncClient

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
