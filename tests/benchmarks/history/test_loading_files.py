"""How fast files of history load beside COPY of the same rows, and how much memory a larger one takes.

`pytest tests/benchmarks/history/test_loading_files.py -s`; rounds are interleaved, read the ratios. COPY is what a person
would do by hand: the file as it is into a table with neither index nor candles, which checks nothing.
"""

from __future__ import annotations

import resource
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import pytest
from sqlalchemy import text

from flows.engine import ingest_source
from flows.settings import FlowSettings
from flows.workshop import Workshop, collect_seldom, open_workshop
from models import migrate
from models.db import Sessions
from models.private_postgres import private_postgres
from models.store.bulk import driver_connection

ROUNDS = 3
HEADER = "snapped_at,price,market_cap,total_volume\n"
RAW = "CREATE TABLE raw (at timestamptz, price_usd numeric, market_cap_usd numeric, volume_usd_24h numeric)"
WRITTEN = "price_points, price_candles, landed_quotes, etl_checkpoints"
BEGINNING = datetime(2016, 1, 1, tzinfo=UTC)


@asynccontextmanager
async def _shop(folder: Path, url: str) -> AsyncIterator[Workshop]:
    """Open a workshop on the files of a folder."""
    settings = FlowSettings(_env_file=None, database_url=url, data_dir=folder)
    async with open_workshop(settings) as opened:
        collect_seldom()
        yield opened


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """A server that keeps what it was given, as in production."""
    with private_postgres(tmp_path / "postgres", max_wal_size="4GB") as address:
        migrate.upgrade(address)
        yield address


def _write(path: Path, rows: int) -> float:
    """Write an export with a row a minute; returns its size in MB."""
    with path.open("w") as file:
        file.write(HEADER)
        for number in range(1, rows + 1):
            at = BEGINNING + timedelta(minutes=number)
            file.write(f"{at:%Y-%m-%d %H:%M:%S} UTC,{number}.25,{number}000.5,{number}\n")
    return path.stat().st_size / 1e6


async def _copied(sessions: Sessions, bodies: list[bytes]) -> float:
    began = time.perf_counter()
    async with sessions.begin() as session:
        await session.execute(text("DROP TABLE IF EXISTS raw"))
        await session.execute(text(RAW))
        connection = await driver_connection(session)
        for body in bodies:
            async with (
                connection.cursor() as cursor,
                cursor.copy("COPY raw FROM STDIN (FORMAT csv, HEADER)") as copy,
            ):
                await copy.write(body)
    return time.perf_counter() - began


async def _loaded(shop: Workshop, rows: int) -> float:
    async with shop.sessions.begin() as session:
        await session.execute(text(f"TRUNCATE {WRITTEN}"))
    began = time.perf_counter()
    reports = [await ingest_source(shop, name) for name in shop.files]
    assert [report.error for report in reports] == [None] * len(reports)
    assert sum(report.new for report in reports) == rows
    return time.perf_counter() - began


async def test_ten_recorded_years_of_two_coins(recorded: Path, url: str) -> None:
    folder = recorded / "history"
    bodies = [path.read_bytes() for path in sorted(folder.iterdir())]
    rows = sum(body.count(b"\n") - 1 for body in bodies)
    async with _shop(folder, url) as shop:
        first = await _loaded(shop, rows)
        pairs = [(await _copied(shop.sessions, bodies), await _loaded(shop, rows)) for _ in range(ROUNDS)]
    copied, loaded = (median(took) for took in zip(*pairs, strict=True))
    rates = f"COPY {rows / copied:,.0f}/s, loaded {rows / loaded:,.0f}/s ({copied / loaded:.0%} of COPY)"
    print(f"{rows:,} days: {rates}; the first time, with their months made, {first:.2f} s")  # noqa: T201


async def test_a_file_ten_times_as_large_takes_no_more_memory(url: str, tmp_path: Path) -> None:
    peaks = []
    for name, rows in (("small", 100_000), ("large", 1_000_000)):
        (folder := tmp_path / name).mkdir()
        size = _write(folder / f"{name}-usd-max.csv", rows)
        async with _shop(folder, url) as shop:
            seconds = await _loaded(shop, rows)
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        told = f"{name}: {size:.0f} MB, {rows / seconds:,.0f} rows/s, peak of the process {peaks[-1]:.0f} MB"
        print(told)  # noqa: T201
    assert peaks[1] < peaks[0] * 1.15
