"""Runs, sources, checkpoints, records and the dataset through GraphQL, each query by its JSON."""

from __future__ import annotations

from datetime import timedelta

from models.db import Sessions
from models.outcomes import RunOutcome
from tests.factories import (
    NOW,
    make_asset,
    make_checkpoint,
    make_drift,
    make_job,
    make_quoted,
    make_raw,
    make_reject,
    make_run,
    make_source,
    publish,
)
from tests.integration.api.client import Api

Z = NOW.isoformat().replace("+00:00", "Z")


async def test_a_run_with_its_children(api: Api, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        parent = await make_run(session, prefect_run_id="abc", dataset_version=3)
        await make_run(
            session,
            "coingecko",
            parent_id=parent.id,
            outcome=RunOutcome.FAILED,
            error="HTTP 401",
            remedy="check the key",
            finished_at=NOW,
            fetched=250,
        )
    data = await api.query(
        """query ($id: ID!) { run(id: $id) { id flow source outcome datasetVersion durationSeconds prefectUrl parentId
        children { flow source outcome error remedy fetched finishedAt parentId } } }""",
        id=parent.id,
    )
    assert data["run"] == {
        "id": str(parent.id),
        "flow": "etl",
        "source": None,
        "outcome": "SUCCESS",
        "datasetVersion": 3,
        "durationSeconds": 2.0,
        "prefectUrl": "http://127.0.0.1:8959/runs/flow-run/abc",
        "parentId": None,
        "children": [
            {
                "flow": "ingest",
                "source": "coingecko",
                "outcome": "FAILED",
                "error": "HTTP 401",
                "remedy": "check the key",
                "fetched": 250,
                "finishedAt": Z,
                "parentId": str(parent.id),
            }
        ],
    }


async def test_runs_newest_first_by_filter_and_page(api: Api, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        for hour in range(5):
            await make_run(session, "coingecko", started_at=NOW - timedelta(hours=hour), fetched=hour)
        # Two that began in the same instant: the cursor must tell them apart.
        await make_run(session, "coinpaprika", started_at=NOW, fetched=98, outcome=RunOutcome.PARTIAL)
        await make_run(session, "coinpaprika", started_at=NOW, fetched=99)
    document = "query ($after: String) { runs(first: 2, after: $after) { totalCount nodes { fetched } pageInfo { endCursor hasNextPage } } }"
    seen: list[int] = []
    cursor = None
    while True:
        runs = (await api.query(document, after=cursor))["runs"]
        assert runs["totalCount"] == 7
        seen += [run["fetched"] for run in runs["nodes"]]
        cursor = runs["pageInfo"]["endCursor"]
        if not runs["pageInfo"]["hasNextPage"]:
            break
    assert seen == [99, 98, 0, 1, 2, 3, 4]
    data = await api.query(
        '{ runs(filter: { source: "coinpaprika", flow: "ingest", outcome: PARTIAL }) { nodes { fetched } } }'
    )
    assert data["runs"]["nodes"] == [{"fetched": 98}]


async def test_sources_say_how_they_do(api: Api, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        run = await make_run(
            session, "coingecko", finished_at=NOW - timedelta(hours=1), started_at=NOW - timedelta(hours=2)
        )
        await make_run(session, "coingecko", outcome=RunOutcome.FAILED, started_at=NOW, error="HTTP 500")
        await make_quoted(session, await make_asset(session), "coingecko")
        await make_reject(session, run, "coingecko", "broken")
        await make_drift(session, "coingecko", "beta_value", example=[1, "a"])
        await make_source(session, "coincap", title="CoinCap")
        await make_job(session, "coingecko", outcome=RunOutcome.FAILED, failures=1, failing_since=NOW)
    data = await api.query("""{ sources { name title state lastRun { error } lastSuccessAt
        totals { listings quotes rejects runs } driftFields { feed field example firstSeenAt } } }""")
    assert data["sources"] == [
        {
            "name": "coincap",
            "title": "CoinCap",
            "state": "NEW",
            "lastRun": None,
            "lastSuccessAt": None,
            "totals": {"listings": 0, "quotes": 0, "rejects": 0, "runs": 0},
            "driftFields": [],
        },
        {
            "name": "coingecko",
            "title": "Coingecko",
            "state": "FAILING",
            "lastRun": {"error": "HTTP 500"},
            "lastSuccessAt": (NOW - timedelta(hours=1)).isoformat().replace("+00:00", "Z"),
            "totals": {"listings": 1, "quotes": 1, "rejects": 1, "runs": 2},
            "driftFields": [{"feed": "quotes", "field": "beta_value", "example": [1, "a"], "firstSeenAt": Z}],
        },
    ]


async def test_checkpoints(api: Api, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        run = await make_run(session, "coingecko")
        await make_checkpoint(session, run, "coingecko", "quotes")
        await make_checkpoint(session, run, "coingecko", "identity", completed_at=None)
    data = await api.query("""{ checkpoints(source: "coingecko_api") {
        totalCount nodes { source feed page records completedAt updatedAt runId } } }""")
    assert data["checkpoints"]["totalCount"] == 2
    assert data["checkpoints"]["nodes"][1] == {
        "source": "coingecko",
        "feed": "quotes",
        "page": "/coins/markets?page=1",
        "records": 250,
        "completedAt": Z,
        "updatedAt": Z,
        "runId": str(run.id),
    }
    assert data["checkpoints"]["nodes"][0]["completedAt"] is None


async def test_raw_records_keep_every_digit(api: Api, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        run = await make_run(session, "coingecko")
        await make_raw(session, run, "coingecko", "bitcoin", {"price": 1}, fetched_at=NOW - timedelta(days=1))
        await make_raw(session, run, "coingecko", "bitcoin", {"price": 2, "n": [None, True]})
        await make_raw(session, run, "coingecko", "ether", {"price": 3}, feed="identity")
    data = await api.query("""{ rawRecord(source: "coingecko", id: "bitcoin") { payload runId }
        nothing: rawRecord(source: "coingecko", id: "bitcoin", feed: "rates") { payload }
        rawRecords(source: "coingecko", first: 2) { totalCount nodes { recordId feed } pageInfo { hasNextPage } } }""")
    assert data["rawRecord"] == {"payload": {"price": 2, "n": [None, True]}, "runId": str(run.id)}
    assert data["nothing"] is None
    assert data["rawRecords"] == {
        "totalCount": 3,
        "nodes": [{"recordId": "ether", "feed": "identity"}, {"recordId": "bitcoin", "feed": "quotes"}],
        "pageInfo": {"hasNextPage": True},
    }


async def test_rejects_say_why(api: Api, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        run = await make_run(session, "coingecko")
        await make_reject(session, run, "coingecko", "first")
        await make_reject(session, run, "coingecko", "second", reason="bad_number", detail="price is 'n/a'")
    data = await api.query("""{ rejects(source: "coingecko", first: 1) {
        nodes { source feed recordId reason detail payload rejectedAt } pageInfo { endCursor hasNextPage } } }""")
    assert data["rejects"]["nodes"] == [
        {
            "source": "coingecko",
            "feed": "quotes",
            "recordId": "second",
            "reason": "bad_number",
            "detail": "price is 'n/a'",
            "payload": {"id": "second"},
            "rejectedAt": Z,
        }
    ]
    cursor = data["rejects"]["pageInfo"]["endCursor"]
    rest = await api.query("query ($c: String) { rejects(after: $c) { nodes { recordId } } }", c=cursor)
    assert rest["rejects"]["nodes"] == [{"recordId": "first"}]


async def test_the_dataset_before_and_after_publishing(api: Api, sessions: Sessions) -> None:
    document = "{ datasetVersion upstream dataset { version upstream publishedAt } }"
    assert await api.query(document) == {
        "datasetVersion": 0,
        "upstream": None,
        "dataset": {"version": 0, "upstream": None, "publishedAt": None},
    }
    async with sessions.begin() as session:
        await publish(session, version=7, upstream="LIVE")
    assert await api.query(document) == {
        "datasetVersion": 7,
        "upstream": "LIVE",
        "dataset": {"version": 7, "upstream": "LIVE", "publishedAt": Z},
    }
