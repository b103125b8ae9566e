"""Writing quotes as they land, and the history they leave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from models.records import Counts, Quote
from models.store.bulk import Rule, add_missing, merge
from models.tables import LandedQuote, PricePoint
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
    rows: list[dict[str, Any]] = [
        {"listing_id": ids[source_id], **{name: getattr(quote, name) for name in NUMBERS}}
        for source_id, quote in sorted(newest.items(), key=lambda item: ids[item[0]])
    ]
    return await merge(session, LandedQuote, rows, LANDING)


async def append_points(session: AsyncSession, quotes: Sequence[Quote], ids: Mapping[str, int]) -> int:
    """Keep quotes in history, one point per listing and moment; returns how many were new.

    Call it after `land_quotes`: a quote without a time of its own gets a point at the time its numbers last changed.
    """
    dated = {
        (ids[quote.source_id], quote.source_updated_at): quote for quote in quotes if quote.source_updated_at
    }
    rows = [
        {
            "listing_id": listing_id,
            "observed_at": observed_at,
            "price_usd": quote.price_usd,
            "market_cap_usd": quote.market_cap_usd,
            "volume_usd_24h": quote.volume_usd_24h,
        }
        for (listing_id, observed_at), quote in sorted(dated.items(), key=lambda item: item[0])
    ]
    added = await add_missing(session, PricePoint, rows, ("listing_id", "observed_at"))
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
