"""What is old goes, what is still true stays, and pruning twice is pruning once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Select, select, text
from sqlalchemy.exc import DBAPIError

from models.alerts import Notice
from models.db import Sessions
from models.outcomes import NotificationKind, RunOutcome
from models.queries.tables import (
    CANDLES,
    NOTIFICATIONS,
    POINTS,
    PRUNINGS,
    RATES,
    RAW,
    REJECTS,
    RUNS,
)
from models.store import retention
from models.store.history import load_points
from models.store.months import make_room, month_after, month_of
from models.store.outbox import post
from models.store.retention import Keeping, prune
from tests.factories import (
    NOW,
    key,
    make_checkpoint,
    make_rate,
    make_raw,
    make_reject,
    make_run,
)

DAY = timedelta(days=1)
WEEK = Keeping(raw_records=7, rejected_records=7, etl_runs=7, fx_rates=7)
PARTITIONS = (
    "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'price_points'::regclass ORDER BY 1"
)


async def values(sessions: Sessions, statement: Select[Any]) -> Sequence[Any]:
    async with sessions() as session:
        return (await session.execute(statement)).scalars().all()


async def partitions(sessions: Sessions) -> list[str]:
    async with sessions() as session:
        return list((await session.execute(text(PARTITIONS))).scalars())


@pytest.mark.parametrize("batch", [1, 5_000])
async def test_the_newest_payload_of_every_record_stays(
    sessions: Sessions, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", batch)
    async with sessions.begin() as session:
        run = await make_run(session, "coingecko")
        for days, record in [
            *((days, record) for days in (30, 20) for record in ("moves", "still")),
            (9, "moves"),
            (2, "moves"),
            (0, "moves"),
        ]:
            await make_raw(session, run, "coingecko", record, {"day": days}, fetched_at=NOW - days * DAY)
    assert await prune(sessions, WEEK, NOW) == {"raw_records": 4}
    left = await values(sessions, select(RAW.c.payload).order_by(RAW.c.id))
    assert [row["day"] for row in left] == [20, 2, 0]


async def test_runs_stay_while_something_kept_tells_of_them(sessions: Sessions) -> None:
    old: dict[str, Any] = {"started_at": NOW - 30 * DAY, "finished_at": NOW - 30 * DAY}
    async with sessions.begin() as session:
        parent = await make_run(session, **old)
        await make_run(session, "coingecko", parent_id=key(parent), **old)
        kept = {
            name: key(await make_run(session, "coingecko", **old))
            for name in ("raw", "reject", "checkpoint", "notification", "failed")
        }
        newest = [key(await make_run(session, source)) for source in ("coingecko", None)]
        run = {name: await session.get_one(type(parent), one) for name, one in kept.items()}
        run["failed"].outcome = RunOutcome.FAILED
        await make_raw(session, run["raw"], "coingecko", "a", {}, fetched_at=NOW - 30 * DAY)
        await make_reject(session, run["reject"], "coingecko", "b")
        await make_checkpoint(session, run["checkpoint"], "coingecko")
        told = Notice("run:1", NotificationKind.RUN_FAILED, "failed", "", run_id=kept["notification"])
        await post(session, [told], NOW)
    assert await prune(sessions, WEEK, NOW) == {"etl_runs": 1}
    assert await prune(sessions, WEEK, NOW + DAY) == {"etl_runs": 1}
    assert sorted(await values(sessions, select(RUNS.c.id))) == sorted([*kept.values(), *newest])
    assert len(await values(sessions, select(NOTIFICATIONS.c.run_id))) == 1


async def test_rejects_and_rates_go_when_they_are_old(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        run = await make_run(session, "coingecko")
        for days in (30, 0):
            await make_reject(session, run, "coingecko", f"r{days}", rejected_at=NOW - days * DAY)
        for code, ages in {"eur": (30, 20, 1), "chf": (30, 20)}.items():
            for days in ages:
                await make_rate(session, code, str(days), observed_at=NOW - days * DAY)
    assert await prune(sessions, WEEK, NOW) == {"rejected_records": 1, "fx_rates": 3}
    assert await values(sessions, select(REJECTS.c.record_id)) == ["r0"]
    rates = select(RATES.c.units_per_btc).order_by(RATES.c.code, RATES.c.observed_at)
    assert await values(sessions, rates) == [20, 1]


async def test_each_table_is_pruned_once_a_day_and_listed(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        run = await make_run(session, "coingecko")
        await make_reject(session, run, "coingecko", "early", rejected_at=NOW - 30 * DAY)
    assert await prune(sessions, WEEK, NOW) == {"rejected_records": 1}
    async with sessions.begin() as session:
        await make_reject(session, run, "coingecko", "late", rejected_at=NOW - 30 * DAY)
    assert await prune(sessions, WEEK, NOW + timedelta(hours=23)) == {}
    assert await prune(sessions, WEEK, NOW + timedelta(hours=25)) == {"rejected_records": 1}
    listed = select(PRUNINGS.c.rows).where(PRUNINGS.c.subject == "rejected_records").order_by(PRUNINGS.c.id)
    assert await values(sessions, listed) == [1, 1]


async def test_nothing_goes_where_everything_is_kept(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        run = await make_run(session, "coingecko", started_at=NOW - 3_000 * DAY)
        await make_reject(session, run, "coingecko", "old", rejected_at=NOW - 3_000 * DAY)
    assert await prune(sessions, Keeping(), NOW) == {}
    assert await values(sessions, select(PRUNINGS)) == []


async def _points(sessions: Sessions, listings: list[int]) -> list[Any]:
    """One point a listing in each of this and the four earlier months."""
    months = [month_after(month_of(NOW), -count) for count in range(5)]
    await make_room(sessions, months)
    points = [
        (one, month + DAY, Decimal(number + 1), None, None)
        for one in listings
        for number, month in enumerate(months)
    ]
    async with sessions.begin() as session:
        await load_points(session, points)
    return points


async def test_old_months_go_whole_and_their_candles_stay(sessions: Sessions, listings: list[int]) -> None:
    points = await _points(sessions, listings)
    candles = await values(sessions, select(CANDLES.c.points))
    before = await partitions(sessions)
    assert await prune(sessions, Keeping(price_points_months=2), NOW) == {"price_points": 6}
    oldest = month_after(month_of(NOW), -2)
    assert min(await values(sessions, select(POINTS.c.observed_at))) >= oldest
    assert await partitions(sessions) == [name for name in before if name >= f"price_points_{oldest:%Y_%m}"]
    assert await prune(sessions, Keeping(price_points_months=2), NOW) == {}
    # What comes late for a closed month is left out: its candles have counted it.
    await make_room(sessions, [at for _, at, *_ in points])
    async with sessions.begin() as session:
        assert await load_points(session, points) == 0
    assert await values(sessions, select(CANDLES.c.points)) == candles
    assert await partitions(sessions) == [name for name in before if name >= f"price_points_{oldest:%Y_%m}"]


async def _detaching(sessions: Sessions) -> None:
    """Return as soon as a month waits for its last reader."""
    async with asyncio.timeout(20), sessions() as session:
        waits = text("SELECT count(*) FROM pg_inherits WHERE inhdetachpending")
        while not await session.scalar(waits):
            await session.rollback()
            await asyncio.sleep(0.02)


async def test_a_reader_is_waited_for_and_keeps_nobody_else_waiting(
    sessions: Sessions, listings: list[int]
) -> None:
    await _points(sessions, listings)
    async with sessions() as reader:
        assert len((await reader.execute(select(POINTS))).all()) == 15
        pruning = asyncio.create_task(prune(sessions, Keeping(price_points_months=3), NOW))
        await _detaching(sessions)
        async with sessions() as other:
            await other.execute(text("SET LOCAL lock_timeout = '1s'"))
            # Who has read before may see the month until it is gone.
            assert len((await other.execute(select(POINTS))).all()) in {12, 15}
        await make_room(sessions, [month_after(month_of(NOW), 9)])
        assert not pruning.done()
        await reader.rollback()
    assert await pruning == {"price_points": 3}


async def test_a_detaching_that_was_interrupted_is_finished(sessions: Sessions, listings: list[int]) -> None:
    await _points(sessions, listings)
    async with sessions() as reader:
        await reader.execute(select(POINTS))
        async with sessions.kw["bind"].connect() as plain:
            impatient = await plain.execution_options(isolation_level="AUTOCOMMIT")
            await impatient.execute(text("SET statement_timeout = '300ms'"))
            name = (await partitions(sessions))[0]
            with pytest.raises(DBAPIError, match="statement timeout"):
                await impatient.execute(
                    text(f"ALTER TABLE price_points DETACH PARTITION {name} CONCURRENTLY")
                )
            await impatient.invalidate()
    await prune(sessions, Keeping(price_points_months=3), NOW)
    assert name not in await partitions(sessions)
    async with sessions() as session:
        assert not await session.scalar(text(f"SELECT to_regclass('{name}')"))
