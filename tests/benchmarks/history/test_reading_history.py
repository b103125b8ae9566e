"""How long reading history takes beside reading a single row, through the application and over the same transport.

`pytest tests/benchmarks/history/test_reading_history.py -s`; questions take turns, read the ratios. Answers are made
anew each time, or kept as they are by default. No socket is between: what sending takes is not in it.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from statistics import median

import pytest
from sqlalchemy import text

from models import migrate
from models.db import database
from models.private_postgres import private_postgres
from models.settings import DatabaseSettings
from models.store.history import Point, load_points
from models.store.months import make_room
from tests.factories import key, make_asset, make_quoted
from tests.integration.api.client import OFFLINE, Api, asked

ROUNDS = 15
COINS = 100
SOURCES = ("coingecko", "coinpaprika", "coincap")
YEARS = timedelta(days=3_653)
EVERY_RUN = timedelta(minutes=22)
LATELY = timedelta(days=31)
ALONE = "a single row"
QUESTIONS = {
    ALONE: '{ asset(uid: "coin-0") { name } }',
    "candles D1, 10 years": """{ asset(uid: "coin-0") { candles(interval: D1, first: 3653) {
        openedAt openUsd highUsd lowUsd closeUsd } } }""",
    "candles W1, 10 years": """{ asset(uid: "coin-0") { candles(interval: W1, first: 522) {
        openedAt openUsd highUsd lowUsd closeUsd } } }""",
    "daily, 10 years": '{ asset(uid: "coin-0") { daily(first: 3653) { openedAt closeUsd source } } }',
    "100 sparklines, 168 points": "{ assets(first: 100) { nodes { sparkline(points: 168, window: D7) } } }",
    "100 sparklines, 169 points": "{ assets(first: 100) { nodes { sparkline(points: 169, window: D7) } } }",
    "100 sparklines, 30 days": "{ assets(first: 100) { nodes { sparkline(points: 30, window: D30) } } }",
    "100 returns": "{ assets(first: 100) { nodes { analytics { returnOver(window: D30) { percent } } } } }",
    "100 volatilities": "{ assets(first: 100) { nodes { analytics { volatility { percent } } } } }",
    "100 drawdowns": "{ assets(first: 100) { nodes { analytics { maxDrawdown { percent } } } } }",
    "100 correlations": """{ assets(first: 100) { nodes { analytics {
        correlation(with: "coin-1") { coefficient } } } } }""",
    "100 averages": """{ assets(first: 100) { nodes { analytics {
        movingAverage(days: 50, first: 1) { averageUsd } } } } }""",
    "exponential, 10 years": """{ asset(uid: "coin-0") { analytics {
        movingAverage(kind: EXPONENTIAL, days: 50, first: 3653) { averageUsd } } } }""",
}


def history(listings: list[int], now: datetime) -> Iterator[Point]:
    """Ten years of days, and a month of runs."""
    days = [now - YEARS + day * timedelta(days=1) for day in range((YEARS - LATELY).days)]
    runs = [now - LATELY + run * EVERY_RUN for run in range(LATELY // EVERY_RUN)]
    for listing in listings:
        for number, at in enumerate(days + runs):
            price = Decimal(60_000 + number * 7919 % 5_000 + listing) / 7
            yield listing, at, round(price, 12), None, None


@pytest.fixture(scope="module")
async def filled(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[DatabaseSettings]:
    """A hundred coins at three sources."""
    now = datetime.now(UTC).replace(microsecond=0)
    with private_postgres(tmp_path_factory.mktemp("history")) as url:
        migrate.upgrade(url)
        async with database(url, statement_timeout_seconds=600) as sessions:
            await make_room(
                sessions, [now - back * timedelta(days=15) for back in range(YEARS.days // 15 + 3)]
            )
            async with sessions.begin() as session:
                for number in range(COINS):
                    coin = await make_asset(session, f"coin-{number}")
                    listings = [key(await make_quoted(session, coin, source)) for source in SOURCES]
                    await load_points(session, history(listings, now))
            async with sessions.begin() as session:
                await session.execute(text("ANALYZE"))
        yield DatabaseSettings(database_url=url)


async def _seconds(api: Api, question: str) -> float:
    began = time.perf_counter()
    answer = await api.client.post(
        "/graphql", json={"query": question}, headers={"accept-encoding": "identity"}
    )
    took = time.perf_counter() - began
    assert answer.content.startswith(b'{"data":{"asset')
    assert b'"errors"' not in answer.content
    return took


@pytest.mark.parametrize("kept_mb", [0, 32])
async def test_beside_a_single_row(filled: DatabaseSettings, kept_mb: int) -> None:
    seconds: dict[str, list[float]] = {name: [] for name in QUESTIONS}
    async with asked(filled, OFFLINE.model_copy(update={"response_cache_mb": kept_mb})) as api:
        for _ in range(ROUNDS):
            for name, question in QUESTIONS.items():
                seconds[name].append(await _seconds(api, question))
    alone = median(seconds[ALONE])
    for name, took in seconds.items():
        told = f"{median(took) * 1000:8.1f} ms  {median(took) / alone:6.1f} x a single row"
        print(f"{name:28} {'kept' if kept_mb else 'made anew':9} {told}")  # noqa: T201
