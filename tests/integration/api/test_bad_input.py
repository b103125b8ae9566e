"""What clients get wrong, each answered with a code or a 4xx and a sentence; what we get wrong is masked."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import structlog
from sqlalchemy import text

from graphql_api.app import create_app
from graphql_api.settings import ApiSettings
from models.db import Sessions, database
from tests.factories import make_asset
from tests.integration.api.client import Api


def _cursor(order: str, *place: str) -> str:
    return "~".join((order, *place))


ASSETS_REFUSES = [
    ("first: 0", "`first` must be 1 to 250, got 0"),
    ("first: -1", "got -1"),
    ("first: 1000", "got 1000"),
    ("last: 251", "`last` must be 1 to 250"),
    ("first: 1, last: 1", "not both"),
    ('first: 1, before: "x"', "not both"),
    ('after: "nonsense"', "not a cursor"),
    ('after: ""', "not a cursor"),
    ('after: "é"', "not a cursor"),
    (f'after: "{"A" * 50_001}"', "not a cursor"),
    (f'after: "{_cursor("market_cap_usd-uid")}"', "not a cursor"),
    (f'after: "{_cursor("rank+uid", "bitcoin", "1")}"', "another order"),
    (f'after: "{_cursor("market_cap_usd-uid", "bitcoin", "NaN")}"', "not a decimal"),
    (f'after: "{_cursor("market_cap_usd-uid", "bitcoin", "1e999999")}"', "not a decimal"),
    (f'after: "{_cursor("market_cap_usd-uid", "bitcoin", "[1]")}"', "not a decimal"),
    (f'after: "{_cursor("rank+uid", "bitcoin", "first")}", orderBy: RANK_ASC', "altered"),
    (f'after: "{_cursor("name+uid", "bitcoin")}", orderBy: NAME_ASC', "altered"),
    (f'after: "{_cursor("market_cap_usd-uid", chr(0), "1")}"', "NUL"),
    ('filter: { symbol: "a\\u0000b" }', "NUL"),
    ('filter: { nameContains: "\\ud800" }', ""),
    ('filter: { minMarketCap: "a lot" }', "not a decimal number"),
    ('filter: { minMarketCap: "Infinity" }', "not a decimal number"),
    ("filter: { minRank: 99999999999 }", "32-bit"),
    ("orderBy: WORST", "WORST"),
    ("nothing: 1", "nothing"),
]


async def test_assets_refuses(api: Api, subtests: pytest.Subtests) -> None:
    for arguments, said in ASSETS_REFUSES:
        with subtests.test(arguments):
            code, message = await api.refused(f"{{ assets({arguments}) {{ nodes {{ uid }} }} }}")
            assert code == "BAD_USER_INPUT"
            assert said in message


OTHERS_REFUSE = [
    ('{ run(id: "first") { flow } }', "whole number"),
    ('{ run(id: "-1") { flow } }', "whole number"),
    ("{ runs(first: 0) { totalCount } }", "1 to 250"),
    ('{ runs(after: "x") { totalCount } }', "not a cursor"),
    ("{ rejects(first: 300) { totalCount } }", "1 to 250"),
    ('{ rawRecords(source: "coingecko", first: 0) { totalCount } }', "1 to 250"),
    ("{ sources(first: 0) { name } }", "1 to 250"),
    ("{ rawRecords { totalCount } }", "source"),
    ("{ assets { nodes { nothing } } }", "nothing"),
    ("{ assets ", "Syntax Error"),
    ('{ asset(uid: "x\\u0000") { uid } }', "NUL"),
]


async def test_other_queries_refuse(api: Api, subtests: pytest.Subtests) -> None:
    for document, said in OTHERS_REFUSE:
        with subtests.test(document):
            code, message = await api.refused(document)
            assert code == "BAD_USER_INPUT"
            assert said in message


async def test_dates_that_do_not_exist(api: Api, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await make_asset(session, "bitcoin")
    for moment in ("2023-02-30T00:00:00Z", "yesterday", "0001-01-01T00:00:00+14:00"):
        code, message = await api.refused(
            'query ($from: DateTime) { asset(uid: "bitcoin") { history(from: $from) { source } } }',
            **{"from": moment},
        )
        assert code == "BAD_USER_INPUT"
        assert "is not a time" in message


async def test_a_run_with_an_id_beyond_any_is_null(api: Api) -> None:
    assert await api.query('{ run(id: "99999999999999999999") { flow } }') == {"run": None}


async def test_one_bad_field_leaves_the_others_their_answers(api: Api) -> None:
    body = await api.ask('{ bad: asset(uid: "\\u0000") { uid } good: datasetVersion }')
    assert body["data"] == {"bad": None, "good": 0}


REST_REFUSES = [
    ("/data?limit=-1", "`limit` must be a whole number from 1 to 1000"),
    ("/data?limit=1001", "1 to 1000"),
    ("/data?limit=ten", "'ten'"),
    ("/data?page=0", "`page` must be a whole number from 1"),
    ("/data?offset=-1", "`offset` must be a whole number from 0"),
    ("/data?limit=1&limit=2", "given 2 times"),
    ("/data?page=10001", "1 to 10000"),
    ("/data?limit=%2B5", "'+5'"),
    (f"/data?symbol={'x' * 201}", "at most 200 characters"),
    ("/data?start_date=2023-02-30", "must be a day like"),
    ("/data?end_date=20260131", "must be a day like"),
    ("/data?start_date=2026-W05-1", "must be a day like"),
    ("/data?start_date=2026-01-31T00:00:00Z", "must be a day like"),
    ("/data?symbol=%00", "NUL"),
    ("/data/a%00b", "NUL"),
    (f"/data?limit={'9' * 5000}", "1 to 1000"),
    ("/stats?limit=0", "1 to 1000"),
]


async def test_rest_refuses(api: Api, subtests: pytest.Subtests) -> None:
    for path, said in REST_REFUSES:
        with subtests.test(path):
            body = await api.get(path, 400)
            assert body["code"] == "BAD_USER_INPUT"
            assert said in body["detail"]
            assert body["request_id"]


async def test_unknown_paths_and_methods(api: Api) -> None:
    assert (await api.get("/nothing", 404))["code"] == "NOT_FOUND"
    assert (await api.client.post("/data")).status_code == 405
    assert (await api.client.get("/etl/run-all")).status_code == 405


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"\xff", "application/json"),
        (b"{}", "text/plain"),
    ],
)
async def test_bodies_that_are_no_request(api: Api, content: bytes, content_type: str) -> None:
    answer = await api.client.post("/graphql", content=content, headers={"content-type": content_type})
    assert answer.status_code in {400, 415}


async def test_a_mutation_by_get_is_refused(api: Api) -> None:
    answer = await api.client.get("/graphql", params={"query": "mutation { triggerRun { state } }"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_a_browser_gets_the_page_to_explore(api: Api) -> None:
    answer = await api.client.get("/graphql", headers={"accept": "text/html"})
    assert answer.status_code == 200
    assert "graphiql" in answer.text.lower()


async def test_what_nobody_foresaw_is_masked_and_logged_whole(api: Api, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await session.execute(text("ALTER TABLE dataset_version ALTER COLUMN version TYPE text"))
    with structlog.testing.capture_logs() as logs:
        code, message = await api.refused("{ datasetVersion }")
        body = await api.get("/health", 500)
    assert code == body["code"] == "INTERNAL"
    assert "COALESCE" not in message + body["detail"]
    assert body["request_id"] in body["detail"]
    assert [entry["event"] for entry in logs] == [
        "a planned statement is wrong",
        "unexpected error",
        "unexpected error",
        "answered",
    ]


@pytest.fixture
async def orphan() -> AsyncIterator[httpx.AsyncClient]:
    """Serve the application over a database that is not there."""
    async with database("postgresql://nobody@127.0.0.1:8958/nothing") as sessions:
        app = create_app(ApiSettings(), sessions)
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
        ):
            yield client


async def test_without_a_database(orphan: httpx.AsyncClient) -> None:
    health = await orphan.get("/health")
    assert health.status_code == 503
    assert health.json()["status"] == "unhealthy"
    assert health.json()["database_connected"] is False
    assert (await orphan.get("/health/live")).status_code == 200
    assert (await orphan.get("/data")).json()["code"] == "UNAVAILABLE"
    errors = (await orphan.post("/graphql", json={"query": "{ datasetVersion }"})).json()["errors"]
    assert errors[0]["extensions"]["code"] == "UNAVAILABLE"


async def test_a_cursor_with_a_rank_beyond_any(api: Api) -> None:
    document = "query ($after: String) { assets(after: $after, orderBy: RANK_ASC) { nodes { uid } } }"
    code, message = await api.refused(document, after=_cursor("rank+uid", "x", str(10**18)))
    assert (code, "altered" in message) == ("BAD_USER_INPUT", True)


async def test_without_its_tables(api: Api, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await session.execute(text("DROP TABLE dataset_version"))
    body = await api.get("/health", 503)
    assert "python -m models upgrade" in body["reason"]
