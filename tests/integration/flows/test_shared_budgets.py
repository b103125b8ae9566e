"""Budgets through whole runs: shared by all workers, obeyed by all of them, and never failing a run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from flows.engine import ingest_source
from flows.errors import BudgetExhausted, RetryLater
from flows.market_csv import refresh_csv
from flows.pipeline import run_etl
from flows.sources import coinpaprika
from flows.sources.contract import Fetched, PageRequest
from flows.workshop import Workshop
from models.budgets import Allowance, Taken
from models.db import Sessions, database
from models.outcomes import Purpose, RunOutcome
from models.store import budgets as store
from tests.factories import make_source
from tests.fixtures.bad_answers import PAPRIKA
from tests.integration.flows.conftest import OpenShop, Sandbox, eventually
from tests.integration.flows.tables import count, rows

CURRENT, HISTORY = Purpose.CURRENT, Purpose.HISTORY
TICKERS = PageRequest("/tickers", {"quotes": "USD"})
CAP = "/coincap/v3/assets"


async def _of(sessions: Sessions, column: str, source: str = "coinpaprika") -> object:
    return await count(sessions, f"SELECT {column} FROM source_budgets WHERE source = :source", source=source)


async def _fetch(shop: Workshop, purpose: Purpose) -> Fetched:
    settings = shop.settings_of(coinpaprika.SOURCE)
    return await shop.client.fetch(coinpaprika.SOURCE, settings, TICKERS, purpose)


@contextmanager
def _transactions(sessions: Sessions) -> Iterator[list[object]]:
    """Note every transaction that is begun."""
    begun: list[object] = []
    engine, note = sessions.kw["bind"].sync_engine, begun.append
    event.listen(engine, "begin", note)
    yield begun
    event.remove(engine, "begin", note)


async def test_two_workers_together_take_no_more_than_one_may(database_url: str, sessions: Sessions) -> None:
    """Sixty a minute: six at once, then nine in ten seconds, for however many ask."""
    async with sessions.begin() as session:
        await make_source(session, "acme")
    taken: list[Taken] = []
    waits: list[object] = []

    async def worker(own: Sessions) -> None:
        while len(waits) < 200:
            async with own.begin() as session:
                verdict = await store.take(session, "acme", Allowance(60), CURRENT, 1)
            if isinstance(verdict, Taken):
                taken.append(verdict)
            else:
                waits.append(verdict)

    async with database(database_url) as one, database(database_url) as two:
        await asyncio.gather(*(worker(own) for own in (one, two) for _ in range(3)))
    times = sorted(each.at for each in taken)
    assert 6 <= len(taken) <= 6 + 0.9 * (times[-1] - times[0]).total_seconds() + 0.01
    assert await _of(sessions, "spent_current", "acme") == len(taken)


async def test_who_waits_sleeps_instead_of_asking_again(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COINPAPRIKA_REQUESTS_PER_MINUTE", "1200")
    async with open_shop() as shop:
        settings = shop.settings_of(coinpaprika.SOURCE)
        with _transactions(shop.sessions) as begun:
            await asyncio.gather(
                *(shop.budgets.take(coinpaprika.SOURCE, settings, CURRENT) for _ in range(20))
            )
    assert 20 <= len(begun) <= 2 * 20


async def test_a_worker_that_dies_in_a_request_has_counted_it(shop: Workshop, sandbox: Sandbox) -> None:
    sandbox.script(PAPRIKA, delay_seconds=30)
    fetching = asyncio.create_task(_fetch(shop, CURRENT))
    await eventually(lambda: sandbox.asked(PAPRIKA) == 1)
    fetching.cancel()
    await asyncio.gather(fetching, return_exceptions=True)
    assert await _of(shop.sessions, "spent_current") == 1


async def test_a_pause_that_one_worker_is_asked_for_is_kept_by_all(
    open_shop: OpenShop, sandbox: Sandbox
) -> None:
    headers = {"retry-after": "119", "x-ratelimit-limit": "30"}
    sandbox.script(PAPRIKA, status=429, headers=headers, body='{"error":"too many"}')
    async with open_shop() as one, open_shop() as two:
        assert (await ingest_source(one, "coinpaprika")).outcome is RunOutcome.FAILED
        report = await ingest_source(two, "coinpaprika")
        for purpose in Purpose:
            with pytest.raises(RetryLater) as paused:
                await _fetch(two, purpose)
            assert 60 < paused.value.seconds <= 119
        assert await _of(two.sessions, "allowed_per_minute") < 60_000 / 16 + 100  # type: ignore[operator]
        rejects = await count(two.sessions, "SELECT count(*) FROM rejected_records")
    assert (report.outcome, report.remedy) == (RunOutcome.FAILED, RetryLater.remedy)
    assert "coinpaprika: asked for a pause that lasts another" in (report.error or "")
    assert "HTTP 429: too many" in (report.error or "")
    assert (sandbox.asked(PAPRIKA), rejects) == (1, 1), "nobody was asked, so there is nothing to keep"


async def test_a_short_pause_is_waited_for_by_all(open_shop: OpenShop, sandbox: Sandbox) -> None:
    sandbox.script(PAPRIKA, status=429, headers={"retry-after": "1"}, body='{"error":"too many"}')
    async with open_shop() as one, open_shop() as two:
        began = time.monotonic()
        with pytest.raises(RetryLater):
            await _fetch(one, CURRENT)
        await _fetch(two, CURRENT)
        assert time.monotonic() - began >= 1


async def test_a_provider_that_is_used_up_is_not_asked_again_and_fails_no_run(
    open_shop: OpenShop, sandbox: Sandbox
) -> None:
    sandbox.script(PAPRIKA, status=402, body='{"error":"no requests left"}')
    async with open_shop() as one:
        assert (await ingest_source(one, "coinpaprika")).outcome is RunOutcome.SKIPPED
    async with open_shop() as two:
        report = await run_etl(two)
    gecko, paprika, _ = report.sources
    assert (report.outcome, gecko.outcome, paprika.outcome) == (
        RunOutcome.PARTIAL,
        RunOutcome.SUCCESS,
        RunOutcome.SKIPPED,
    )
    assert report.error == paprika.error
    assert "HTTP 402: no requests left; nothing is asked until" in (paprika.error or "")
    assert sandbox.asked("/coinpaprika") == 1


async def test_who_names_a_source_asks_it_although_it_said_that_it_is_used_up(
    open_shop: OpenShop, sandbox: Sandbox
) -> None:
    sandbox.script(PAPRIKA, status=402, body='{"error":"no requests left"}')
    async with open_shop() as shop:
        assert (await ingest_source(shop, "coinpaprika")).is_benched
        assert (await run_etl(shop, ["coinpaprika"])).outcome is RunOutcome.SUCCESS
        assert await _of(shop.sessions, "exhausted_because") is None


async def test_a_month_that_is_used_up_keeps_what_it_brought(
    open_shop: OpenShop, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COINPAPRIKA_MONTHLY_BUDGET", "2")
    async with open_shop() as shop:
        first, second = [await ingest_source(shop, "coinpaprika") for _ in range(2)]
        assert await _of(shop.sessions, "spent_current") == 2
    assert (first.outcome, second.outcome) == (RunOutcome.PARTIAL, RunOutcome.SKIPPED)
    assert first.new > 250
    assert "the month's budget of 2 is used up (0 left); nothing is asked until" in (first.error or "")
    assert "slowed so that the month's budget of 2 lasts (0 left): next at" in (second.error or "")
    assert sandbox.asked("/coinpaprika") == 2


async def test_a_refresh_slows_itself_so_that_the_month_lasts(
    open_shop: OpenShop, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COINCAP_MONTHLY_BUDGET", "4000")
    async with open_shop() as shop:
        first, second = [await refresh_csv(shop) for _ in range(2)]
        told = "spent_current, pass_cost, next_at > now(), next_because"
        ((spent, cost, is_ahead, because),) = await rows(
            shop.sessions, f"SELECT {told} FROM source_budgets WHERE source = 'coincap'"
        )
        run = "SELECT outcome, error FROM etl_runs WHERE flow = 'refresh-csv' ORDER BY id DESC LIMIT 1"
        assert await rows(shop.sessions, run) == [("skipped", second.error)]
    assert (first.outcome, second.outcome) == (RunOutcome.SUCCESS, RunOutcome.SKIPPED)
    assert second.error == f"coincap: {because}"
    assert "slowed so that the month's budget of 4,000 lasts" in because
    assert (spent, is_ahead) == (cost, True)
    assert 40 < cost < 70, "250 assets of four or five hundred bytes, a credit for each 2,500"
    assert sandbox.asked(CAP) == 1


async def test_a_refresh_whose_credits_are_gone_is_skipped(open_shop: OpenShop, sandbox: Sandbox) -> None:
    sandbox.script(CAP, status=402, body='{"error":"out of credits"}')
    async with open_shop() as shop:
        reports = [await refresh_csv(shop, heeds_bench=True) for _ in range(2)]
        kept = await rows(shop.sessions, "SELECT reason FROM rejected_records")
    assert [report.outcome for report in reports] == [RunOutcome.SKIPPED] * 2
    assert all("HTTP 402: out of credits" in (report.error or "") for report in reports)
    assert (sandbox.asked(CAP), kept) == (1, [("BudgetExhausted",)])


async def test_history_is_refused_while_current_prices_are_not(
    open_shop: OpenShop, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COINPAPRIKA_MONTHLY_BUDGET", "4")
    async with open_shop() as shop:
        for _ in range(2):  # until current prices were asked for once, half of the month is theirs
            await _fetch(shop, HISTORY)
        with pytest.raises(BudgetExhausted, match="the month has nothing left for history"):
            await _fetch(shop, HISTORY)
        assert sandbox.asked(PAPRIKA) == 2
        await _fetch(shop, CURRENT)
        assert await rows(shop.sessions, "SELECT spent_current, spent_history FROM source_budgets") == [
            (1, 2)
        ]


async def test_in_the_sandbox_no_month_ends(shop: Workshop) -> None:
    assert (await ingest_source(shop, "coinpaprika")).outcome is RunOutcome.SUCCESS
    assert await _of(shop.sessions, "a_month") is None


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("COINPAPRIKA_PLAN", "platinum", "COINPAPRIKA_PLAN is 'platinum'; known are free, starter"),
        ("COINCAP_PLAN", "demo", "COINCAP_PLAN is 'demo'; known are free, basic"),
        ("COINGECKO_MONTHLY_BUDGET", "-1", "COINGECKO_MONTHLY_BUDGET must be a whole number from 0"),
        ("COINCAP_MONTHLY_BUDGET", "much", "COINCAP_MONTHLY_BUDGET must be a whole number from 0"),
        ("COINGECKO_REQUESTS_PER_MINUTE", "0", "COINGECKO_REQUESTS_PER_MINUTE must be a whole number from 1"),
    ],
)
async def test_settings_that_cannot_be_are_refused_by_name(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, told: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValueError, match=told):
        async with open_shop():
            pass
