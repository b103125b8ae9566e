"""A source that fails is left alone for a while, through whole runs: the others go on, and everybody is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from flows.engine import Errand, fetch_directly, ingest_source
from flows.errors import Refused, RetryLater
from flows.market_csv import refresh_csv
from flows.pipeline import run_etl
from flows.sources.contract import Fetched
from flows.workshop import Workshop
from graphql_api.app import create_app
from graphql_api.settings import ApiSettings
from models.db import Sessions
from models.outcomes import RunOutcome
from tests.fixtures.bad_answers import CAP, PAPRIKA
from tests.integration.flows.conftest import OpenShop, Sandbox
from tests.integration.flows.tables import count, end_benches, rows

SCHEDULED = Errand(heeds_bench=True)
INTERVAL = 1_320


@pytest.fixture
async def shop(open_shop: OpenShop) -> AsyncIterator[Workshop]:
    """A workshop that bears two failures in a row."""
    async with open_shop(bench_after_failures=2) as opened:
        yield opened


@asynccontextmanager
async def _api(sessions: Sessions) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(ApiSettings(), sessions)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client,
    ):
        yield client


async def _state(shop: Workshop, source: str = "coinpaprika") -> dict[str, Any]:
    async with _api(shop.sessions) as api:
        told = (await api.get("/stats/sources")).json()["sources"]
    (state,) = (one for one in told if one["name"] == source)
    return dict(state)


async def _benched_for(shop: Workshop, source: str = "coinpaprika") -> int:
    """Read for how long a source is benched, from when its last run ended."""
    query = (
        "SELECT round(extract(epoch FROM j.benched_until - r.finished_at)) FROM source_jobs j"
        " JOIN etl_runs r ON r.source = j.source AND r.flow = j.flow"
        " WHERE j.source = :source AND r.outcome = 'failed' ORDER BY r.id DESC LIMIT 1"
    )
    return int(await count(shop.sessions, query, source=source))


async def test_a_source_that_keeps_failing_is_benched_passed_over_tried_again_and_recovers(
    shop: Workshop, sandbox: Sandbox
) -> None:
    sandbox.move(datetime.now(UTC).isoformat())  # else its prices are too old to count
    sandbox.script(PAPRIKA, status=500, times=100)
    first, second = [await run_etl(shop) for _ in range(2)]
    assert (first.outcome, second.outcome) == (RunOutcome.PARTIAL, RunOutcome.PARTIAL)
    assert await _benched_for(shop) == pytest.approx(INTERVAL, abs=2)

    asked = sandbox.asked(PAPRIKA)
    passed_over = await run_etl(shop)
    assert sandbox.asked(PAPRIKA) == asked
    _, paprika, _ = passed_over.sources
    assert (passed_over.outcome, paprika.outcome, paprika.is_benched) == (
        RunOutcome.PARTIAL,
        RunOutcome.SKIPPED,
        True,
    )
    assert "coinpaprika: benched until 20" in (passed_over.error or "")
    assert "UTC after 2 failures in a row: HTTP 500" in (passed_over.error or "")
    kept = "SELECT outcome, error FROM etl_runs WHERE source = 'coinpaprika' ORDER BY id DESC LIMIT 1"
    assert await rows(shop.sessions, kept) == [("skipped", paprika.error)]
    priced = await count(shop.sessions, "SELECT count(*) FROM assets WHERE price_usd > 0")
    assert priced > 200, "CoinGecko's prices are published all the same"

    await end_benches(shop.sessions)
    assert (await run_etl(shop)).outcome is RunOutcome.PARTIAL
    assert sandbox.asked(PAPRIKA) == asked + 1
    assert await _benched_for(shop) == pytest.approx(2 * INTERVAL, abs=2)

    sandbox.forget()
    await end_benches(shop.sessions)
    assert (await run_etl(shop)).outcome is RunOutcome.SUCCESS
    told = await _state(shop)
    assert [told[name] for name in ("state", "failures", "next_try", "reason")] == ["ok", 0, None, None]


async def test_health_says_degraded_and_which_and_why_until_it_is_over(
    shop: Workshop, sandbox: Sandbox
) -> None:
    sandbox.script(PAPRIKA, status=500, times=100)
    async with _api(shop.sessions) as api:
        told = []
        for _ in range(2):
            await run_etl(shop)
            told.append((await api.get("/health")).json())
        sandbox.forget()
        await run_etl(shop, ["coinpaprika"])
        mended = (await api.get("/health")).json()
    assert [each["status"] for each in told] == ["degraded", "degraded"]
    failing, benched = (each["degraded"][0] for each in told)
    assert [failing[name] for name in ("source", "state", "failures", "next_try")] == [
        "coinpaprika", "failing", 1, None,
    ]  # fmt: skip
    assert (benched["state"], benched["failures"]) == ("benched", 2)
    assert benched["next_try"] > told[1]["last_etl_run"]["timestamp"]
    assert told[1]["reason"].startswith("coinpaprika: HTTP 500")
    assert "(benched until 20" in told[1]["reason"]
    assert (mended["status"], mended["degraded"]) == ("healthy", [])


async def test_who_names_a_source_has_it_tried_and_one_clean_run_ends_the_bench(
    shop: Workshop, sandbox: Sandbox
) -> None:
    sandbox.script(PAPRIKA, status=500, times=3)
    for _ in range(2):
        await ingest_source(shop, "coinpaprika", SCHEDULED)
    assert (await ingest_source(shop, "coinpaprika", SCHEDULED)).is_benched
    assert (await run_etl(shop, ["coinpaprika"])).outcome is RunOutcome.FAILED
    assert (await _state(shop))["failures"] == 3
    assert (await run_etl(shop, ["coinpaprika"])).outcome is RunOutcome.SUCCESS
    assert (await ingest_source(shop, "coinpaprika", SCHEDULED)).outcome is RunOutcome.SUCCESS


async def test_a_key_that_is_refused_benches_at_once_and_says_what_to_do(
    shop: Workshop, sandbox: Sandbox
) -> None:
    sandbox.script(PAPRIKA, status=401, body='{"error":"invalid API key"}', times=100)
    report = await ingest_source(shop, "coinpaprika", SCHEDULED)
    assert (report.outcome, report.remedy) == (RunOutcome.FAILED, Refused.remedy)
    assert await _benched_for(shop) == pytest.approx(21_600, abs=2)
    told = await _state(shop)
    assert (told["state"], told["failures"]) == ("benched", 1)
    assert told["reason"].startswith("HTTP 401: invalid API key")
    assert told["remedy"] == "check the source's key, plan and base URL"
    skipped = await ingest_source(shop, "coinpaprika", SCHEDULED)
    assert "after a failure: HTTP 401: invalid API key" in (skipped.error or "")
    assert "python -m flows run etl --source coinpaprika" in (skipped.remedy or "")


async def test_a_pause_that_it_asked_for_is_told_as_the_next_try_and_counts_once(
    shop: Workshop, sandbox: Sandbox
) -> None:
    sandbox.script(PAPRIKA, status=429, headers={"retry-after": "3000"}, body='{"error":"too many"}')
    reports = [await ingest_source(shop, "coinpaprika", SCHEDULED) for _ in range(3)]
    assert {(report.outcome, report.remedy) for report in reports} == {(RunOutcome.FAILED, RetryLater.remedy)}
    told = await _state(shop)
    assert (told["state"], told["failures"], told["reason"]) == ("benched", 1, "HTTP 429: too many")
    assert told["next_try"] == told["budget"]["paused_until"]


async def test_a_month_that_the_provider_calls_used_up_is_benched_until_it_ends(
    shop: Workshop, sandbox: Sandbox
) -> None:
    sandbox.script(PAPRIKA, status=402, body='{"error":"no requests left"}')
    assert (await run_etl(shop)).outcome is RunOutcome.PARTIAL
    told = await _state(shop)
    assert (told["state"], told["reason"]) == ("benched", "HTTP 402: no requests left")
    assert told["next_try"] == told["budget"]["period_ends_at"]


def _failing(error: Exception) -> Callable[..., Awaitable[Fetched]]:
    async def fetch(*_: object) -> Fetched:
        raise error

    return fetch


async def test_what_the_database_did_is_told_and_benches_nobody(shop: Workshop) -> None:
    away = _failing(OperationalError("SELECT 1", None, Exception("the database was away")))
    for _ in range(4):
        report = await ingest_source(shop, "coinpaprika", SCHEDULED, fetch=away)
        assert report.outcome is RunOutcome.FAILED
    told = await _state(shop)
    assert (told["state"], told["failures"], told["next_try"]) == ("failing", 0, None)
    assert "the database was away" in told["reason"]


async def test_where_every_source_is_down_the_run_has_failed_and_nothing_is_published(
    shop: Workshop, sandbox: Sandbox
) -> None:
    (shop.settings.data_dir / "crypto_market.csv").write_text("not,a,market\n1,2,3\n")
    sandbox.script("/coin", status=500, times=1_000)
    reports = [await run_etl(shop) for _ in range(3)]
    assert {report.outcome for report in reports} == {RunOutcome.FAILED}
    assert [one.is_benched for one in reports[2].sources] == [True, True, False]
    assert await count(shop.sessions, "SELECT version FROM dataset_version") == 0


async def test_a_file_is_never_benched_since_reading_it_asks_nobody(shop: Workshop) -> None:
    (shop.settings.data_dir / "crypto_market.csv").write_text("not,a,market\n1,2,3\n")
    for _ in range(4):
        assert (await ingest_source(shop, "coincap", SCHEDULED)).outcome is RunOutcome.FAILED
    told = await _state(shop, "coincap")
    assert (told["state"], told["failures"], told["next_try"]) == ("failing", 4, None)


async def test_coincap_that_cannot_be_asked_is_benched_while_its_file_is_read_on(
    shop: Workshop, sandbox: Sandbox
) -> None:
    assert (await refresh_csv(shop)).outcome is RunOutcome.SUCCESS
    sandbox.script(CAP, status=500, times=100)
    refreshes = [await refresh_csv(shop, heeds_bench=True) for _ in range(3)]
    assert [each.outcome for each in refreshes] == [
        RunOutcome.FAILED,
        RunOutcome.FAILED,
        RunOutcome.SKIPPED,
    ]
    assert "benched until" in (refreshes[2].error or "")
    assert sandbox.asked(CAP) == 3
    assert (await ingest_source(shop, "coincap", SCHEDULED)).outcome is RunOutcome.SUCCESS
    told = await _state(shop, "coincap")
    assert (told["state"], told["status"]) == ("benched", "success"), "its file is well, its provider is not"
    sandbox.forget()
    assert (await refresh_csv(shop)).outcome is RunOutcome.SUCCESS
    assert (await _state(shop, "coincap"))["state"] == "ok"


async def test_with_no_failures_borne_or_all_of_them_the_settings_decide(
    open_shop: OpenShop, sandbox: Sandbox
) -> None:
    sandbox.script(PAPRIKA, status=401, body='{"error":"invalid API key"}', times=100)
    async with open_shop(bench_after_failures=0) as shop:
        for _ in range(4):
            assert not (await ingest_source(shop, "coinpaprika", SCHEDULED)).is_benched
    async with open_shop(bench_after_failures=1, bench_seconds=60, bench_longest_seconds=100) as shop:
        await ingest_source(shop, "coinpaprika", SCHEDULED, fetch=fetch_directly)
        assert await _benched_for(shop) == pytest.approx(100, abs=2)
