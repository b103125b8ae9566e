"""Kept candles are always what all the points give, in whatever order and however often those came."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlmodel import col

from models.db import Sessions
from models.queries.candles import CandleInterval, candles_of, stretches
from models.queries.tables import CANDLES, POINTS
from models.store import history
from models.store.history import load_points
from models.tables import Asset, PriceCandle, PricePoint
from tests.integration.history.candles_from_points import (
    assert_kept_are_from_points,
    candles_from_points,
    rows,
)

MONDAY = datetime(2026, 1, 26, tzinfo=UTC)
"""The month ends in this week."""

Landed = tuple[int, int, Decimal, Decimal | None]
"""Which listing, how many minutes after the Monday, price, volume."""
amounts = st.decimals(min_value="0.000001", max_value=10**9, places=6)
some_points = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 14 * 24 * 60), amounts, st.none() | amounts), max_size=12
)
close_together = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 180), amounts, st.none() | amounts), max_size=12
)
pages = st.lists(some_points | close_together, max_size=5)
LAWS = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


async def land(sessions: Sessions, listings: Sequence[int], page: Sequence[Landed]) -> int:
    async with sessions.begin() as session:
        return await load_points(
            session,
            [
                (listings[which], MONDAY + timedelta(minutes=minute), price, None, volume)
                for which, minute, price, volume in page
            ],
        )


async def empty(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await session.execute(delete(PricePoint))
        await session.execute(delete(PriceCandle))


@LAWS
@given(pages=pages, straight_from=st.sampled_from([1, 1_000]), slice_size=st.sampled_from([2, 1_000]))
async def test_points_in_any_order_make_the_candles_that_all_of_them_give(
    sessions: Sessions, listings: list[int], pages: list[list[Landed]], straight_from: int, slice_size: int
) -> None:
    await empty(sessions)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history, "STRAIGHT_FROM", straight_from)
        patch.setattr(history, "SLICE", slice_size)
        for page in pages:
            await land(sessions, listings, page)
    await assert_kept_are_from_points(sessions)


@LAWS
@given(pages=pages)
async def test_points_that_come_again_change_nothing(
    sessions: Sessions, listings: list[int], pages: list[list[Landed]]
) -> None:
    await empty(sessions)
    for page in pages:
        await land(sessions, listings, page)
    everything = [select(POINTS), select(CANDLES)]
    before = [await rows(sessions, one) for one in everything]
    for page in reversed(pages):
        assert await land(sessions, listings, page) == 0
    assert [await rows(sessions, one) for one in everything] == before


minutes = st.integers(-60, 15 * 24 * 60) | st.sampled_from([0, 60, 120, 24 * 60, 7 * 24 * 60])


@LAWS
@given(
    page=some_points | close_together,
    interval=st.sampled_from(CandleInterval),
    count=st.sampled_from([1, 3, 500]),
    end=minutes,
    start=st.none() | minutes,
    source=st.sampled_from([None, "coingecko"]),
)
@example([(0, 5, Decimal(1), None), (0, 50, Decimal(2), None)], CandleInterval.H1, 3, 30, None, None)
@example([(0, 5, Decimal(1), None), (0, 50, Decimal(2), None)], CandleInterval.D1, 3, 60, 10, None)
async def test_candles_are_those_of_the_points_wherever_they_are_cut(
    sessions: Sessions,
    listings: list[int],
    page: list[Landed],
    interval: CandleInterval,
    count: int,
    end: int,
    start: int | None,
    source: str | None,
) -> None:
    await empty(sessions)
    await land(sessions, listings, page)
    asked = stretches(
        interval.value,
        count,
        MONDAY + timedelta(minutes=end),
        None if start is None else MONDAY + timedelta(minutes=start),
    )
    async with sessions() as session:
        (coin,) = (await session.execute(select(col(Asset.id)))).scalars()
    assert coin is not None
    told = await rows(sessions, candles_of([coin], interval=interval, stretches=asked, source=source))
    expected = candles_from_points([coin], stretches=asked, source=source)
    in_dollars = [{column.name: row[column.name] for column in expected.selected_columns} for row in told]
    assert in_dollars == await rows(sessions, expected)
