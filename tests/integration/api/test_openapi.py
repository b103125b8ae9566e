"""The REST paths described: for programs as OpenAPI 3.1, for people as a page that needs nobody else."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from graphql_api.rest.openapi import document
from graphql_api.rest.routes import OPERATIONS, ROUTES
from graphql_api.settings import ApiSettings, Environment
from models.db import Sessions
from tests.integration.api.client import Api, asked

PROD = ApiSettings(env=Environment.PROD, admin_keys="anna:all", api_keys="rita:read", docs_enabled=True)


def _operations(described: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    }


async def test_every_route_is_described_and_nothing_else(api: Api) -> None:
    described = await api.get("/openapi.json")
    assert described["openapi"] == "3.1.0"
    routes = {
        f"{method} {route.path.replace(':path}', '}')}"
        for route in ROUTES
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert _operations(described).keys() == routes


def test_every_reference_leads_somewhere() -> None:
    text = str(document(OPERATIONS, PROD))
    named = set(re.findall(r"#/components/schemas/(\w+)", text))
    assert named == document(OPERATIONS, PROD)["components"]["schemas"].keys()


@pytest.mark.parametrize(
    ("settings", "locked"),
    [
        (ApiSettings(), set()),
        (ApiSettings(admin_keys="all"), {"etl"}),
        (ApiSettings(api_keys="read"), {"data", "stats"}),
        (PROD, {"data", "stats", "etl"}),
    ],
)
def test_keys_are_asked_for_where_the_settings_do(settings: ApiSettings, locked: set[str]) -> None:
    operations = _operations(document(OPERATIONS, settings)).values()
    assert {each["tags"][0] for each in operations if "security" in each} == locked


async def test_the_page_shows_every_path_and_asks_no_other_host(api: Api) -> None:
    page = await api.client.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self'; style-src" in page.headers["content-security-policy"]
    text = unescape(page.text)
    for operation in _operations(await api.get("/openapi.json")).values():
        assert operation["summary"] in text
    assert "<script" not in page.text
    assert not [url for url in re.findall(r"""(?:src|href)=["']?([^"'> ]+)""", page.text) if "//" in url]


async def test_documentation_is_off_in_prod_unless_told(sessions: Sessions) -> None:
    async with asked(sessions, PROD.model_copy(update={"docs_enabled": False})) as api:
        for path in ("/docs", "/openapi.json"):
            assert "DOCS_ENABLED=true" in (await api.get(path, 404))["detail"]
    async with asked(sessions, PROD) as api:
        for path in ("/docs", "/openapi.json"):
            assert (await api.client.get(path)).status_code == 200


async def test_debug_is_for_admins_in_prod(sessions: Sessions) -> None:
    async with asked(sessions) as api:
        told = await api.get("/stats/debug")
        assert told["database_bytes"] > 0
        assert {"assets", "quotes"} <= {table["name"] for table in told["tables"]}
        assert told["memory_mb"] is None or told["memory_mb"] > 10
    async with asked(sessions, PROD) as api:
        statuses = [
            (await api.client.get("/stats/debug", headers={"x-api-key": key})).status_code
            for key in ("read", "all")
        ]
        assert statuses == [403, 200]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1", "'; DROP TABLE assets --"]
)
async def test_formulas_and_sql_are_texts_like_any_other(api: Api, text: str) -> None:
    for name in ("symbol", "asset_name", "source"):
        answer = await api.client.get("/data", params={name: text})
        assert (answer.status_code, answer.json()["data"]) == (200, [])
    document = "query ($text: String!) { assets(filter: {nameContains: $text}) { totalCount } }"
    assert (await api.query(document, text=text))["assets"]["totalCount"] == 0
    assert (await api.client.get("/data/count")).status_code == 200
