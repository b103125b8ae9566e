"""Making room in history: one partition of price points a month."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import text

from models.db import Sessions

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('kasparro:partitions', 0))")


def month_of(at: datetime) -> datetime:
    """Return the first instant of a moment's month, UTC."""
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _next(month: datetime) -> datetime:
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)


async def make_room(sessions: Sessions, moments: Iterable[datetime]) -> None:
    """Create the partitions that points at `moments` need, in a transaction of its own.

    Creating one locks the whole table for an instant; inside the transaction that stores a page it would hold every
    other source up until that page is done.
    """
    wanted = {month_of(at) for at in moments}
    async with sessions.begin() as session:
        present = await session.execute(
            text(
                "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'price_points'::regclass"
            )
        )
        known = set(present.scalars())
        missing = sorted(month for month in wanted if f"price_points_{month:%Y_%m}" not in known)
        if not missing:
            return
        await session.execute(_LOCK)
        for month in missing:
            await session.execute(
                text(
                    f"CREATE TABLE IF NOT EXISTS price_points_{month:%Y_%m} PARTITION OF price_points"
                    f" FOR VALUES FROM ('{month:%Y-%m-%d}+00') TO ('{_next(month):%Y-%m-%d}+00')"
                )
            )
