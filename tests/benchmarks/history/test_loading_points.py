"""How fast a backfill loads beside raw COPY of the same rows into a table without any index.

`pytest tests/benchmarks/history -s`; rounds are interleaved, read the ratios. Raw COPY is psycopg's own, of the same
Python values in the same binary format: what a table without index, candles or memory of yesterday could take.
"""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median

import pytest
from sqlalchemy import text

from models import migrate
from models.db import Sessions, database
from models.private_postgres import private_postgres
from models.store.bulk import driver_connection
from models.store.history import Point, load_points
from models.store.months import make_room

ROUNDS = 3
BEGINNING = datetime(2025, 1, 1, tzinfo=UTC)
SHAPES = {
    "every 5 minutes": (1_389, 720, timedelta(minutes=5)),
    "every hour": (1_389, 720, timedelta(hours=1)),
    "every day": (2_740, 365, timedelta(days=1)),
}
"""Listings, points of each, and how far apart: a million points."""

COPY = (
    "COPY raw (listing_id, observed_at, price_usd, market_cap_usd, volume_usd_24h) FROM STDIN (FORMAT BINARY)"
)


def backfill(shape: str) -> Iterator[Point]:
    """A million points as a backfill has them: by listing, then by time."""
    listings, each, apart = SHAPES[shape]
    moments = [BEGINNING + number * apart for number in range(each)]
    walk = random.Random(shape)  # noqa: S311 - prices, not secrets
    numbers = [Decimal(f"{walk.lognormvariate(3, 4):.8f}") for _ in range(10_007)]
    sizes = [Decimal(f"{walk.lognormvariate(15, 4):.2f}") for _ in range(10_009)]
    count = 0
    for listing in range(1, listings + 1):
        for at in moments:
            count += 1
            yield listing, at, numbers[count % 10_007], sizes[count % 10_009], sizes[-count % 10_009]


@pytest.fixture
async def durable(tmp_path: Path) -> AsyncIterator[Sessions]:
    """A server that keeps what it was given, as in production."""
    with private_postgres(tmp_path, max_wal_size="4GB") as url:
        migrate.upgrade(url)
        async with database(url, statement_timeout_seconds=600) as sessions:
            yield sessions


async def _seconds_of_raw_copy(sessions: Sessions, shape: str) -> float:
    async with sessions.begin() as session:
        await session.execute(text("DROP TABLE IF EXISTS raw"))
        await session.execute(text("CREATE TABLE raw AS SELECT * FROM price_points WITH NO DATA"))
    await _settle(sessions)
    began = time.perf_counter()
    async with sessions.begin() as session:
        connection = await driver_connection(session)
        async with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            copy.set_types(("int8", "timestamptz", "numeric", "numeric", "numeric"))
            for point in backfill(shape):
                await copy.write_row(point)
    return time.perf_counter() - began


async def _seconds_of_loading(sessions: Sessions, shape: str, expected: int) -> float:
    began = time.perf_counter()
    async with sessions.begin() as session:
        assert await load_points(session, backfill(shape)) == expected
    return time.perf_counter() - began


async def _empty(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await session.execute(text("TRUNCATE price_points, price_candles"))
    await _settle(sessions)


async def _settle(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await session.execute(text("CHECKPOINT"))


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_million_points(durable: Sessions, shape: str) -> None:
    listings, each, apart = SHAPES[shape]
    points = listings * each
    await make_room(durable, [BEGINNING + number * apart for number in range(each)])
    seconds: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        await _empty(durable)
        told = {
            "raw COPY": await _seconds_of_raw_copy(durable, shape),
            "new": await _seconds_of_loading(durable, shape, points),
            "again": await _seconds_of_loading(durable, shape, 0),
        }
        for name, took in told.items():
            seconds.setdefault(name, []).append(took)
    raw = median(seconds["raw COPY"])
    for name, took in seconds.items():
        print(f"{shape:16} {name:9} {points / median(took):9,.0f}/s  {raw / median(took):4.0%} of raw COPY")  # noqa: T201
