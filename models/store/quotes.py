"""Writing quotes as they land."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from models.records import Counts, Quote
from models.store.bulk import Rule, merge, sliced
from models.tables import LandedQuote
from models.tables.quotes import QuoteNumbers

NUMBERS = tuple(QuoteNumbers.model_fields)
"""The columns that landed and published quotes share."""

NOT_OLDER = (
    "t.source_updated_at IS NULL OR s.source_updated_at IS NULL OR s.source_updated_at >= t.source_updated_at"
)
"""A page out of a provider's stale cache never overwrites newer numbers."""

LANDING = Rule(("listing_id",), silent=("fetched_at",), when=NOT_OLDER)


def _age(quote: Quote) -> tuple[bool, datetime]:
    return quote.source_updated_at is not None, quote.source_updated_at or quote.fetched_at


async def land_quotes(session: AsyncSession, quotes: Iterable[Quote], ids: Mapping[str, int]) -> Counts:
    """Keep each listing's newest quote where `publish` finds it. `ids` maps source ids to listings' keys."""
    newest: dict[str, Quote] = {}
    for quote in quotes:
        known = newest.get(quote.source_id)
        if known is None or _age(quote) >= _age(known):
            newest[quote.source_id] = quote
    rows: Iterable[dict[str, Any]] = (
        {"listing_id": ids[source_id], **{name: getattr(newest[source_id], name) for name in NUMBERS}}
        for source_id in sorted(newest, key=ids.__getitem__)
    )
    counts = [await merge(session, LandedQuote, some, LANDING) for some in sliced(rows)]
    return sum(counts, start=Counts())
