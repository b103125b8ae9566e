"""Finding quotes that are far from their own listing's past, before they land.

Most of a page is near: so a few candles of days tell that first, and only for the rest the median is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_STRAYS = text("""
SELECT b.number, recent.median, accepted.price_usd, landed.at
FROM unnest(cast(:listings AS bigint[]), cast(:prices AS numeric[]), cast(:moments AS timestamptz[]))
    WITH ORDINALITY AS b (listing_id, price, at, number)
CROSS JOIN LATERAL (
    SELECT min(low_usd) AS low, max(high_usd) AS high FROM price_candles AS c
    WHERE c.listing_id = b.listing_id AND c.seconds = 86400
    AND c.opened_at > b.at - (:reach + interval '1 day') AND c.opened_at <= b.at
) AS days
CROSS JOIN LATERAL (
    SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY close_usd) AS median FROM price_candles AS c
    WHERE c.listing_id = b.listing_id AND c.seconds = 3600
    AND c.opened_at > b.at - :reach AND c.opened_at <= b.at AND days.low IS NOT NULL
) AS recent
LEFT JOIN LATERAL (
    SELECT h.price_usd FROM held_quotes AS h
    WHERE h.listing_id = b.listing_id AND h.state IN ('confirmed', 'released') AND h.known_usd IS NOT NULL
    AND h.last_seen_at > b.at - :reach ORDER BY h.last_seen_at DESC LIMIT 1
) AS accepted ON TRUE
LEFT JOIN LATERAL (
    SELECT coalesce(q.source_updated_at, q.fetched_at) AS at FROM landed_quotes AS q WHERE q.listing_id = b.listing_id
) AS landed ON TRUE
WHERE (b.price >= days.low * :times OR b.price * :times <= days.high) AND recent.median IS NOT NULL
""")
"""The median of hours lies between the extremes of the days that they are in: whoever is near both is near it."""


@dataclass(frozen=True, slots=True)
class Stray:
    """What a listing cost before a quote that may be far from it."""

    median: Decimal
    accepted: Decimal | None
    landed_at: datetime | None
    """The time of its landed quote."""


async def strays(
    session: AsyncSession,
    quotes: Sequence[tuple[int, Decimal, datetime]],
    reach: timedelta,
    factor: Decimal,
) -> dict[int, Stray]:
    """Find, by their place in `quotes` (listing, price, moment), those that may be `factor` times their recent median."""
    listings, prices, moments = zip(*quotes, strict=True) if quotes else ((), (), ())
    values = {"listings": list(listings), "prices": list(prices), "moments": list(moments)}
    found = await session.execute(_STRAYS, values | {"reach": reach, "times": factor})
    return {number - 1: Stray(median, accepted, at) for number, median, accepted, at in found.tuples()}
