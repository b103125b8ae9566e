"""How fast a backfill is beside the same requests with their answers thrown away, and beside the provider's limit.

`pytest tests/benchmarks/history/test_backfilling.py -s`; the sandbox is a process of its own. Without limits the rival
shows what sandbox and client take alone; with the provider's limit nothing but the limit should show.
"""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from flows.days import Days, last_whole_day
from flows.history.backfilling import backfill
from flows.history.listings import Wanted
from flows.history.source import IN_FLIGHT, first_day
from flows.settings import FlowSettings
from flows.sources import coinpaprika
from flows.sources.contract import SANDBOX, Plan, Source
from flows.workshop import Workshop, open_workshop
from models import migrate
from models.budgets import AT_ONCE
from models.outcomes import RunOutcome
from models.private_postgres import private_postgres
from tests.factories import make_asset, make_link, make_listing
from tests.integration.api.prefect_server import free_port

FEW, MANY = 300, 2_750
"""Coins of a year each; the many make a million points."""
YEAR = coinpaprika.PLANS[SANDBOX].daily_history
AGENT = {"user-agent": "kasparro-benchmarks/1.0"}
SERVE = (
    "from flows.sandbox.serve import serve; from flows.sandbox.settings import SandboxSettings;"
    " serve({port}, '127.0.0.1', SandboxSettings(size=6_000, rate_limits={limits}))"
)
LIMITED = pytest.mark.parametrize("sandbox", [True], indirect=True, ids=["limited"])


@pytest.fixture
def sandbox(request: pytest.FixtureRequest) -> Iterator[str]:
    """A sandbox as a process, which keeps to its providers' limits where a test is marked so; yields its URL."""
    port, limits = free_port(), getattr(request, "param", False)
    process = subprocess.Popen([sys.executable, "-c", SERVE.format(port=port, limits=limits)])
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                httpx.get(f"{url}/_sandbox/health").raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def coins(sandbox: str) -> list[str]:
    """Coins as one source of the sandbox names them."""
    told = httpx.get(f"{sandbox}/coinpaprika/v1/coins", headers=AGENT, timeout=60).json()
    return [coin["id"] for coin in told if coin["is_active"]]


@pytest.fixture
async def shop(sandbox: str, coins: list[str], tmp_path: Path) -> AsyncIterator[Workshop]:
    """A workshop on a server that keeps what it was given, where the coins are listed."""
    with private_postgres(tmp_path / "postgres", max_wal_size="4GB") as url:
        migrate.upgrade(url)
        settings = FlowSettings(database_url=url, sandbox_url=sandbox, data_dir=tmp_path)
        async with open_workshop(settings) as opened:
            async with opened.sessions.begin() as session:
                for rank, coin in enumerate(coins[:MANY], 1):
                    asset = await make_asset(session, coin, rank=rank)
                    await make_link(session, await make_listing(session, "coinpaprika", coin), asset)
            yield opened


def _paced(shop: Workshop, a_minute: int) -> Workshop:
    """Let CoinPaprika answer so many requests a minute."""
    plans: Mapping[str, Plan] = {SANDBOX: Plan(a_minute, None, YEAR)}
    return replace(shop, sources={"coinpaprika": replace(coinpaprika.SOURCE, plans=plans)})


async def _throw_away(shop: Workshop, source: Source, coins: list[str]) -> float:
    """Ask what a backfill asks, and keep nothing; returns the seconds."""
    assert source.history is not None
    ids = iter(coins)
    days = Days(first_day(source, shop, None), last_whole_day(datetime.now(UTC)))
    request, began = source.history.request, time.perf_counter()

    async def ask() -> None:
        for source_id in ids:
            await shop.client.fetch(source, shop.settings_of(source), request(source_id, days))

    await asyncio.gather(*(ask() for _ in range(IN_FLIGHT)))
    return time.perf_counter() - began


async def _bring(shop: Workshop, coins: int) -> tuple[int, float]:
    began = time.perf_counter()
    report = await backfill(shop, Wanted(top_n=coins))
    assert report.outcome is RunOutcome.SUCCESS, report.error
    return report.sources[0].progress.new, time.perf_counter() - began


async def test_without_a_limit(shop: Workshop, coins: list[str]) -> None:
    free = _paced(shop, 10_000_000)
    alone = await _throw_away(free, free.source("coinpaprika"), coins[:FEW])
    points, seconds = await _bring(free, FEW)
    print(  # noqa: T201
        f"\n{FEW} coins: requests alone {alone:.1f} s; backfill {seconds:.1f} s, {points / seconds:,.0f} points/s"
    )
    print(  # noqa: T201
        f"the provider's limit allows {10 * points / FEW:,.0f} points/s"
    )
    assert points / seconds > 10 * points / FEW


@LIMITED
async def test_a_million_points_at_the_providers_pace(shop: Workshop) -> None:
    a_minute = coinpaprika.PLANS[SANDBOX].requests_per_minute
    paced = _paced(shop, a_minute)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    points, seconds = await _bring(paced, MANY)
    async with shop.sessions() as session:
        raw = await session.scalar(text("SELECT pg_total_relation_size('raw_records') / 1024 / 1024"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    alone = MANY * 60 / a_minute
    print(  # noqa: T201
        f"\n{points:,} points in {seconds:.0f} s; the provider's limit alone takes {alone:.0f} s, of which budgets use "
        f"{1 - AT_ONCE:.0%}: {alone / (1 - AT_ONCE):.0f} s"
    )
    print(  # noqa: T201
        f"memory: {before:.0f} MB before, {peak:.0f} MB at most; raw records: {raw} MB"
    )
    assert seconds < 1.1 * alone / (1 - AT_ONCE)
