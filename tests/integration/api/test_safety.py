"""What stands between the internet and the data: keys, pace, hosts, origins, headers."""

from __future__ import annotations

from typing import Any

import pytest

from graphql_api.settings import ApiSettings, Environment
from models.db import Sessions
from tests.integration.api.client import OFFLINE, Api, asked

PROD = {"env": Environment.PROD}
VERSION = {"query": "{ datasetVersion }"}
MUTATION = {"query": "mutation { triggerRun { state } }"}


def _settings(**changed: Any) -> ApiSettings:  # noqa: ANN401 - settings of any type
    return ApiSettings(prefect_api_url=OFFLINE.prefect_api_url, run_wait_seconds=5, **changed)


async def _code(api: Api, body: dict[str, str], key: str | None = None) -> tuple[int, str | None]:
    headers = {} if key is None else {"x-api-key": key}
    answer = await api.client.post("/graphql", json=body, headers=headers)
    errors = answer.json().get("errors")
    return answer.status_code, errors[0]["extensions"]["code"] if errors else None


async def test_in_prod_reading_needs_a_key_and_a_readers_key_starts_nothing(sessions: Sessions) -> None:
    async with asked(sessions, _settings(**PROD, api_keys="rita:read", admin_keys="anna:all")) as api:
        assert await _code(api, VERSION) == (401, "UNAUTHENTICATED")
        assert await _code(api, VERSION, "guess") == (403, "FORBIDDEN")
        assert await _code(api, VERSION, "read") == (200, None)
        assert await _code(api, MUTATION, "read") == (200, "FORBIDDEN")
        assert await _code(api, MUTATION, "all") == (200, "UNAVAILABLE")
        for path in ("/data", "/data/bitcoin", "/stats", "/stats/sources", "/nothing"):
            refused = await api.client.get(path)
            assert (refused.status_code, refused.json()["code"]) == (401, "UNAUTHENTICATED")
            assert refused.headers["www-authenticate"].startswith("ApiKey")
        for path in ("/health", "/health/live"):
            assert (await api.client.get(path)).status_code == 200
        answer = await api.client.get("/data", headers={"x-api-key": "read"})
        assert (answer.headers["cache-control"], answer.headers["vary"]) == ("private, no-cache", "x-api-key")


async def test_in_prod_the_page_and_introspection_are_off_unless_told(sessions: Sessions) -> None:
    html = {"accept": "text/html"}
    introspection = {"query": "{ __schema { queryType { name } } }"}
    async with asked(sessions, _settings(**PROD, public_read=True)) as api:
        assert (await api.client.get("/graphql", headers=html)).status_code == 404
        assert await _code(api, introspection) == (200, "BAD_USER_INPUT")
        assert await _code(api, {"query": "{ __typename }"}) == (200, None)
    async with asked(sessions, _settings(**PROD, public_read=True, docs_enabled=True)) as api:
        assert (await api.client.get("/graphql", headers=html)).status_code == 200
        assert await _code(api, introspection) == (200, None)


async def test_pages_show_themselves_without_a_key(sessions: Sessions) -> None:
    async with asked(sessions, _settings(api_keys="rita:read")) as api:
        assert (await api.client.get("/graphql", headers={"accept": "text/html"})).status_code == 200
        assert (await api.client.get("/graphql", params=VERSION)).status_code == 401


async def test_a_pace_too_fast_is_told_when_to_come_back(sessions: Sessions) -> None:
    settings = _settings(api_keys="rita:read,otto:look", public_read=True, rate_limit="2/minute")
    async with asked(sessions, settings) as api:
        for key in ("read", "look", None):
            assert [(await _code(api, VERSION, key))[0] for _ in range(3)] == [200, 200, 429]
        refused = await api.client.get("/data", headers={"x-api-key": "read"})
        assert (refused.status_code, refused.json()["code"]) == (429, "RATE_LIMITED")
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert "key rita" in refused.json()["detail"]
        # An unknown key is no way round: it counts with its address.
        assert (await _code(api, VERSION, "guess"))[0] == 429
        assert (await api.client.get("/health/live")).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("api.example.org", 200),
        ("a.example.net:8000", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("evil.example", 400),
        ("example.net.evil.example", 400),
        ("", 400),
    ],
)
async def test_in_prod_the_host_must_be_one_of_ours(sessions: Sessions, host: str, status: int) -> None:
    settings = _settings(**PROD, public_read=True, allowed_hosts="api.example.org, *.example.net")
    async with asked(sessions, settings) as api:
        answer = await api.client.get("/health/live", headers={"host": host})
        assert answer.status_code == status


async def test_pages_of_other_origins_may_ask_only_when_named(sessions: Sessions) -> None:
    preflight = {
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,x-api-key",
    }
    async with asked(sessions, _settings(cors_origins="https://app.example.org", api_keys="read")) as api:
        ours, evil = ({"origin": f"https://{name}.example.org"} for name in ("app", "evil"))
        asked_first = await api.client.options("/graphql", headers=preflight | ours)
        assert asked_first.status_code == 200
        assert asked_first.headers["access-control-allow-origin"] == ours["origin"]
        assert (await api.client.options("/graphql", headers=preflight | evil)).status_code == 400
        refused = await api.client.get("/data", headers=ours)
        assert refused.status_code == 401
        assert refused.headers["access-control-allow-origin"] == ours["origin"]
        assert "access-control-allow-credentials" not in refused.headers
    async with asked(sessions, _settings()) as api:
        answer = await api.client.get("/data", headers=ours)
        assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_a_page_elsewhere_cannot_start_a_run_with_a_simple_request(api: Api) -> None:
    """What a form or `fetch` without a preflight can send."""
    for origin in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            headers = origin | {"content-type": content_type}
            body = '{"query": "mutation { triggerRun { state } }"}'
            assert (await api.client.post("/graphql", content=body, headers=headers)).status_code == 415
        assert (await api.client.post("/etl/run-all", headers=origin)).status_code == 403


async def test_every_answer_carries_security_headers(api: Api) -> None:
    for path in ("/health/live", "/data", "/graphql", "/nothing", "/etl/run-all", "/data?symbol=%ff"):
        headers = (await api.client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["x-frame-options"] == "DENY"
        assert "strict-transport-security" not in headers


@pytest.mark.parametrize("url", ["/data?symbol=%ff", "/data/%ff", "/graphql?query=%c3%28"])
async def test_a_url_that_is_no_utf8_is_refused(api: Api, url: str) -> None:
    answer = await api.client.get(url)
    assert answer.status_code == 400
    assert "not UTF-8" in answer.text
