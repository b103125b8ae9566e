"""The unified series: of each hour or day that is over one price, which one of the asset's listings told last in it.

Of several listings it is the middle one by price; of an even number that one of the two in the middle which was drawn
from more points, then the first by source and its id. So no price is ever invented, and one source that is far off
moves none. Hours and days are those of UTC: they know no summer time.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, desc, func, select

from models.queries.candles import ORIGIN, Step, Stretches, of_step, stretches
from models.queries.links import listings_of
from models.queries.paging import Parents, Rows, for_each
from models.queries.tables import CANDLES


def past(
    step: Step, count: int, now: datetime, *, end: datetime | None = None, start: datetime | None = None
) -> Stretches:
    """Count back from `end` the hours or days that are over by now, and begin at `start` or after it."""
    until = now if end is None else min(now, end)
    return stretches(step.value, count, ORIGIN + (until - ORIGIN) // step.value * step.value, start)


def daily_of(asset_ids: Parents[int], *, stretches: Stretches, source: str | None = None) -> Rows:
    """Select each asset's unified closes of days, or those of one source, newest first; a day without points has none."""

    def rows_of(asset_id: ColumnElement[int]) -> Rows:
        return unified(asset_id, Step.DAY, stretches, source)

    return for_each(asset_ids, BigInteger(), rows_of, order=(desc("opened_at"),), first=stretches.count)


def unified(
    asset_id: ColumnElement[Any], step: Step, stretches: Stretches, source: str | None = None
) -> Rows:
    """Select an asset's unified closes, in no order."""
    told = _told(asset_id, step, stretches, source).subquery("told")
    # Of an odd number these are the same.
    in_the_middle = told.c.place.in_([(told.c.listings + 1) // 2, told.c.listings // 2 + 1])
    middle = (
        select(*(column for column in told.c if column.name not in {"place", "points"}))
        .where(in_the_middle)
        .distinct(told.c.opened_at)
        .order_by(told.c.opened_at, told.c.points.desc(), told.c.source, told.c.source_id)
    )
    return select(*middle.subquery("middle").c)


def _told(asset_id: ColumnElement[Any], step: Step, stretches: Stretches, source: str | None) -> Rows:
    """Select every listing's last price of each stretch, with its `place` among the `listings` by price."""
    found = listings_of(asset_id)
    if source is not None:
        found = found.where(found.selected_columns.source == source)
    listing = found.subquery("listing")
    price = CANDLES.c.close_usd
    by_price = [price, listing.c.source, listing.c.source_id]
    return (
        select(
            CANDLES.c.opened_at,
            CANDLES.c.last_at.label("closed_at"),
            price,
            CANDLES.c.points,
            listing.c.source,
            listing.c.source_id,
            func.row_number().over(partition_by=CANDLES.c.opened_at, order_by=by_price).label("place"),
            func.count().over(partition_by=CANDLES.c.opened_at).label("listings"),
            func.min(price).over(partition_by=CANDLES.c.opened_at).label("lowest_usd"),
            func.max(price).over(partition_by=CANDLES.c.opened_at).label("highest_usd"),
        )
        .join_from(listing, CANDLES, CANDLES.c.listing_id == listing.c.id)
        .where(
            of_step(step),
            CANDLES.c.opened_at >= stretches.start,
            CANDLES.c.opened_at < stretches.end,
        )
    )
