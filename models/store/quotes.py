"""Writing quotes as they land."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter

from sqlalchemy.ext.asyncio import AsyncSession

from models.records import Counts, Quote
from models.store.bulk import Rule, merge_columns, sliced
from models.store.spelling import Columns
from models.tables import LandedQuote
from models.tables.quotes import QuoteNumbers

NUMBERS = tuple(QuoteNumbers.model_fields)
"""The columns that landed and published quotes share."""

NOT_OLDER = (
    "t.source_updated_at IS NULL OR s.source_updated_at IS NULL OR s.source_updated_at >= t.source_updated_at"
)
"""A page out of a provider's stale cache never overwrites newer numbers."""

AT_ONCE = 20_000
"""How many quotes are merged at once: they are short, and each merge looks through the whole table."""

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
    by_listing = sorted(newest.values(), key=lambda quote: ids[quote.source_id])
    counts = [
        await merge_columns(session, LandedQuote, _columns(some, ids), LANDING)
        for some in sliced(by_listing, AT_ONCE)
    ]
    return sum(counts, start=Counts())


def _columns(quotes: Sequence[Quote], ids: Mapping[str, int]) -> Columns:
    numbers = {name: map(attrgetter(name), quotes) for name in NUMBERS}
    return {"listing_id": (ids[quote.source_id] for quote in quotes), **numbers}
