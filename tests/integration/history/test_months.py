"""The months of history: made ahead, checked, and never in the way of readers."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from models import migrate
from models.db import Sessions
from models.queries.tables import POINTS
from models.store.months import make_room, month_after, month_of, months_ahead, partition_of

NOW = datetime.now(UTC)


@given(at=st.datetimes(datetime(2, 1, 1), datetime(9000, 1, 1)), count=st.integers(-11, 2_000))  # noqa: DTZ001
def test_months_follow_one_another(at: datetime, count: int) -> None:
    month = month_of(at.replace(tzinfo=UTC))
    later = month_after(month, count)
    assert (later.year * 12 + later.month) - (month.year * 12 + month.month) == count
    assert month_after(later, -count) == month


async def test_an_upgrade_makes_this_month_and_the_next_two(sessions: Sessions) -> None:
    async with sessions() as session:
        known = text(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'price_points'::regclass"
        )
        present = set((await session.execute(known)).scalars())
    assert present == {partition_of(month) for month in months_ahead(NOW)}
    assert len(present) == 3


async def test_a_missing_month_is_told_by_name_and_made_by_an_upgrade(
    sessions: Sessions, database_url: str
) -> None:
    *_, last = months_ahead(NOW)
    async with sessions.begin() as session:
        await session.execute(text(f"DROP TABLE {partition_of(last)}"))
    told = await asyncio.to_thread(migrate.check, database_url)
    assert told == f"price_points has no partition for {last:%Y-%m}: run `python -m models upgrade`"
    await asyncio.to_thread(migrate.upgrade, database_url)
    assert await asyncio.to_thread(migrate.check, database_url) is None


async def test_a_month_is_made_while_readers_read_and_writers_write(
    sessions: Sessions, listings: list[int]
) -> None:
    moment = NOW + timedelta(days=400)
    async with sessions() as reader, sessions() as writer:
        await reader.execute(select(POINTS))
        await writer.execute(
            text("INSERT INTO price_points VALUES (:listing, :at, 1)"), {"listing": listings[0], "at": NOW}
        )
        await asyncio.wait_for(make_room(sessions, [moment]), 5)
        await writer.rollback()
        await reader.execute(select(POINTS).where(POINTS.c.observed_at == moment))


async def test_several_make_the_same_months_at_once(sessions: Sessions) -> None:
    moments = [NOW + timedelta(days=31 * count) for count in range(10, 16)]
    await asyncio.gather(*(make_room(sessions, moments) for _ in range(4)))
    async with sessions() as session:
        months = text("SELECT count(*) FROM pg_inherits WHERE inhparent = 'price_points'::regclass")
        assert await session.scalar(months) == 3 + len({month_of(at) for at in moments})


async def test_a_month_left_half_made_is_taken_up(sessions: Sessions) -> None:
    month = month_of(NOW + timedelta(days=300))
    async with sessions.begin() as session:
        await session.execute(text(f"CREATE TABLE {partition_of(month)} (LIKE price_points INCLUDING ALL)"))
    await make_room(sessions, [month])
    async with sessions() as session:
        attached = text("SELECT relispartition FROM pg_class WHERE relname = :name")
        assert await session.scalar(attached, {"name": partition_of(month)})
