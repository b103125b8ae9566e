"""Writing quotes as they land, and the history they leave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from models.records import Counts, Quote
from models.store.bulk import Rule, add_missing, merge_columns, sliced
from models.store.spelling import Columns
from models.tables import LandedQuote, PricePoint
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


async def append_points(session: AsyncSession, quotes: Sequence[Quote], ids: Mapping[str, int]) -> int:
    """Keep quotes in history, one point per listing and moment; returns how many were new.

    Call it after `land_quotes`: a quote without a time of its own gets a point at the time its numbers last changed.
    """
    dated = {
        (ids[quote.source_id], quote.source_updated_at): quote for quote in quotes if quote.source_updated_at
    }
    rows = (
        {
            "listing_id": listing_id,
            "observed_at": observed_at,
            "price_usd": quote.price_usd,
            "market_cap_usd": quote.market_cap_usd,
            "volume_usd_24h": quote.volume_usd_24h,
        }
        for (listing_id, observed_at), quote in sorted(dated.items(), key=lambda item: item[0])
    )
    key = ("listing_id", "observed_at")
    added = sum([await add_missing(session, PricePoint, some, key) for some in sliced(rows)])
    undated = [ids[quote.source_id] for quote in quotes if not quote.source_updated_at]
    if undated:
        await session.execute(
            text(
                "INSERT INTO price_points (listing_id, observed_at, price_usd, market_cap_usd, volume_usd_24h)"
                " SELECT listing_id, fetched_at, price_usd, market_cap_usd, volume_usd_24h FROM landed_quotes"
                " WHERE listing_id = ANY(:ids) AND source_updated_at IS NULL ON CONFLICT DO NOTHING"
            ),
            {"ids": undated},
        )
    return added
