"""The first publication of all: whoever comes to it names coins, and a name is for good. So it waits for all, a while.

Otherwise one provider that is down in the first hour would leave other uids and other links than there would have
been: `0x-protocol` by what CoinPaprika calls it, where CoinGecko's own id is `0x`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from flows.sources.contract import Source
from flows.workshop import Workshop
from models.outcomes import RunOutcome
from models.queries.runs import last_runs_of
from models.queries.unification import feeds_heard, first_heard_at, is_anything_published


async def waits_for(session: AsyncSession, shop: Workshop, at: datetime) -> str | None:
    """Say for whom the first publication waits, and until when; None: for nobody, or it is not the first."""
    patience = timedelta(seconds=shop.settings.first_publication_waits_seconds)
    if not patience or await session.scalar(is_anything_published()):
        return None
    missing = await _unheard(session, shop)
    until = (await session.scalar(first_heard_at()) or at) + patience
    if not missing or at >= until:
        return None
    return (
        f"the first publication names coins for good, so it waits for {' and '.join(missing)}, "
        f"until {until:%Y-%m-%d %H:%M} UTC at most (FIRST_PUBLICATION_WAITS_SECONDS)"
    )


async def _unheard(session: AsyncSession, shop: Workshop) -> list[str]:
    """Name the providers that were not read to their end yet, but for those that have nothing to say: no file, no budget."""
    heard = set((await session.execute(feeds_heard())).tuples())
    last = (await session.execute(last_runs_of(list(shop.sources)))).mappings()
    silent = {run["source"] for run in last if run["outcome"] == RunOutcome.SKIPPED}
    return [
        name
        for name, source in shop.sources.items()
        if name not in silent and any((name, feed) not in heard for feed in _naming(source))
    ]


def _naming(source: Source) -> list[str]:
    """Name the feeds that tell of coins."""
    return [name for name, feed in source.feeds.items() if feed is not source.rates]
