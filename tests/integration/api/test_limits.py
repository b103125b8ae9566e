"""What asks too much is refused before the database is asked, with the number and the limit."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from graphql import get_introspection_query
from sqlalchemy import text

from graphql_api.app import create_app
from models.db import Sessions
from models.settings import DatabaseSettings
from tests.factories import make_asset
from tests.integration.api.client import OFFLINE, Api, asked
from tests.servers import served

NESTED = "{ assets(first: 250) { nodes { history(first: 250) { priceUsd observedAt } } } }"


async def test_the_cost_is_told_with_every_answer(api: Api) -> None:
    document = "query ($n: Int) { assets(first: $n) { nodes { uid name } totalCount } }"
    assert (await api.ask(document, n=10))["extensions"]["cost"] == 1 + 1 + 10 * 2 + 1


async def test_a_query_too_costly_says_its_cost_and_the_limit_and_asks_nothing(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphql_api.planner.rows.Rows.all", None)
    cost = 1 + 1 + 250 * (1 + 250 * 2)
    for accept in ("application/json", "application/graphql-response+json"):
        answer = await api.client.post("/graphql", json={"query": NESTED}, headers={"accept": accept})
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["extensions"]["code"]) == (400, "TOO_COMPLEX")
        assert f"costs {cost}, 100000 are allowed" in error["message"]
        assert answer.json()["extensions"] == {"cost": cost}


async def test_a_batch_has_one_budget(sessions: Sessions) -> None:
    settings = OFFLINE.model_copy(update={"query_cost_limit": 4})
    async with asked(sessions, settings) as api:
        batch = [{"query": "{ datasetVersion upstream }"}] * 3
        answers = (await api.client.post("/graphql", json=batch)).json()
        assert ["errors" in each for each in answers] == [False, False, True]


HOSTILE: list[tuple[str, str, str]] = [
    ("aliases", "{" + " ".join(f"a{i}: datasetVersion" for i in range(101)) + "}", "101 aliases, 100 are"),
    ("50,000 aliases", "{" + " ".join(f"a{i}:upstream" for i in range(50_000)) + "}", "1000 tokens"),
    ("depth", "{ assets " + "{ nodes { quotes { asset " * 8 + "{ uid }" + "} } }" * 8 + "}", "levels deep"),
    ("nesting", "{a" * 400 + "}" * 400, "nested too deeply"),
    ("lists in lists", "{ assets(filter: {uids: " + "[" * 400 + "]" * 400 + "}) { totalCount } }", "nested"),
    ("fields twice over", "{" + " datasetVersion" * 990 + "}", "Validation aborted"),
    (
        "fragments that double",
        "{ ...F0 }"
        + "".join(f" fragment F{i} on Query {{ ...F{i + 1} ...F{i + 1} }}" for i in range(60))
        + " fragment F60 on Query { a: datasetVersion }",
        "aliases, 100 are",
    ),
]


async def test_hostile_documents(api: Api, subtests: pytest.Subtests) -> None:
    for name, document, cause in HOSTILE:
        with subtests.test(name):
            answer = await asyncio.wait_for(api.client.post("/graphql", json={"query": document}), 1)
            (error,) = answer.json()["errors"]
            assert (answer.status_code, error["extensions"]["code"]) == (400, "TOO_COMPLEX")
            assert cause in error["message"]


@pytest.mark.parametrize(
    ("document", "cause"),
    [
        ("{ ...F } fragment F on Query { datasetVersion ...F }", "Cannot spread fragment 'F' within itself"),
        ('{ asset(uid: "a\0b") { uid } }', "cannot be looked up"),
        ("{ assets(first: 9999999999) { totalCount } }", "non 32-bit"),
        ("{ datasetVersion", "Syntax Error"),
        ("query A { upstream } query A { upstream }", "only one operation named 'A'"),
    ],
)
async def test_what_is_wrong_is_named(api: Api, document: str, cause: str) -> None:
    code, message = await api.refused(document)
    assert (code, cause in message) == ("BAD_USER_INPUT", True), message


async def test_a_body_too_large_says_how_large_it_may_be(sessions: Sessions) -> None:
    async with asked(sessions, OFFLINE.model_copy(update={"body_limit_bytes": 100})) as api:
        for path in ("/graphql", "/etl/run-all"):
            answer = await api.client.post(path, json={"query": "x" * 100})
            assert answer.status_code == 413
            assert "larger than the 100 bytes that are allowed" in answer.text


async def test_introspection_is_within_every_limit(api: Api) -> None:
    query = get_introspection_query(
        input_value_deprecation=True, specified_by_url=True, schema_description=True
    )
    assert (await api.query(query))["__schema"]["queryType"]["name"] == "Query"


WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


async def _until_waiting(sessions: Sessions, count: int) -> None:
    async with asyncio.timeout(5), sessions() as session:
        while (await session.scalar(WAITING)) != count:
            await session.rollback()
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("path", "locked"),
    [
        ("/graphql?query={assets{totalCount}}", "assets"),
        ("/graphql?query={assets{nodes{quotes{priceUsd}}}}", "quotes"),
        ("/data", "quotes"),
    ],
)
async def test_a_client_that_leaves_takes_its_statement_with_it(
    sessions: Sessions, database_url: str, path: str, locked: str
) -> None:
    async with sessions.begin() as session:
        await make_asset(session, "bitcoin")
    settings = DatabaseSettings(database_url=database_url, database_pool_size=1)
    with served(create_app(OFFLINE, settings)) as url:
        async with sessions() as holder, httpx.AsyncClient(base_url=url) as client:
            await holder.execute(text(f"LOCK TABLE {locked} IN ACCESS EXCLUSIVE MODE"))
            asking = asyncio.create_task(client.get(path))
            await _until_waiting(sessions, 1)
            asking.cancel()
            await _until_waiting(sessions, 0)
            # The process's one connection is free again while the table is still locked.
            assert (await client.get("/graphql?query={datasetVersion}")).json()["data"] == {
                "datasetVersion": 0
            }
