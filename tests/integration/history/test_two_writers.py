"""Two connections write history of the same listings at once, as a run and a backfill may: nothing is lost or twice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select, text

from models.db import Sessions
from models.queries.tables import POINTS
from models.records import Quote
from models.store import history
from models.store.history import Point, append_points, load_points
from tests.integration.history.candles_from_points import assert_kept_are_from_points, rows

DAY = datetime(2026, 1, 27, tzinfo=UTC)
WAITS = text(
    "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
    " WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted"
)


def points_of(listings: Sequence[int], hours: range) -> list[Point]:
    """A point an hour of each listing."""
    return [
        (listing, DAY + timedelta(hours=hour), Decimal(hour + 1), None, Decimal(hour))
        for listing in listings
        for hour in hours
    ]


@pytest.mark.parametrize("straight_from", [1, 1_000])
async def test_the_second_waits_for_the_first_and_brings_what_is_missing(
    sessions: Sessions, listings: list[int], monkeypatch: pytest.MonkeyPatch, straight_from: int
) -> None:
    monkeypatch.setattr(history, "STRAIGHT_FROM", straight_from)
    first, second = points_of(listings[:2], range(12)), points_of(listings[1:], range(6, 18))

    async def late() -> int:
        async with sessions.begin() as session:
            return await load_points(session, second)

    async with sessions.begin() as session:
        assert await load_points(session, first) == len(first)
        waiting = asyncio.create_task(late())
        await _until_one_waits(sessions)
    assert await waiting == len({*first, *second}) - len(first)
    assert await rows(sessions, select(func.count().label("points")).select_from(POINTS)) == [
        {"points": len({*first, *second})}
    ]
    await assert_kept_are_from_points(sessions)


async def test_a_page_and_a_backfill_of_the_same_moment_wait_for_each_other(
    sessions: Sessions, listings: list[int]
) -> None:
    listing, *_ = listings
    dated = Quote("coingecko", "a", DAY, Decimal(1), source_updated_at=DAY)

    async def page() -> int:
        async with sessions.begin() as session:
            return await append_points(session, [dated], {"a": listing})

    async with sessions.begin() as session:
        await load_points(session, [(listing, DAY, Decimal(2), None, None)])
        waiting = asyncio.create_task(page())
        await _until_one_waits(sessions)
    assert await waiting == 0, "the moment has its point"
    await assert_kept_are_from_points(sessions)


async def test_writers_of_several_sources_in_any_order_end(sessions: Sessions, listings: list[int]) -> None:
    async def write(some: Sequence[int], hour: int) -> int:
        async with sessions.begin() as session:
            return await load_points(session, points_of(some, range(hour, hour + 3)))

    orders = [listings, listings[::-1], listings[1:], listings[:2]]
    await asyncio.gather(*(write(some, hour) for hour, some in enumerate(orders * 3)))
    await assert_kept_are_from_points(sessions)


async def test_another_source_is_not_waited_for(sessions: Sessions, listings: list[int]) -> None:
    async with sessions.begin() as session, sessions.begin() as other:
        await load_points(session, points_of(listings[:1], range(3)))
        assert await load_points(other, points_of(listings[1:], range(3))) == 6
    await assert_kept_are_from_points(sessions)


async def _until_one_waits(sessions: Sessions) -> None:
    async with asyncio.timeout(10), sessions() as session:
        while not await session.scalar(WAITS):  # noqa: ASYNC110 - Postgres tells nobody
            await asyncio.sleep(0.01)
