"""How Postgres goes about the questions to history: by index, and through the months that are asked about only."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from models.db import Sessions
from models.queries.analytics import correlations_of, drawdowns_of, returns_of, volatilities_of
from models.queries.averages import AverageKind, averages_of
from models.queries.candles import CandleInterval, Step, candles_of, sparklines_of, stretches
from models.queries.closes import daily_of, past
from models.queries.observations import ObservationFilter, observations
from models.queries.paging import Place, Size, Window
from models.queries.prices import history_of, page_of_points, points_of
from models.store.history import load_points
from models.store.months import make_room, month_after, partition_of
from tests.factories import key, make_asset, make_quoted

BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)
MONTHS = 24
YEARS_END = month_after(BEGINNING, MONTHS)
MARCH, APRIL = datetime(2024, 3, 2, tzinfo=UTC), datetime(2024, 4, 2, tzinfo=UTC)
SCAN = re.compile(r"Scan (?:Backward )?using (\w+) on|Seq Scan on (\w+)|Bitmap Index Scan on (\w+)")


@pytest.fixture
async def filled(sessions: Sessions) -> Sessions:
    """Forty coins with a point every six hours for two years."""
    moments = [BEGINNING + timedelta(hours=6 * count) for count in range(4 * 731)]
    await make_room(sessions, moments)
    async with sessions.begin() as session:
        for number in range(40):
            coin = await make_asset(session, f"coin-{number}")
            listing = key(await make_quoted(session, coin))
            await load_points(session, [(listing, at, Decimal(number + 1), None, None) for at in moments])
    async with sessions.begin() as session:
        await session.execute(text("ANALYZE"))
    return sessions


async def plan_of(sessions: Sessions, statement: Select[Any]) -> tuple[set[str], str]:
    """Return which tables and indexes the plan goes through, as it was carried out, and the plan."""
    async with sessions() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("SET jit = off")
        asked = statement.compile(connection.engine, compile_kwargs={"render_postcompile": True})
        plan = await connection.exec_driver_sql(
            f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {asked}", asked.params
        )
        lines = [row[0] for row in plan]
    ran = [line for line in lines if "never executed" not in line]
    scans = {next(filter(None, found.groups())) for line in ran for found in SCAN.finditer(line)}
    return scans, "\n".join(lines)


def of_points(scans: set[str]) -> set[str]:
    """Return the names that belong to the months' partitions."""
    return {name for name in scans if name.startswith("price_points")}


async def test_data_between_two_days_is_read_by_time_through_its_months_only(filled: Sessions) -> None:
    between = ObservationFilter(start=MARCH, end=APRIL)
    scans, plan = await plan_of(filled, observations(between, limit=100))
    assert of_points(scans) <= {
        "price_points_2024_03_observed_at_idx",
        "price_points_2024_04_observed_at_idx",
    }, plan
    assert "price_points_2024_05" not in plan


async def test_data_since_a_day_stops_where_the_page_is_full(filled: Sessions) -> None:
    scans, plan = await plan_of(filled, observations(ObservationFilter(start=BEGINNING), limit=100))
    read = {name for name in of_points(scans) if "2024" in name}
    assert read == set(), plan
    assert "price_points_2025_12_observed_at_idx" in scans, plan


async def test_history_goes_back_by_key_as_far_as_it_is_asked_for(filled: Sessions) -> None:
    for statement in (
        history_of([1, 2], first=100),
        page_of_points(["coin-1", "coin-2"], window=Window(100)),
        page_of_points(["coin-1"], window=Window(100, Place(YEARS_END - timedelta(days=1), 2))),
        observations(ObservationFilter(start=BEGINNING, asset_uid="coin-1"), limit=100),
    ):
        scans, plan = await plan_of(filled, statement)
        with_rows = {name for name in of_points(scans) if "_2024_" in name or "_2025_" in name}
        assert {"price_points_2025_12_pkey"} <= with_rows, plan
        assert all(name.endswith("_pkey") and "_2025_1" in name for name in with_rows), plan


async def test_points_between_two_moments_are_read_by_key_through_their_months_only(filled: Sessions) -> None:
    _, plan = await plan_of(filled, points_of(["coin-1"], start=MARCH, end=APRIL))
    assert set(re.findall(r"price_points_(\d{4}_\d\d)", plan)) == {"2024_03", "2024_04"}, plan


async def test_candles_of_days_and_weeks_are_one_indexed_read(filled: Sessions) -> None:
    for interval in (CandleInterval.D1, CandleInterval.W1):
        asked = stretches(interval.value, 3_650, YEARS_END)
        scans, plan = await plan_of(filled, candles_of([1], interval=interval, stretches=asked))
        assert of_points(scans) == set(), plan
        assert "pk_price_candles" in scans, plan


async def test_analytics_are_one_indexed_read_of_the_days_that_they_are_about(filled: Sessions) -> None:
    month = past(Step.DAY, Size(31), YEARS_END)
    for statement in (
        daily_of([1], stretches=month),
        returns_of([1], step=Step.DAY, begin=past(Step.DAY, 2, MARCH), end=past(Step.DAY, 2, YEARS_END)),
        volatilities_of([1], stretches=month, at_least=15),
        drawdowns_of([1], stretches=month),
        correlations_of([1], other="coin-2", stretches=month, at_least=15),
        *(averages_of([1], kind=kind, days=Size(20), stretches=month) for kind in AverageKind),
        sparklines_of([1], stretches=stretches(timedelta(days=1), 30, YEARS_END), step=Step.DAY),
        sparklines_of([1], stretches=stretches(timedelta(hours=1), 168, YEARS_END), step=Step.HOUR),
    ):
        scans, plan = await plan_of(filled, statement)
        assert of_points(scans) == set(), plan
        assert "pk_price_candles" in scans, plan
        assert "opened_at >=" in plan, plan
        read = [int(rows) for rows in re.findall(r"on price_candles.*actual rows=(\d+)", plan)]
        assert read, plan
        assert max(read) <= 20 * 16 + 31, plan


async def test_candles_of_hours_are_read_by_key_and_of_points_the_cut_ends_only(filled: Sessions) -> None:
    cut = YEARS_END - timedelta(days=3, minutes=10)
    for interval in (CandleInterval.H1, CandleInterval.H4):
        asked = stretches(interval.value, 500, cut)
        scans, plan = await plan_of(filled, candles_of([1], interval=interval, stretches=asked))
        assert "pk_price_candles" in scans, plan
        assert not any("_2024_" in name for name in of_points(scans)), plan


async def test_short_stretches_read_the_months_that_they_are_in(filled: Sessions) -> None:
    five_minutes = stretches(CandleInterval.M5.value, 500, APRIL)
    week = stretches(timedelta(hours=7), 24, APRIL)
    for statement in (
        candles_of([1], interval=CandleInterval.M5, stretches=five_minutes),
        sparklines_of([1], stretches=week),
    ):
        _, plan = await plan_of(filled, statement)
        assert set(re.findall(r"price_points_(\d{4}_\d\d)", plan)) <= {"2024_03", "2024_04"}, plan


async def test_a_month_that_counts_as_empty_is_not_read_by_time_while_it_is_loaded(
    sessions: Sessions,
) -> None:
    points = [
        (listing, BEGINNING + timedelta(hours=hour), Decimal(1), None, None)
        for listing in range(1, 41)
        for hour in range(300)
    ]
    await make_room(sessions, {BEGINNING})
    engine: AsyncEngine = sessions.kw["bind"]
    async with sessions.begin() as session, engine.connect() as other:
        assert await load_points(session, points[:6_000]) == 6_000
        plain = await other.execution_options(isolation_level="AUTOCOMMIT")
        await plain.execute(text(f"VACUUM {partition_of(BEGINNING)}"))  # to it there is nothing yet
        assert await load_points(session, points[6_000:]) == 6_000
        assert await load_points(session, points) == 0
        scans = text("SELECT pg_stat_get_xact_numscans(cast(:index AS regclass))")
        by_time, by_key = [
            await session.scalar(scans, {"index": f"{partition_of(BEGINNING)}_{index}"})
            for index in ("observed_at_idx", "pkey")
        ]
        assert by_time == 0
        assert by_key > 0
