"""Landing what a page says: its listings, quotes, points and rates, in the caller's transaction.

The engine lands pages as they arrive, a replay those that were kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from flows.guarding import land as land_guarded
from flows.reading import Batch
from flows.sources.contract import QUOTES
from models.db import Sessions
from models.records import Counts, Listing
from models.store.listings import land_listings, listing_ids
from models.store.months import make_room
from models.store.rates import land_rates


async def make_room_for(sessions: Sessions, batch: Batch) -> None:
    """Make the months of history that a page's points need, ahead of the transaction that lands it."""
    await make_room(sessions, (quote.source_updated_at or quote.fetched_at for quote in batch.quotes))


@dataclass(frozen=True, slots=True)
class Landing:
    """The landing of one source's pages in one run, in their order."""

    source: str
    quoted: set[str] = field(default_factory=set)
    """The ids that this run has quotes of."""

    async def land(self, session: AsyncSession, batch: Batch, at: datetime) -> Counts:
        """Bring in what a page says; returns what that did to its quotes."""
        told, names_all = self._named(batch), batch.arrival.page.names_all
        await land_listings(session, self.source, told, at, names_all=names_all)
        ids = await listing_ids(session, self.source, {quote.source_id for quote in batch.quotes})
        counts = await land_guarded(session, batch.quotes, ids, at)
        await land_rates(session, batch.rates)
        return counts

    def _named(self, batch: Batch) -> Iterable[Listing]:
        """Let the quotes' page say what a coin is called: where another feed differs, the two would take turns."""
        if batch.feed_name == QUOTES:
            self.quoted.update(listing.source_id for listing in batch.listings)
            return batch.listings
        return [
            replace(listing, symbol=None, name=None) if listing.source_id in self.quoted else listing
            for listing in batch.listings
        ]
