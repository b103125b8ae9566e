"""/metrics: what the API answered, what the workshop did, and nothing false while the database is away."""

from __future__ import annotations

import pytest

from graphql_api.metrics import workshop
from graphql_api.metrics.names import OFTEN
from graphql_api.settings import ApiSettings
from models.db import Sessions
from tests.factories import NOW, publish
from tests.integration.api.client import OFFLINE, Api, asked
from tests.integration.monitoring.filling import DAY, fill
from tests.integration.monitoring.scraping import OPENMETRICS, read, scraped
from tests.integration.serving.test_database_away import away

COUNT = "kasparro_request_seconds_count"


async def test_requests_are_told_by_operation_and_status(api: Api) -> None:
    for _ in range(OFTEN + 2):
        await api.query("query Version { datasetVersion }")
    await api.query("{ datasetVersion }")
    await api.query("query Rare { datasetVersion }")
    await api.ask("{ nothing }")
    await api.query("query Types { __schema { queryType { name } } }")
    batch = [{"query": "query A { datasetVersion }"}, {"query": "query B { datasetVersion }"}]
    assert (await api.client.post("/graphql", json=batch)).status_code == 200
    await api.get("/data")
    await api.get("/data/bitcoin", 404)
    await api.get("/nowhere", 404)
    told = await scraped(api)
    counted = {(operation, status): told.of(COUNT, operation=operation, status=status) for operation, status in [
        ("Version", "200"), ("(anonymous)", "200"), ("(batch)", "200"), ("/data", "200"), ("/data/{asset_uid}", "404"), ("/graphql", "200"),
        ("(other)", "404"), ("(other)", "200"),
    ]}  # fmt: skip
    rare, types = 1, 1
    assert list(counted.values()) == [3, 1, 1, 1, 1, 1, 1, OFTEN - 1 + rare + types]
    assert told.total(COUNT) == sum(map(int, counted.values()))  # type: ignore[arg-type] # none is None here
    assert told.of("kasparro_planned_total") == OFTEN + 4
    assert told.of("kasparro_graphql_errors_total", code="BAD_USER_INPUT") == 1
    assert told.of("kasparro_fallbacks_total", reason="no single operation") == 1


async def test_they_are_the_numbers_of_stats_debug(api: Api) -> None:
    await api.query("{ datasetVersion }")
    counters, told = (await api.get("/stats/debug"))["counters"], await scraped(api)
    assert counters["planned"] == told.of("kasparro_planned_total") == 1
    assert counters["cache_answers"] == told.of("kasparro_cache_answers")
    results = ("hits", "misses", "joined", "bypasses", "stand_ins")
    assert [counters[f"cache_{result}"] for result in results] == [
        told.of("kasparro_cache_lookups_total", result=result) for result in results
    ]
    assert counters["read_connections"] == told.total("kasparro_database_connections", pool="statements")


async def test_what_the_workshop_did_is_read_from_the_database(api: Api, sessions: Sessions) -> None:
    await fill(sessions)
    told = await scraped(api)
    whose = {"flow": "ingest", "source": "coincap"}
    assert told.of("kasparro_database_up") == 1
    assert told.of("kasparro_dataset_version") == 1
    assert told.of("kasparro_runs_last_day", **whose, outcome="success") == 1
    assert told.of("kasparro_runs_last_day", **whose, outcome="failed") == 1
    assert told.of("kasparro_runs_last_day", **whose, outcome="skipped") == 1
    assert told.of("kasparro_runs_last_day", flow="etl", source="", outcome="success") == 1
    assert told.total("kasparro_runs_last_day") == 4
    results = ("new", "changed", "unchanged", "rejected")
    assert [told.of("kasparro_records_last_day", **whose, result=one) for one in results] == [6, 0, 4, 1]
    assert told.of("kasparro_last_run", **whose, outcome="success") == 1
    assert told.total("kasparro_last_run", **whose) == 1
    assert told.of("kasparro_last_run_seconds", **whose) == 2
    names = ("limit", "left", "spent")
    assert [told.of(f"kasparro_source_budget_{name}", source="coincap") for name in names] == [
        4_000,
        80,
        3_920,
    ]
    assert told.of("kasparro_source_paused", source="coincap") == 0
    assert told.of("kasparro_source_budget_left", source="file") is None
    assert told.of("kasparro_source_fetched_timestamp_seconds", source="coincap") == (NOW - DAY).timestamp()
    assert told.of("kasparro_source_said_timestamp_seconds", source="coincap") is None
    assert told.of("kasparro_source_held_quotes", source="coincap") == 1
    assert told.of("kasparro_source_rejects", source="coincap") == 1
    assert told.of("kasparro_source_quotes", source="file") == 1
    assert told.of("kasparro_source_said_timestamp_seconds", source="file") == (NOW - DAY).timestamp()


async def test_the_database_is_asked_once_for_a_while(
    api: Api, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await scraped(api)).of("kasparro_dataset_version") == 0
    async with sessions.begin() as session:
        await publish(session)
    assert (await scraped(api)).of("kasparro_dataset_version") == 0
    monkeypatch.setattr(workshop, "KEPT_SECONDS", 0)
    assert (await scraped(api)).of("kasparro_dataset_version") == 1


async def test_without_the_database_only_that_is_told(
    api: Api, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workshop, "KEPT_SECONDS", 0)
    before = await scraped(api)
    with away(database_url):
        told = await scraped(api)
    assert told.of("kasparro_database_up") == 0
    of_workshop = {
        name
        for name in before.names
        if name.startswith(("kasparro_dataset", "kasparro_source", "kasparro_run"))
    }
    assert of_workshop & told.names == set()
    assert told.of(COUNT, operation="/metrics", status="200") == 1
    assert (await scraped(api)).of("kasparro_database_up") == 1


async def test_openmetrics_is_spoken_to_who_asks_for_it(api: Api) -> None:
    answer = await api.client.get("/metrics", headers={"accept": OPENMETRICS})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.headers["cache-control"] == "no-store"
    assert read(answer.text, openmetrics=True).of("kasparro_database_up") == 1


PROD = {"env": "prod", "public_read": True}
KEYS = {"metrics_keys": "prometheus:watch", "admin_keys": "ada:do", "api_keys": "rita:read"}


@pytest.mark.parametrize(
    ("said", "headers", "status"),
    [
        ({}, {}, 200),
        ({}, {"x-forwarded-for": "10.1.2.3"}, 403),
        (PROD, {}, 401),
        ({**PROD, **KEYS}, {}, 401),
        ({**PROD, **KEYS}, {"authorization": "Bearer watch"}, 200),
        ({**PROD, **KEYS}, {"x-api-key": "watch"}, 200),
        ({**PROD, **KEYS}, {"x-api-key": "do"}, 200),
        ({**PROD, **KEYS}, {"x-api-key": "read"}, 403),
        ({**PROD, **KEYS}, {"authorization": "Basic watch"}, 401),
        ({**KEYS}, {}, 401),
    ],
)  # fmt: skip
async def test_who_may_watch(
    sessions: Sessions, said: dict[str, object], headers: dict[str, str], status: int
) -> None:
    settings = ApiSettings.model_validate(OFFLINE.model_dump() | said)
    async with asked(sessions, settings) as api:
        assert (await api.client.get("/metrics", headers=headers)).status_code == status
        if "metrics_keys" in said:
            reading = await api.client.get("/data", headers={"x-api-key": "watch"})
            assert reading.status_code == (200 if "public_read" in said else 403)
