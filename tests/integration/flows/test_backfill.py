"""A backfill over real HTTP into a real database: whole, once, and never a day that is not over."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from flows.days import last_whole_day, midnight
from flows.errors import Fatal
from flows.history.backfilling import BackfillReport, backfill
from flows.history.listings import Wanted
from flows.workshop import Workshop
from models.outcomes import RunOutcome
from models.queries.assets import current_asset
from models.queries.candles import CandleInterval, candles_of, stretches
from models.queries.coverage import coverage_of, gaps_of
from models.store.runs import sole_run
from tests.factories import make_asset, make_link, make_listing, make_rate
from tests.integration.flows.conftest import OpenShop, Sandbox
from tests.integration.flows.tables import (
    VOLATILE,
    WHAT_RUNS_DID,
    count,
    differences,
    dump,
    renew_budgets,
    rows,
)

COINS = (
    ("bitcoin", "bitcoin", "btc-bitcoin", "bitcoin"),
    ("ethereum", "ethereum", "eth-ethereum", "ethereum"),
    ("dogecoin", "dogecoin", "doge-dogecoin", "dogecoin"),
)
"""(uid, CoinGecko's id, CoinPaprika's, CoinCap's)"""
SOURCES = ("coingecko", "coinpaprika", "coincap")
PAPRIKA = "/coinpaprika/v1/tickers/btc-bitcoin/historical"
GECKO = "/coingecko/api/v3/coins/bitcoin/market_chart"
ROOT = Path(__file__).parents[3]
CHANGING = (*WHAT_RUNS_DID, "dataset_version", "notifications")  # one that was killed is told
MASKED = (*VOLATILE, "asked_at", "id", "payload", "content_hash")
"""What differs between two backfills that brought the same."""
SINCE = last_whole_day(datetime.now(UTC)) - timedelta(days=130)
TOLD = "SELECT source, count(*), min(observed_at), max(observed_at) FROM price_points JOIN listings ON id = listing_id GROUP BY 1"


@pytest.fixture
async def shop(open_shop: OpenShop, sandbox: Sandbox) -> AsyncIterator[Workshop]:
    """Three coins with three listings each, and a sandbox whose clock is ours."""
    sandbox.move(datetime.now(UTC).isoformat())
    async with open_shop() as opened:
        await _list_coins(opened)
        yield opened


async def _list_coins(shop: Workshop) -> None:
    async with shop.sessions.begin() as session:
        for rank, (uid, *ids) in enumerate(COINS, 1):
            asset = await make_asset(session, uid, rank=rank)
            for source, source_id in zip(SOURCES, ids, strict=True):
                await make_link(session, await make_listing(session, source, source_id), asset)


async def _bring(shop: Workshop, **said: Any) -> BackfillReport:  # noqa: ANN401 - what is wanted
    return await backfill(shop, Wanted(**({"since": SINCE} | said)))


def _start(shop: Workshop, sandbox: Sandbox) -> subprocess.Popen[bytes]:
    """Run a backfill as a process of its own."""
    told = {
        "DATABASE_URL": str(shop.settings.database_url),
        "SANDBOX_URL": sandbox.url,
        "DATA_DIR": str(shop.settings.data_dir),
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "flows", "run", "backfill", "--since", str(SINCE)]
    return subprocess.Popen(command, cwd=shop.settings.data_dir, env=os.environ | told)


async def test_every_source_brings_its_own_points_up_to_the_last_day_that_is_over(shop: Workshop) -> None:
    report = await _bring(shop, since=None)
    assert (report.outcome, report.error) == (RunOutcome.SUCCESS, None)
    last = last_whole_day(datetime.now(UTC))
    found = {source: told for source, *told in await rows(shop.sessions, TOLD)}
    assert set(found) == set(SOURCES)
    for points, _, newest in found.values():
        assert newest.date() == last
        assert newest.time().isoformat() == "00:00:00"
        assert points > 3 * 360
    assert await count(shop.sessions, "SELECT version FROM dataset_version") >= 1
    assert (
        await count(shop.sessions, "SELECT count(DISTINCT feed) FROM raw_records WHERE feed = 'history'") == 1
    )


async def test_a_second_one_asks_nothing_and_changes_nothing(shop: Workshop, sandbox: Sandbox) -> None:
    await _bring(shop)
    before, asked = await dump(shop.sessions, WHAT_RUNS_DID), sandbox.asked()
    report = await _bring(shop)
    assert report.outcome is RunOutcome.SUCCESS
    assert sandbox.asked() == asked
    assert differences(before, await dump(shop.sessions, WHAT_RUNS_DID)) == {}


async def test_refresh_asks_again_and_keeps_the_points_that_are_there(
    shop: Workshop, sandbox: Sandbox
) -> None:
    await _bring(shop, sources=("coinpaprika",))
    before, asked = await dump(shop.sessions, CHANGING, MASKED), sandbox.asked()
    report = await _bring(shop, sources=("coinpaprika",), refresh=True)
    assert sandbox.asked() == 2 * asked
    assert (report.sources[0].progress.points == 3 * 131, report.sources[0].progress.new) == (True, 0)
    assert differences(before, await dump(shop.sessions, CHANGING, MASKED)) == {}


async def test_a_later_one_asks_only_for_the_days_since_and_for_what_an_earlier_since_opens(
    shop: Workshop, sandbox: Sandbox
) -> None:
    last = last_whole_day(datetime.now(UTC))
    since = last - timedelta(days=40)
    wanted = {"uids": ("bitcoin",), "sources": ("coinpaprika",)}
    await _bring(shop, **wanted, since=since)
    async with shop.sessions.begin() as session:  # as if the last five days were still to come
        await session.execute(text("UPDATE history_windows SET last_on = last_on - 5"))
    await _bring(shop, **wanted, since=since - timedelta(days=10))
    queries = [request["query"] for request in sandbox.control.get("/_sandbox/requests").json()["requests"]]
    assert [(one["start"], one["end"]) for one in queries] == [
        (str(since), str(last + timedelta(days=1))),
        (str(last - timedelta(days=4)), str(last + timedelta(days=1))),
        (str(since - timedelta(days=10)), str(since)),
    ]


async def test_points_of_a_chart_that_ends_now_are_kept_only_of_days_that_are_over(
    shop: Workshop, sandbox: Sandbox
) -> None:
    now = datetime.now(UTC)
    last = last_whole_day(now)
    stamps = [midnight(last), midnight(last + timedelta(days=1)), now]
    pairs = [[int(at.timestamp() * 1000), 5.5] for at in stamps]
    body = orjson.dumps({"prices": pairs, "market_caps": [[pairs[0][0], None]], "total_volumes": pairs})
    sandbox.script(GECKO, body=body.decode())
    await _bring(shop, uids=("bitcoin",), sources=("coingecko",))
    kept = "SELECT observed_at, price_usd::text, market_cap_usd, volume_usd_24h::text FROM price_points"
    assert await rows(shop.sessions, kept) == [(midnight(last), "5.5", None, "5.5")]


async def test_a_day_that_the_provider_has_no_price_of_is_a_gap_and_not_asked_for_again(
    shop: Workshop, sandbox: Sandbox
) -> None:
    last = last_whole_day(datetime.now(UTC))
    days = [last - timedelta(days=ago) for ago in (9, 8, 5, 4, 2, 0)]
    told = [{"timestamp": f"{day}T00:00:00Z", "price": 2, "volume_24h": "", "market_cap": 0} for day in days]
    told[3]["price"] = None
    sandbox.script(PAPRIKA, body=orjson.dumps(told).decode())
    wanted = {"uids": ("bitcoin",), "sources": ("coinpaprika",), "since": days[0]}
    await _bring(shop, **wanted)
    assert await rows(shop.sessions, "SELECT reason FROM rejected_records") == [("no_price",)]
    asked = sandbox.asked()
    await _bring(shop, **wanted)
    assert sandbox.asked() == asked
    async with shop.sessions() as session:
        found = (await session.execute(coverage_of("bitcoin", first=9))).mappings().all()
        (paprika,) = [row for row in found if row["days"]]
        gaps = (await session.execute(gaps_of([paprika["listing_id"]], first=9))).mappings().all()
    assert (paprika["first_on"], paprika["last_on"], paprika["days"], paprika["missing_days"]) == (
        days[0],
        last,
        5,
        5,
    )
    assert [(gap["first_on"], gap["last_on"], gap["days"]) for gap in gaps] == [
        (last - timedelta(days=1), last - timedelta(days=1), 1),
        (last - timedelta(days=4), last - timedelta(days=3), 2),
        (last - timedelta(days=7), last - timedelta(days=6), 2),
    ]


TROUBLES = {
    "not_found": (404, {"error": "id not found"}, "NotFound"),
    "plan": (402, {"error": "Getting daily data before 2026 is not allowed in this plan."}, "BeyondPlan"),
    "html": (500, "<html>", "RetryNow"),
}


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_one_listings_trouble_is_its_own(shop: Workshop, sandbox: Sandbox, trouble: str) -> None:
    status, body, reason = TROUBLES[trouble]
    sandbox.script(PAPRIKA, status=status, body=orjson.dumps(body).decode(), times=9)
    since = last_whole_day(datetime.now(UTC)) - timedelta(days=3)
    report = await _bring(shop, sources=("coinpaprika",), since=since)
    is_known = trouble == "not_found"
    assert report.outcome is (RunOutcome.SUCCESS if is_known else RunOutcome.PARTIAL)
    assert (
        (report.sources[0].progress.done, report.sources[0].progress.failed) == (3, 0) if is_known else (2, 1)
    )
    assert await rows(shop.sessions, "SELECT reason FROM rejected_records") == [(reason,)]
    assert await count(shop.sessions, "SELECT count(DISTINCT listing_id) FROM price_points") == 2
    asked = sandbox.asked()
    await _bring(shop, sources=("coinpaprika",), since=since)
    assert sandbox.asked() == (asked if is_known else asked + 1)


async def test_the_providers_word_on_how_far_its_plan_reaches_outranks_our_table(
    shop: Workshop, sandbox: Sandbox
) -> None:
    body = {"error": {"status": {"error_code": 10012, "error_message": "too old"}}}
    sandbox.script(GECKO, status=401, body=orjson.dumps(body).decode())
    await _bring(shop, uids=("bitcoin",), sources=("coingecko",), since=None)
    (first,) = await rows(shop.sessions, "SELECT min(observed_at) FROM price_points")
    assert first == (datetime(datetime.now(UTC).year, 1, 1, tzinfo=UTC),)


async def test_a_budget_that_ends_says_what_is_left_and_the_next_one_goes_on(
    shop: Workshop, sandbox: Sandbox, open_shop: OpenShop, second_database_url: str
) -> None:
    sandbox.script("/coingecko/api/v3/coins/dogecoin", status=402, body='{"error":"no credits left"}')
    report = await _bring(shop)
    assert report.outcome is RunOutcome.PARTIAL
    (gecko,) = [one for one in report.sources if one.source == "coingecko"]
    assert gecko.outcome is RunOutcome.PARTIAL
    assert "1 of 3 listings are left" in str(gecko.error)
    assert "run the backfill again" in str(gecko.remedy)
    assert (await _bring(shop)).outcome is RunOutcome.PARTIAL, "nobody is asked before the month ends"
    await renew_budgets(shop.sessions)
    assert (await _bring(shop)).outcome is RunOutcome.SUCCESS
    await _same_as_undisturbed(shop, open_shop, second_database_url)


async def test_a_killed_one_is_taken_up_where_it_was(
    shop: Workshop, sandbox: Sandbox, open_shop: OpenShop, second_database_url: str
) -> None:
    sandbox.script("/coinpaprika/v1/tickers/doge", delay_seconds=30, body="[]")
    process = _start(shop, sandbox)
    windows = "SELECT count(DISTINCT listing_id) FROM history_windows"
    try:
        for _ in range(600):
            if process.poll() is not None or await count(shop.sessions, windows) == 8:
                break
            await asyncio.sleep(0.1)
    finally:
        process.kill()
    assert await asyncio.to_thread(process.wait) < 0
    assert await count(shop.sessions, windows) == 8
    sandbox.control.delete("/_sandbox/answers").raise_for_status()
    sandbox.control.delete("/_sandbox/requests").raise_for_status()
    assert (await _bring(shop)).outcome is RunOutcome.SUCCESS
    assert sandbox.asked() == sandbox.asked("/coinpaprika/v1/tickers/doge") == 1
    await _same_as_undisturbed(shop, open_shop, second_database_url)


async def _same_as_undisturbed(shop: Workshop, open_shop: OpenShop, other: str) -> None:
    """See that every table is as a backfill leaves it that nothing happened to."""
    async with open_shop(url=other) as undisturbed:
        await _list_coins(undisturbed)
        await _bring(undisturbed)
        expected = await dump(undisturbed.sessions, CHANGING, MASKED)
    assert differences(expected, await dump(shop.sessions, CHANGING, MASKED)) == {}


async def test_what_there_is_not_is_said_by_name(shop: Workshop) -> None:
    with pytest.raises(Fatal, match="there is no asset 'nobody'"):
        await _bring(shop, uids=("nobody",))
    with pytest.raises(Fatal, match="there is no provider 'nowhere'"):
        await _bring(shop, sources=("nowhere",))


async def test_only_one_at_a_time(shop: Workshop) -> None:
    async with sole_run(shop.sessions, "backfill") as is_ours:
        assert is_ours
        assert (await _bring(shop)).outcome is RunOutcome.SKIPPED


async def _rate(shop: Workshop, *codes: str) -> None:
    async with shop.sessions.begin() as session:
        for code in codes:
            await make_rate(session, code, "50000", observed_at=datetime.now(UTC))


async def test_rates_of_the_past_come_with_it_and_are_asked_for_once(
    shop: Workshop, sandbox: Sandbox
) -> None:
    await _rate(shop, "usd", "eur", "gbp")
    wanted: dict[str, Any] = {"uids": ("bitcoin",), "sources": ("coingecko",)}
    report = await _bring(shop, **wanted, currencies=(" EUR ",))
    assert (report.outcome, report.error) == (RunOutcome.SUCCESS, None)
    assert report.sources[0].progress.rates == 2 * 131
    days = "SELECT code, count(*), min(observed_at), max(observed_at) FROM fx_rates WHERE units_per_btc <> 50000 GROUP BY 1 ORDER BY 1"
    span = (131, midnight(SINCE), midnight(last_whole_day(datetime.now(UTC))))
    assert await rows(shop.sessions, days) == [("eur", *span), ("usd", *span)]
    dollars = (
        "SELECT count(*) FROM fx_rates AS r JOIN price_points AS p ON p.observed_at = r.observed_at"
        " WHERE code = 'usd' AND abs(units_per_btc / price_usd - 1) < 1e-9"
    )
    assert await count(shop.sessions, dollars) == 131, "the dollar's rate is what a bitcoin cost"
    asked = sandbox.asked()
    assert (await _bring(shop, **wanted, currencies=("eur",))).sources[0].progress.rates == 0
    assert sandbox.asked() == asked
    async with shop.sessions() as session:
        (bitcoin,) = await session.scalars(current_asset("bitcoin"))
        days_back = stretches(timedelta(days=1), 100, midnight(last_whole_day(datetime.now(UTC))))
        told = await session.execute(
            candles_of([bitcoin], interval=CandleInterval.D1, stretches=days_back, code="eur")
        )
        candles = told.all()
    assert len(candles) == 100
    assert all(one.rate_as_of == one.last_at and one.close < one.close_usd for one in candles)


async def test_only_the_days_without_a_rate_are_asked_for(shop: Workshop, sandbox: Sandbox) -> None:
    await _rate(shop, "usd", "eur")
    wanted: dict[str, Any] = {"uids": ("bitcoin",), "sources": ("coingecko",), "currencies": ("eur",)}
    await _bring(shop, **wanted)
    lost = "DELETE FROM fx_rates WHERE code = 'eur' AND observed_at BETWEEN :start AND :end"
    async with shop.sessions.begin() as session:
        span = {"start": midnight(SINCE) + timedelta(days=9), "end": midnight(SINCE) + timedelta(days=12)}
        await session.execute(text(lost), span)
    sandbox.control.delete("/_sandbox/requests").raise_for_status()
    assert (await _bring(shop, **wanted)).sources[0].progress.rates == 4
    assert sandbox.asked() == 1


async def test_a_currency_that_nobody_knows_is_told_what_was_meant(shop: Workshop) -> None:
    await _rate(shop, "usd", "eur")
    with pytest.raises(Fatal, match="there is no currency 'eru': did you mean eur"):
        await _bring(shop, currencies=("eru",))
    with pytest.raises(Fatal, match="coinpaprika tell no rates of the past; coingecko does"):
        await _bring(shop, sources=("coinpaprika",), currencies=("eur",))
