"""The unified series is what one gets by putting the listings' last prices in order by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlmodel import col

from models.db import Sessions
from models.queries.candles import Step
from models.queries.closes import daily_of, past
from models.queries.paging import Size
from models.store.history import load_points
from models.tables import Asset, Listing, PriceCandle, PricePoint

BEGINNING = datetime(2026, 1, 28, tzinfo=UTC)
"""The month ends in these days."""
DAYS = 6
LAST_INSTANT = 24 * 60 * 60 * 1_000_000 - 1
NAMES = ("coincap", "coingecko", "coinpaprika")

Told = Mapping[tuple[int, int], Decimal]
"""By listing and microsecond since the beginning: the price."""
moments = st.tuples(st.integers(0, DAYS - 1), st.sampled_from([0, 1, 10**9, LAST_INSTANT])).map(
    lambda at: at[0] * (LAST_INSTANT + 1) + at[1]
)
prices = st.sampled_from([Decimal(1), Decimal(2), Decimal("3.5")]) | st.decimals(
    min_value="0.000001", max_value=10**9, places=6
)


async def _keep(sessions: Sessions, listings: list[int], told: Told) -> None:
    async with sessions.begin() as session:
        await session.execute(delete(PricePoint))
        await session.execute(delete(PriceCandle))
        await load_points(
            session,
            [
                (listings[which], BEGINNING + timedelta(microseconds=at), price, None, None)
                for (which, at), price in told.items()
            ],
        )


def _by_hand(told: Told, names: list[str], source: str | None) -> dict[datetime, tuple[Decimal, str, int]]:
    days: dict[datetime, list[tuple[Decimal, str, int]]] = {}
    for day in range(DAYS):
        for which, name in enumerate(names):
            of_day = [
                (at, price)
                for (it, at), price in told.items()
                if it == which and at // (LAST_INSTANT + 1) == day
            ]
            if of_day and source in (None, name):
                opened_at = BEGINNING + timedelta(days=day)
                days.setdefault(opened_at, []).append((max(of_day)[1], name, len(of_day)))
    return {opened_at: _middle(sorted(each)) for opened_at, each in days.items()}


def _middle(closes: list[tuple[Decimal, str, int]]) -> tuple[Decimal, str, int]:
    half = len(closes) // 2
    middle = closes[half : half + 1] if len(closes) % 2 else closes[half - 1 : half + 1]
    price, name, _ = min(middle, key=lambda close: (-close[2], close[1]))
    return price, name, len(closes)


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    told=st.dictionaries(st.tuples(st.integers(0, 2), moments), prices, max_size=25),
    source=st.sampled_from([None, "coincap"]),
    over=st.integers(0, DAYS),
)
@example({(0, 0): Decimal(1), (1, 1): Decimal(3)}, None, DAYS)
@example({(0, LAST_INSTANT): Decimal(1), (0, LAST_INSTANT + 1): Decimal(3)}, None, 1)
async def test_the_middle_listings_last_price_of_each_day(
    sessions: Sessions, listings: list[int], told: Told, source: str | None, over: int
) -> None:
    await _keep(sessions, listings, told)
    now = BEGINNING + timedelta(days=over, hours=13)
    reach = past(Step.DAY, Size(DAYS), now)
    async with sessions() as session:
        (coin,) = (await session.execute(select(col(Asset.id)))).scalars()
        found = await session.execute(select(col(Listing.id), col(Listing.source)))
        names = dict(found.tuples().all())
        rows: list[Any] = list(
            (await session.execute(daily_of([coin], stretches=reach, source=source))).all()
        )
    expected = _by_hand(told, [names[listing] for listing in listings], source)
    assert {row.opened_at: (row.close_usd, row.source, row.listings) for row in rows} == {
        day: close for day, close in expected.items() if day + timedelta(days=1) <= now
    }
    assert [row.opened_at for row in rows] == sorted((row.opened_at for row in rows), reverse=True)
    assert all(row.lowest_usd <= row.close_usd <= row.highest_usd for row in rows)
    assert all(row.opened_at <= row.closed_at < row.opened_at + timedelta(days=1) for row in rows)
