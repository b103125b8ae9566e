"""While the database is away the last answers stand in and say so; when it is back, so are we."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import make_url

from models.db import database
from tests.factories import make_asset, publish
from tests.integration.api.client import Api, asked
from tests.integration.serving.conftest import KEEPS, until_kept, until_not_kept

ASKED = '{ asset(uid: "bitcoin") { name } }'
NEVER_ASKED = '{ asset(uid: "bitcoin") { symbol } }'


@contextmanager
def away(database_url: str) -> Iterator[None]:
    """Let nobody into the database, and throw everybody out, for the length of the block."""
    url = make_url(database_url)
    others = url.set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(others, autocommit=True) as connection:
        allow = f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS'
        connection.execute(f"{allow} false".encode())
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [url.database]
        )
        try:
            yield
        finally:
            connection.execute(f"{allow} true".encode())


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    """The application, which was asked something."""
    async with database(database_url) as sessions:
        async with sessions.begin() as session:
            await make_asset(session, "bitcoin")
            await publish(session)
        async with asked(sessions, KEEPS) as api:
            await until_kept(api.services)
            assert await api.query(ASKED) == {"asset": {"name": "Bitcoin"}}
            await api.get("/data")
            yield api


async def test_what_was_asked_before_is_answered_and_says_how_old_it_is(api: Api, database_url: str) -> None:
    with away(database_url):
        await until_not_kept(api.services)
        for method in ("POST", "GET"):
            told = await api.client.request(
                method,
                "/graphql",
                **({"json": {"query": ASKED}} if method == "POST" else {"params": {"query": ASKED}}),
            )
            assert told.status_code == 200
            body = told.json()
            assert body["data"] == {"asset": {"name": "Bitcoin"}}
            assert body["extensions"]["staleSeconds"] == int(told.headers["age"]) >= 0
            assert told.headers["cache-control"] == "no-store"
            assert "Stale" in told.headers["warning"]
            assert "etag" not in told.headers
        rest = await api.client.get("/data")
        assert rest.json()["meta"]["stale_seconds"] == int(rest.headers["age"])
        assert rest.headers["cache-control"] == "no-store"
    assert api.services.counters.cache_stand_ins == 3


async def test_what_was_not_asked_before_is_unavailable(api: Api, database_url: str) -> None:
    with away(database_url):
        told = await api.client.post("/graphql", json={"query": NEVER_ASKED})
        assert told.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        assert (await api.client.get("/data?limit=3")).status_code == 503
        assert (await api.client.get("/health")).status_code == 503


async def test_it_comes_back_by_itself_and_is_fresh(api: Api, database_url: str) -> None:
    with away(database_url):
        await until_not_kept(api.services)
        assert "staleSeconds" in (await api.ask(ASKED))["extensions"]
    await until_kept(api.services)
    assert "staleSeconds" not in (await api.ask(ASKED))["extensions"]
    assert "meta" in await api.get("/data")
    assert await api.query(NEVER_ASKED) == {"asset": {"symbol": "BIT"}}
