"""A Prefect server that asks for name and password gets them from every client of ours."""

from __future__ import annotations

from base64 import b64encode

import httpx
import pytest
from pydantic import ValidationError

from flows.stack.prefect_api import PrefectApi
from flows.stack.settings import StackSettings
from graphql_api.prefect_server import PrefectServer
from graphql_api.settings import ApiSettings

EXPECTED = f"Basic {b64encode(b'ann:se:cret').decode()}"


def guarded(request: httpx.Request) -> httpx.Response:
    """Answer like a guarded Prefect server: 401, unless told who asks."""
    if request.headers.get("authorization") != EXPECTED:
        return httpx.Response(401)
    return httpx.Response(200, json=[] if request.url.path.endswith("filter") else {"id": "1", "name": "n"})


@pytest.fixture(autouse=True)
def _auth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", "ann:se:cret")


async def test_the_worker_says_who_it_is() -> None:
    settings = StackSettings()
    async with httpx.AsyncClient(transport=httpx.MockTransport(guarded)) as client:
        assert await PrefectApi(client, "http://prefect/api", settings.prefect_auth).deployments() == []
        assert await PrefectApi(client, "http://prefect/api", settings.prefect_auth).deployment("etl/etl")
        with pytest.raises(httpx.HTTPStatusError):
            await PrefectApi(client, "http://prefect/api").deployments()


async def test_the_api_says_who_it_is() -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(guarded)) as client:
        server = PrefectServer(client, "http://prefect/api", ApiSettings().prefect_auth)
        assert await server._post("/flow_runs/filter", {}) == []  # noqa: SLF001 - every request goes through it


@pytest.mark.parametrize("settings", [StackSettings, ApiSettings])
def test_a_string_without_a_password_is_refused(
    settings: type[StackSettings | ApiSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", "ann")
    with pytest.raises(ValidationError, match="prefect_api_auth_string"):
        settings()
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", "")
    assert settings().prefect_auth is None
