"""The fast lane answers as the view does, gives on what is not its own, and asks the database once for many."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import psycopg
import pytest

from graphql_api.cache import RENEWED_FROM, Answer
from graphql_api.settings import ApiSettings
from models.db import Sessions
from tests.integration.api.client import Api
from tests.integration.serving.conftest import KEEPS, planned, until_kept
from tests.integration.serving.planned_app import (
    COLD,
    ECHO,
    NO_ANSWER,
    SLOW,
    VERSION,
    WRONG,
    planned_app,
)
from tests.servers import served

ANSWER = {"data": {"datasetVersion": 1}, "extensions": {"cost": 1}}
UNPLANNED = "query Unplanned { datasetVersion }"
CHANGING = {"x-request-id", "content-length", "etag"}  # Postgres puts spaces where Strawberry puts none
IN_JSON = {"accept": "application/json"}
IN_GRAPHQL_JSON = {"accept": "application/graphql-response+json"}


@pytest.mark.parametrize("accept", [IN_JSON, IN_GRAPHQL_JSON, {}, {"accept": "*/*"}])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_answer_of_the_lane_looks_like_one_of_the_view(
    lane: Api, accept: dict[str, str], method: str
) -> None:
    async def ask(document: str) -> httpx.Response:
        if method == "GET":
            return await lane.client.get("/graphql", params={"query": document}, headers=accept)
        return await lane.client.post("/graphql", json={"query": document}, headers=accept)

    for document in (VERSION, COLD):
        for _ in range(2):
            quick, plain = await ask(document), await ask(UNPLANNED)
            assert quick.json() == plain.json() == ANSWER
            assert quick.status_code == plain.status_code == 200
            assert _headers(quick) == _headers(plain)
    assert lane.services.counters.planned == 3, "the cold one twice, the other once"
    assert lane.services.counters.cache_hits == 1


def _headers(answer: httpx.Response) -> dict[str, object]:
    """List what is the same in every answer of a kind; `Accept-Encoding` only decides where there is enough to compress."""
    headers: dict[str, object] = {
        name: value for name, value in answer.headers.items() if name not in CHANGING
    }
    vary = answer.headers["vary"].lower().split(", ")
    return headers | {"vary": {each for each in vary if each != "accept-encoding"}}


async def test_what_is_asked_for_again_and_again_is_made_anew_while_it_is_still_given(lane: Api) -> None:
    async def asked() -> Answer:
        assert (await lane.client.post("/graphql", json={"query": VERSION})).json() == ANSWER
        found = lane.services.cache.find((VERSION, None, b"", None))
        assert found is not None
        return found

    first = await asked()
    first.made_at -= RENEWED_FROM * KEEPS.response_cache_seconds
    assert await asked() is first
    async with asyncio.timeout(5):
        while await asked() is first:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
    assert lane.services.counters.cache_misses == 2, "one of those who asked had it made"


async def test_a_get_is_answered_304_without_a_statement(lane: Api) -> None:
    first = await lane.client.get("/graphql", params={"query": VERSION})
    reads = lane.services.counters.planned
    for known in (first.headers["etag"], first.headers["etag"].removeprefix("W/"), "*"):
        again = await lane.client.get("/graphql", params={"query": VERSION}, headers={"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
        assert "vary" in again.headers
    other = await lane.client.get("/graphql", params={"query": VERSION}, headers={"if-none-match": '"x"'})
    assert other.json() == ANSWER
    assert lane.services.counters.planned == reads


async def test_variables_and_names_tell_answers_apart_and_the_order_of_variables_does_not(lane: Api) -> None:
    for said in ("a", "b", "a", None):
        answer = await lane.ask(ECHO, said=said)
        assert answer == {"data": {"said": said}, "extensions": {"cost": 3}}
    assert lane.services.counters.cache_hits == 1
    await lane.ask(ECHO, said="c", more=1)
    await lane.client.post("/graphql", json={"query": ECHO, "variables": {"more": 1, "said": "c"}})
    assert lane.services.counters.cache_hits == 2


async def test_a_document_named_by_its_hash_is_answered_too(lane: Api) -> None:
    named = {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(VERSION.encode()).hexdigest()}}
    unknown = await lane.client.get("/graphql", params={"extensions": json.dumps(named)})
    assert unknown.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert (await lane.client.post("/graphql", json={"query": VERSION, "extensions": named})).json() == ANSWER
    assert (await lane.client.get("/graphql", params={"extensions": json.dumps(named)})).json() == ANSWER
    assert lane.services.counters.cache_hits == 1


async def test_what_is_not_the_lanes_own_is_the_views(lane: Api) -> None:
    client = lane.client
    assert (await client.post("/graphql", json=[{"query": VERSION}] * 2)).json() == [ANSWER, ANSWER]
    assert (await lane.ask("{ __typename }"))["data"] == {"__typename": "Query"}
    page = await client.get("/graphql", params={"query": VERSION}, headers={"accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert (await client.put("/graphql", json={"query": VERSION})).status_code == 405
    assert (
        await client.post("/graphql", content=b"{", headers={"content-type": "application/json"})
    ).status_code == 400
    assert (
        await client.post("/graphql", content=b"x", headers={"content-type": "text/plain"})
    ).status_code == 415
    assert (await client.post("/graphql", json={"query": 7})).status_code == 400
    assert lane.services.counters.planned == 0
    assert lane.services.counters.fallbacks == {"no single operation": 3, "not planned": 1}


async def test_what_a_statement_cannot_say_strawberry_says(lane: Api) -> None:
    assert await lane.ask(NO_ANSWER) == ANSWER
    assert await lane.ask(WRONG) == ANSWER
    assert await lane.refused(ECHO, said="a\0b") == await lane.refused(f"{ECHO} ", said="a\0b")
    assert lane.services.counters.fallbacks == {
        "no plain answer": 1,
        "the database refused": 2,
        "not planned": 1,
    }


async def test_large_answers_are_compressed_once_for_each_way_of_asking(lane: Api) -> None:
    said = "much of the same " * 200
    body = {"query": ECHO, "variables": {"said": said}}
    for accepts, encoding in (("gzip", "gzip"), ("gzip, zstd", "zstd"), ("identity", None)):
        before = lane.services.cache.bytes
        for _ in range(3):
            answer = await lane.client.post("/graphql", json=body, headers={"accept-encoding": accepts})
            assert answer.headers.get("content-encoding") == encoding
            assert "accept-encoding" in answer.headers["vary"].lower()
            if encoding != "zstd":
                assert answer.json()["data"] == {"said": said}
        assert lane.services.cache.bytes > before
    async with lane.client.stream(
        "POST", "/graphql", json=body, headers={"accept-encoding": "gzip"}
    ) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
    assert json.loads(gzip.decompress(raw))["data"] == {"said": said}


async def test_keys_and_limits_stand_before_the_lane(published: Sessions) -> None:
    settings = ApiSettings.model_validate(
        KEEPS.model_dump() | {"env": "prod", "api_keys": "reader:secret", "admin_keys": "boss:word"}
    )
    async with planned(published, settings) as api:
        body = {"query": VERSION}
        assert (await api.client.post("/graphql", json=body)).status_code == 401
        for key in ("secret", "word"):
            answer = await api.client.post("/graphql", json=body, headers={"x-api-key": key})
            assert answer.json() == ANSWER
        got = await api.client.get("/graphql", params=body, headers={"x-api-key": "secret"})
        assert got.headers["cache-control"].startswith("private")
        assert "x-api-key" in got.headers["vary"]

        large = await api.client.post(
            "/graphql",
            content=_chunks(),
            headers={"content-type": "application/json", "x-api-key": "secret"},
        )
        assert (large.status_code, large.json()["errors"][0]["extensions"]["code"]) == (413, "BAD_USER_INPUT")


async def _chunks() -> AsyncIterator[bytes]:
    for _ in range(20):
        yield b" " * 100_000


async def test_twenty_who_ask_together_are_one_statement_and_who_leaves_disturbs_nobody(
    published: Sessions, database_url: str
) -> None:
    app = planned_app(published, KEEPS)
    with served(app) as url:
        await until_kept(app.state.services)
        limits = httpx.Limits(max_connections=50)
        async with httpx.AsyncClient(limits=limits) as first, httpx.AsyncClient(limits=limits) as others:
            leader = asyncio.create_task(first.post(f"{url}/graphql", json={"query": SLOW}))
            await asyncio.sleep(0.1)
            followers = [
                asyncio.create_task(others.post(f"{url}/graphql", json={"query": SLOW})) for _ in range(19)
            ]
            await asyncio.sleep(0.1)
            leader.cancel()
            with suppress(asyncio.CancelledError):
                await leader
            answers = await asyncio.gather(*followers)
        assert {answer.json()["data"]["datasetVersion"] for answer in answers} == {1}
        counters = app.state.services.counters
        assert (counters.cache_misses, counters.cache_joined) == (1, 19)
        assert await _sleeping(database_url) == 0


async def test_with_its_only_client_a_statement_goes(published: Sessions, database_url: str) -> None:
    app = planned_app(published, KEEPS)
    with served(app) as url:
        for _ in range(5):
            async with httpx.AsyncClient() as client:
                asking = asyncio.create_task(client.post(f"{url}/graphql", json={"query": SLOW}))
                assert await _becomes(database_url, 1)
                asking.cancel()
                with suppress(asyncio.CancelledError):
                    await asking
            assert await _becomes(database_url, 0)
        async with httpx.AsyncClient() as client:
            assert (await client.post(f"{url}/graphql", json={"query": SLOW})).json()["data"]
        assert app.state.services.readers.opened <= KEEPS.database_read_connections


async def _becomes(database_url: str, wanted: int) -> bool:
    """Tell whether so many statements sleep within a while that is shorter than one sleeps."""
    for _ in range(30):
        if await _sleeping(database_url) == wanted:
            return True
        await asyncio.sleep(0.01)
    return False


async def _sleeping(database_url: str) -> int:
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        found = await connection.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE state = 'active' AND query LIKE '%pg_sleep%' AND pid != pg_backend_pid()"
        )
        row = await found.fetchone()
    return int(row[0]) if row else 0
