"""Which price points: an asset's history, as its listings told it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, UnaryExpression, asc, desc, select, true

from models.queries.links import listings_of
from models.queries.paging import Rows, for_each
from models.queries.tables import LISTINGS, POINTS


def history_of(
    asset_ids: Sequence[int],
    *,
    first: int,
    source: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Rows:
    """Select each asset's newest points from `start` to before `end`, newest first.

    Every listing gives at most `first` points by its own index, and the newest of those are taken: so the cost
    hangs on what is asked for, not on how long the history is.
    """

    def rows_of(asset_id: ColumnElement[int]) -> Rows:
        listings = listings_of(asset_id)
        if source is not None:
            listings = listings.where(LISTINGS.c.source == source)
        listing = listings.subquery("listing")
        points = select(*POINTS.c).where(POINTS.c.listing_id == listing.c.id, *_between(start, end))
        point = points.order_by(POINTS.c.observed_at.desc()).limit(first).lateral("point")
        numbers = (column for column in point.c if column.name != "listing_id")
        return select(listing.c.source, listing.c.source_id, *numbers).join_from(listing, point, true())

    order: tuple[UnaryExpression[Any], ...] = (desc("observed_at"), asc("source"), asc("source_id"))
    return for_each(asset_ids, BigInteger(), rows_of, order=order, first=first)


def _between(start: datetime | None, end: datetime | None) -> list[ColumnElement[bool]]:
    observed_at = POINTS.c.observed_at
    return [
        *([] if start is None else [observed_at >= start]),
        *([] if end is None else [observed_at < end]),
    ]
