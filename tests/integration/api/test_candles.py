"""Candles are what one gets by going through the points by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from models.db import Sessions
from models.queries.candles import ORIGIN, CandleInterval
from models.store.history import load_points
from models.tables import PriceCandle, PricePoint
from tests.factories import key, make_asset, make_points, make_quoted
from tests.integration.api.client import Api

MONDAY = datetime(2026, 3, 9, tzinfo=UTC)
END = MONDAY + timedelta(days=12)
CANDLES = """query ($interval: CandleInterval!, $first: Int!, $to: DateTime!) { asset(uid: "coin") {
    candles(interval: $interval, first: $first, to: $to) {
        openedAt openUsd highUsd lowUsd closeUsd volumeUsd24h points } } }"""

Point = tuple[int, int, Decimal, Decimal | None]
"""Which listing, how many minutes after the Monday, price, volume."""
amounts = st.decimals(min_value="0.000001", max_value=10**9, places=6)
chosen_points = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 12 * 24 * 60 - 1), amounts, st.none() | amounts),
    max_size=30,
    unique_by=lambda point: point[:2],
)


@pytest.fixture
async def listings(sessions: Sessions) -> list[int]:
    """Two listings of one coin, and a month for their points."""
    async with sessions.begin() as session:
        coin = await make_asset(session, "coin")
        both = [await make_quoted(session, coin, source) for source in ("coingecko", "coinpaprika")]
        await make_points(session, both[0], [(MONDAY, "1")])
        return [key(listing) for listing in both]


async def _keep(sessions: Sessions, listings: list[int], points: list[Point]) -> None:
    async with sessions.begin() as session:
        await session.execute(delete(PricePoint))
        await session.execute(delete(PriceCandle))
        await load_points(
            session,
            [
                (listings[which], MONDAY + timedelta(minutes=minute), price, None, volume)
                for which, minute, price, volume in points
            ],
        )


def _by_hand(points: list[Point], length: timedelta, count: int) -> list[dict[str, Any]]:
    stretches: dict[datetime, list[Point]] = {}
    for point in sorted(points, key=lambda point: (point[1], point[0])):
        at = MONDAY + timedelta(minutes=point[1])
        stretches.setdefault(ORIGIN + (at - ORIGIN) // length * length, []).append(point)
    last = ORIGIN + (END - timedelta(seconds=1) - ORIGIN) // length * length
    return [
        _candle(opened_at, inside)
        for opened_at, inside in sorted(stretches.items(), reverse=True)
        if opened_at > last - count * length
    ]


def _candle(opened_at: datetime, points: list[Point]) -> dict[str, Any]:
    prices = [price for _, _, price, _ in points]
    volumes = [volume for _, _, _, volume in points if volume is not None]
    return {
        "openedAt": opened_at.isoformat().replace("+00:00", "Z"),
        "openUsd": prices[0],
        "highUsd": max(prices),
        "lowUsd": min(prices),
        "closeUsd": prices[-1],
        "volumeUsd24h": volumes[-1] if volumes else None,
        "points": len(points),
    }


def _read(candle: dict[str, Any]) -> dict[str, Any]:
    numbers = ("openUsd", "highUsd", "lowUsd", "closeUsd", "volumeUsd24h")
    return candle | {name: candle[name] and Decimal(candle[name]) for name in numbers}


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(points=chosen_points, interval=st.sampled_from(CandleInterval), count=st.sampled_from([1, 3, 500]))
async def test_candles_are_the_points_gone_through_by_hand(
    api: Api,
    sessions: Sessions,
    listings: list[int],
    points: list[Point],
    interval: CandleInterval,
    count: int,
) -> None:
    await _keep(sessions, listings, points)
    data = await api.query(CANDLES, interval=interval.name, first=count, to=END.isoformat())
    assert [_read(candle) for candle in data["asset"]["candles"]] == _by_hand(points, interval.value, count)
