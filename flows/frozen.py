"""Frozen feeds: sources that answer well, hour after hour, with nothing new.

Under old times their quotes grow stale by themselves, and somebody must only be told; under new times they must be
called stale first.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from flows.matching.guards import STANDS_STILL_AFTER, STANDS_STILL_FROM
from models.queries.unification import sources_standing_still, sources_without_news

_HOURS = f"{STANDS_STILL_AFTER.total_seconds() / 3600:.0f} hours"
_SEE = "see whether the provider has frozen"


async def standing_still(session: AsyncSession, as_of: datetime, window: timedelta) -> frozenset[str]:
    """Name the sources that say new times, but no new numbers; quotes of the last `window` are fresh."""
    still = sources_standing_still(as_of - STANDS_STILL_AFTER, as_of - window, STANDS_STILL_FROM)
    return frozenset((await session.scalars(still)).all())


async def told_of_frozen(session: AsyncSession, still: Iterable[str], at: datetime) -> tuple[str, ...]:
    """Tell, in a sentence each, of sources that stand still, and of those that had nothing newer in spite of being asked."""
    silent = (await session.scalars(sources_without_news(at - STANDS_STILL_AFTER))).all()
    return (
        *(
            f"{source}: every price, market cap and volume has been the same for {_HOURS}, under new times; its "
            f"quotes count as stale until one moves: {_SEE}"
            for source in sorted(still)
        ),
        *(
            f"{source}: it answers, but has had nothing newer for {_HOURS}; its quotes grow stale: {_SEE}"
            for source in silent
        ),
    )
