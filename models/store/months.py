"""The months of history: one partition of price points each, made ahead of time and let go one by one.

Readers are never kept waiting. A partition is made beside the table and then attached, which no query waits for;
`CREATE TABLE … PARTITION OF` would wait for every query on the whole table, with all later ones behind it.
There is no default partition: attaching a month would have to read all of it, and detaching could not be concurrent.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from psycopg import AsyncConnection
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncSession

from models.db import Sessions

AHEAD = 2
"""How many months after this one have their partition already."""

POINTS = "price_points"

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('kasparro:partitions', 0))")
_PARTITIONS = (
    "SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid"
    " WHERE inhparent = 'price_points'::regclass AND NOT inhdetachpending"
)
_PRESENT = text(_PARTITIONS)
_CLOSED = text("SELECT month FROM prunings WHERE subject = 'price_points' AND month IS NOT NULL")


def month_of(at: datetime) -> datetime:
    """Return the first instant of a moment's month, UTC."""
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def month_after(month: datetime, count: int = 1) -> datetime:
    """Return the month `count` months later, or earlier below zero."""
    months = month.year * 12 + month.month - 1 + count
    return month.replace(year=months // 12, month=months % 12 + 1)


def months_ahead(now: datetime) -> list[datetime]:
    """Return the months that should have a partition by now: this one and the next `AHEAD`."""
    return [month_after(month_of(now), count) for count in range(AHEAD + 1)]


def partition_of(month: datetime) -> str:
    """Name the partition of a month."""
    return f"{POINTS}_{month.year:04}_{month.month:02}"


def missing_months(connection: Connection, months: Iterable[datetime]) -> list[datetime]:
    """Return which of the months have no partition, oldest first."""
    present = set(connection.execute(_PRESENT).scalars())
    return sorted(month for month in set(months) if partition_of(month) not in present)


def make_months(connection: Connection, months: Iterable[datetime]) -> None:
    """Make the partitions that are missing, except those of months that were pruned."""
    wanted = set(months)
    if not missing_months(connection, wanted):
        return
    connection.execute(_LOCK)
    closed = set(connection.execute(_CLOSED).scalars())
    if missing := missing_months(connection, wanted - closed):
        connection.exec_driver_sql(";".join(map(_making, missing)))  # at once: ten years are 240 statements


def _making(month: datetime) -> str:
    """Write the statements that make a month's partition beside the table and attach it."""
    name, first, end = partition_of(month), month.isoformat(), month_after(month).isoformat()
    return (
        f"CREATE TABLE IF NOT EXISTS {name} (LIKE {POINTS} INCLUDING ALL);"
        f"ALTER TABLE {POINTS} ATTACH PARTITION {name} FOR VALUES FROM ('{first}') TO ('{end}')"
    )


async def make_room(sessions: Sessions, moments: Iterable[datetime]) -> None:
    """Make the partitions that points at `moments` need, in a transaction of its own.

    Inside the transaction that stores a page, the lock that keeps two from making the same one would hold every
    other source up until that page is done.
    """
    wanted = {month_of(at) for at in moments}
    async with sessions.begin() as session:
        connection = await session.connection()
        await connection.run_sync(make_months, wanted)


async def partitions_between(
    connection: AsyncConnection[Any], earliest: datetime, latest: datetime
) -> list[str]:
    """Name the partitions that there are of the months from one moment's to another's."""
    months = (partition_of(month_of(earliest)), partition_of(month_of(latest)))
    found = await connection.execute(f"{_PARTITIONS} AND relname BETWEEN %s AND %s ORDER BY 1", months)
    return [name for (name,) in await found.fetchall()]


async def closed_months(session: AsyncSession) -> frozenset[datetime]:
    """Return the months whose points were pruned."""
    return frozenset((await session.execute(_CLOSED)).scalars())
