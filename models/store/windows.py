"""Writing down what was asked of history, in the transaction that stores what it brought."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from models.records import HistoryWindow
from models.tables import HistoryWindow as WindowRow

_KEY = ("listing_id", "year")


async def keep_windows(session: AsyncSession, windows: Sequence[HistoryWindow], run_id: int) -> None:
    """Write windows over those of the same listing and year. One writer at a time."""
    rows = [
        {
            "listing_id": window.listing_id,
            "year": window.year,
            "first_on": window.first_on,
            "last_on": window.last_on,
            "points": window.points,
            "reason": window.reason,
            "asked_at": window.asked_at,
            "run_id": run_id,
        }
        for window in windows
    ]
    if rows:
        entry = insert(WindowRow).values(rows)
        changed = {name: entry.excluded[name] for name in rows[0] if name not in _KEY}
        await session.execute(entry.on_conflict_do_update(index_elements=_KEY, set_=changed))
