"""Which price points: the history of one asset or of several, as their listings told it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, UnaryExpression, asc, desc, select, true

from models.queries.links import holds, joined, listings_of
from models.queries.moments import between
from models.queries.paging import Order, Parents, Rows, Window, among, for_each, page
from models.queries.tables import ASSETS, LINKS, LISTINGS, POINTS

Uids = Parents[str]
NEWEST_FIRST = Order(POINTS.c.observed_at, POINTS.c.listing_id, descending=True, nullable=False)


def history_of(
    asset_ids: Parents[int],
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
        points = select(*POINTS.c).where(
            POINTS.c.listing_id == listing.c.id, *between(POINTS.c.observed_at, start, end)
        )
        point = points.order_by(POINTS.c.observed_at.desc()).limit(first).lateral("point")
        numbers = (column for column in point.c if column.name != "listing_id")
        return select(listing.c.source, listing.c.source_id, *numbers).join_from(listing, point, true())

    order: tuple[UnaryExpression[Any], ...] = (desc("observed_at"), asc("source"), asc("source_id"))
    return for_each(asset_ids, BigInteger(), rows_of, order=order, first=first)


def points_of(
    uids: Uids,
    *,
    source: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Rows:
    """Select the points of several assets from `start` to before `end`, each with its asset's `uid`, in no order.

    A uid that was given up stands for what it became.
    """
    listing = _listings_of(uids, source).subquery("listing")
    named = (listing.c.uid, listing.c.source, listing.c.source_id)
    points = POINTS.join(listing, listing.c.id == POINTS.c.listing_id)
    return select(*named, *POINTS.c).select_from(points).where(*between(POINTS.c.observed_at, start, end))


def page_of_points(
    uids: Uids,
    *,
    window: Window,
    source: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Rows:
    """Select a page of `points_of`, newest first: every listing gives at most a page by its own index."""
    listing = _listings_of(uids, source).subquery("listing")
    reach = [] if window.place is None else [POINTS.c.observed_at <= window.place.key]
    points = select(*POINTS.c).where(
        POINTS.c.listing_id == listing.c.id, *between(POINTS.c.observed_at, start, end), *reach
    )
    # Of those at the place's own moment a listing has one, which may have been on the page before.
    point = points.order_by(POINTS.c.observed_at.desc()).limit(window.size + 2).lateral("point")
    rows = select(listing.c.uid, listing.c.source, listing.c.source_id, *point.c).join_from(
        listing, point, true()
    )
    return page(rows, Order(point.c.observed_at, point.c.listing_id, descending=True, nullable=False), window)


def _listings_of(uids: Uids, source: str | None) -> Select[Any]:
    chain = select(ASSETS.c.id, ASSETS.c.uid, ASSETS.c.successor_id).where(among(ASSETS.c.uid, uids))
    walk = chain.cte("chain", recursive=True)
    walk = walk.union(
        select(ASSETS.c.id, ASSETS.c.uid, ASSETS.c.successor_id).join(
            walk, ASSETS.c.id == walk.c.successor_id
        )
    )
    listings = select(walk.c.uid, LISTINGS.c.id, LISTINGS.c.source, LISTINGS.c.source_id).select_from(
        joined(holds()).join(walk, walk.c.id == LINKS.c.asset_id)
    )
    return listings if source is None else listings.where(LISTINGS.c.source == source)
