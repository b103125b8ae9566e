"""Analytics in SQL agree with pandas: on recorded history of thirteen years, and on series full of holes."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Select, delete

from models.db import Sessions
from models.queries.analytics import correlations_of, drawdowns_of, returns_of, volatilities_of
from models.queries.averages import AverageKind, averages_of
from models.queries.candles import Step
from models.queries.closes import daily_of, past
from models.queries.paging import Size
from models.store.history import load_points
from models.store.months import make_room
from models.tables import PriceCandle, PricePoint
from tests.factories import key, make_asset, make_quoted
from tests.integration.history import pandas_analytics as reference

COINS = ("btc", "eth")
RELATIVE = 1e-9
DAY = timedelta(days=1)
LEAP_DAY = datetime(2024, 2, 29, tzinfo=UTC)
END = LEAP_DAY + 41 * DAY
Closes = Mapping[date, Decimal]


@dataclass(frozen=True, slots=True)
class Market:
    """Two coins with one listing each."""

    sessions: Sessions
    assets: Mapping[str, int]
    listings: Mapping[str, int]

    async def rows(self, statement: Select[Any]) -> list[Any]:
        """Run a Select."""
        async with self.sessions() as session:
            return list((await session.execute(statement)).all())

    async def load(self, coin: str, closes: Closes) -> None:
        """Keep a close of each day, told at its last minute."""
        at = [(datetime.combine(day, time(23, 59), UTC), price) for day, price in closes.items()]
        async with self.sessions.begin() as session:
            await load_points(session, [(self.listings[coin], each, price, None, None) for each, price in at])

    async def gain(self, end: datetime, days: int) -> float | None:
        """Return percent."""
        begin, to = (past(Step.DAY, 2, at) for at in (end - days * DAY, end))
        found = await self.rows(returns_of([self.assets["btc"]], step=Step.DAY, begin=begin, end=to))
        return float(found[0].percent) if found else None

    async def volatility(self, end: datetime, days: int) -> tuple[float, int] | None:
        """Return percent and how many returns."""
        found = await self.rows(
            volatilities_of(
                [self.assets["btc"]], stretches=past(Step.DAY, days + 1, end), at_least=-(-days // 2)
            )
        )
        return (found[0].percent, found[0].returns) if found else None

    async def drawdown(self, end: datetime, days: int) -> tuple[float, date, date] | None:
        """Return percent, and the days of the peak and of the trough."""
        asked = drawdowns_of([self.assets["btc"]], stretches=past(Step.DAY, days, end))
        found = await self.rows(asked)
        return (
            (float(found[0].percent), found[0].peak_at.date(), found[0].trough_at.date()) if found else None
        )

    async def correlation(self, end: datetime, days: int) -> tuple[float, int] | None:
        """Return the coefficient and how many pairs."""
        reach = past(Step.DAY, days + 1, end)
        asked = correlations_of([self.assets["btc"]], other="eth", stretches=reach, at_least=-(-days // 2))
        found = await self.rows(asked)
        return (found[0].coefficient, found[0].returns) if found else None

    async def averages(
        self, end: datetime, days: int, reach: int, kind: AverageKind
    ) -> list[tuple[date, float | None]]:
        """Return the moving average of each day that has a close, newest first."""
        shown = past(Step.DAY, Size(reach), end)
        found = await self.rows(
            averages_of([self.assets["btc"]], kind=kind, days=Size(days), stretches=shown)
        )
        return [
            (row.opened_at.date(), row.average_usd if row.average_usd is None else float(row.average_usd))
            for row in found
        ]


@pytest.fixture
async def market(sessions: Sessions) -> Market:
    """Two coins without any history."""
    async with sessions.begin() as session:
        coins = {uid: await make_asset(session, uid) for uid in COINS}
        listings = {uid: key(await make_quoted(session, coin)) for uid, coin in coins.items()}
    await make_room(sessions, [LEAP_DAY - 20 * DAY, LEAP_DAY, LEAP_DAY + 20 * DAY, END])
    return Market(sessions, {uid: key(coin) for uid, coin in coins.items()}, listings)


def assert_same(told: Any, expected: Any) -> None:  # noqa: ANN401 - numbers in tuples and lists
    """Compare numbers to nine digits, and all else exactly."""
    assert (told is None) == (expected is None), (told, expected)
    if isinstance(expected, list | tuple):
        assert len(told) == len(expected), (told, expected)
        for mine, theirs in zip(told, expected, strict=True):
            assert_same(mine, theirs)
    elif isinstance(expected, float):
        assert math.isclose(told, expected, rel_tol=RELATIVE, abs_tol=1e-11), (told, expected)
    else:
        assert told == expected


def as_floats(closes: Closes) -> dict[date, float]:
    """Take closes as pandas has them."""
    return {day: float(close) for day, close in closes.items()}


@pytest.fixture(scope="module")
def history(recorded: Path) -> dict[str, dict[date, Decimal]]:
    """Every recorded close of both coins."""
    told = {}
    for coin in COINS:
        with (recorded / "history" / f"{coin}-usd-max.csv").open() as file:
            rows = [(row["snapped_at"][:10], row["price"]) for row in csv.DictReader(file)]
        told[coin] = {date.fromisoformat(day): Decimal(price) for day, price in rows if price}
    return told


async def test_on_recorded_history(market: Market, history: dict[str, dict[date, Decimal]]) -> None:
    for coin, closes in history.items():
        await make_room(market.sessions, [datetime.combine(day, time(), UTC) for day in closes])
        await market.load(coin, closes)
    btc, eth = (as_floats(history[coin]) for coin in COINS)
    first, last = min(btc), max(btc)
    told = 0
    for back in range(0, (last - first).days, 311):
        end = datetime.combine(last - back * DAY, time(14, 7), UTC)
        for days in (7, 30, 90, 365):
            expected = reference.volatility(btc, end, days)
            told += expected is not None
            assert_same(await market.volatility(end, days), expected)
            assert_same(await market.gain(end, days), reference.gain(btc, end, days))
            assert_same(await market.drawdown(end, days), reference.drawdown(btc, end, days))
            assert_same(await market.correlation(end, days), reference.correlation(btc, eth, end, days))
    assert told > 40
    end = datetime.combine(last + DAY, time(0), UTC)
    reach = (last - first).days + 1
    assert_same(await market.drawdown(end, reach), reference.drawdown(btc, end, reach))
    for kind in AverageKind:
        for days in (1, 2, 7, 50, 200):
            expected = reference.averages(btc, end, days, reach, kind.name)
            assert len(expected) > 3_000
            assert_same(await market.averages(end, days, reach, kind), expected)
            assert_same(await market.averages(end, days, 3, kind), expected[:3])


prices = st.sampled_from(["0", "1", "1", "2.5", "100"]).map(Decimal) | st.decimals(
    min_value="0.0001", max_value=100_000, places=4
)
series = st.dictionaries(
    st.integers(-8, 40).map(lambda day: (LEAP_DAY + day * DAY).date()), prices, max_size=50
) | st.lists(prices, min_size=20, max_size=41).map(
    lambda closes: {(LEAP_DAY + day * DAY).date(): close for day, close in enumerate(closes)}
)
ALONE = {LEAP_DAY.date(): Decimal(5)}


@settings(
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(one=series, other=series, days=st.integers(7, 48), averaged=st.integers(1, 12))
@example({}, {}, 7, 1)
@example(ALONE, ALONE, 41, 1)
@example({(LEAP_DAY + day * DAY).date(): Decimal(0) for day in range(41)}, ALONE, 30, 3)
@example({(LEAP_DAY + day * DAY).date(): Decimal(7) for day in range(41)}, ALONE, 30, 3)
async def test_on_series_full_of_holes(
    market: Market, one: Closes, other: Closes, days: int, averaged: int
) -> None:
    async with market.sessions.begin() as session:
        await session.execute(delete(PricePoint))
        await session.execute(delete(PriceCandle))
    await market.load("btc", one)
    await market.load("eth", other)
    btc, eth = as_floats(one), as_floats(other)
    daily = await market.rows(daily_of([market.assets["btc"]], stretches=past(Step.DAY, Size(50), END)))
    assert {row.opened_at.date(): row.close_usd for row in daily} == one
    assert_same(await market.volatility(END, days), reference.volatility(btc, END, days))
    told, expected = await market.drawdown(END, days), reference.drawdown(btc, END, days)
    # Of falls that are as large floats may take another for the largest.
    assert_same(told and told[0], expected and expected[0])
    if told is not None and told[0] > 0:
        percent, peak_at, trough_at = told
        assert peak_at < trough_at
        assert_same(percent, float((one[peak_at] - one[trough_at]) / one[peak_at] * 100))
    assert_same(await market.correlation(END, days), reference.correlation(btc, eth, END, days))
    for kind in AverageKind:
        expected = reference.averages(btc, END, averaged, 50, kind.name)
        assert_same(await market.averages(END, averaged, 50, kind), expected)
