"""Which observations: what sources say of coins, one row per listing (now) or per point (between two moments).

Both have the same columns, so that a reader need not know which it asked for. A listing that no asset was accepted
for is there too, with `asset_uid` null: it was said all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Join, Numeric, ScalarSelect, func, null, select

from models.queries.dataset import dataset
from models.queries.links import holds
from models.queries.moments import between
from models.queries.paging import Rows
from models.queries.rates import told_in
from models.queries.tables import ASSETS, LINKS, LISTINGS, POINTS, QUOTES

_Parts = tuple[tuple[ColumnElement[Any], ...], Join, tuple[ColumnElement[Any], ...]]
"""The columns of a row, the tables that they come from, and the order they come in."""


@dataclass(frozen=True, slots=True)
class ObservationFilter:
    """What an observation must be; None asks nothing. With a `start` or `end` history is read, without the newest."""

    source: str | None = None
    symbol: str | None = None
    name_contains: str | None = None
    asset_uid: str | None = None
    code: str | None = None
    """The currency that `value` is told in, by the rate of each row's time; None: dollars."""
    start: datetime | None = None
    end: datetime | None = None

    @property
    def is_of_history(self) -> bool:
        """Whether points of history are asked for."""
        return self.start is not None or self.end is not None


def observations(wanted: ObservationFilter, *, limit: int, offset: int = 0) -> Rows:
    """Select `limit` rows after the first `offset`: history newest first, the newest by rank. `value` is the price.

    What other sources call the coin is looked up for these rows only, not for those that the offset passes over.
    """
    points = _points(wanted, limit + offset)
    columns, listed, order = _history(points) if wanted.is_of_history else _newest()
    rows = select(*_identity(), *columns).select_from(_with_asset(listed)).where(*_asked(wanted, points))
    page = rows.order_by(*order).limit(limit).offset(offset).subquery("page")
    named = (_id_at(source, page.c.asset_id).label(f"{source}_id") for source in ("coingecko", "coinpaprika"))
    told = told_in(page, wanted.code, page.c.observed_at, {"value": page.c.price_usd})
    leading = (
        (page.c.observed_at.desc(),)
        if wanted.is_of_history
        else (page.c.asset_rank.asc().nulls_last(), page.c.asset_uid)
    )
    return told.add_columns(*named).order_by(*leading, page.c.source, page.c.source_id)


def state() -> Rows:
    """Select one row: what decides the newest observations. What a listing is called changes as it lands."""
    changed_at = select(func.max(LISTINGS.c.updated_at)).scalar_subquery()
    return dataset().add_columns(changed_at.label("listings_changed_at"))


def counted(wanted: ObservationFilter) -> Rows:
    """Select the same rows, all of them, with nothing in them but a key: to be counted."""
    _, listed, _ = _history(POINTS) if wanted.is_of_history else _newest()
    joined_as_needed = listed if wanted.asset_uid is None else _with_asset(listed)
    return select(LISTINGS.c.id).select_from(joined_as_needed).where(*_asked(wanted, POINTS))


def _newest() -> _Parts:
    as_of = func.coalesce(QUOTES.c.source_updated_at, QUOTES.c.fetched_at)
    columns = (
        QUOTES.c.price_usd,
        QUOTES.c.market_cap_usd,
        QUOTES.c.volume_usd_24h,
        QUOTES.c.percent_change_24h,
        QUOTES.c.rank,
        as_of.label("observed_at"),
        QUOTES.c.source_updated_at,
        QUOTES.c.fetched_at.label("ingested_at"),
    )
    order = (ASSETS.c.rank.asc().nulls_last(), ASSETS.c.uid, LISTINGS.c.source, LISTINGS.c.source_id)
    return columns, LISTINGS.join(QUOTES, QUOTES.c.listing_id == LISTINGS.c.id), order


def _points(wanted: ObservationFilter, most: int) -> FromClause:
    """Select the points to look among: for one asset no more of each listing than could be shown, by its own index."""
    if wanted.asset_uid is None:
        return POINTS
    points = select(*POINTS.c).where(
        POINTS.c.listing_id == LISTINGS.c.id, *between(POINTS.c.observed_at, wanted.start, wanted.end)
    )
    return points.order_by(POINTS.c.observed_at.desc()).limit(most).lateral("point")


def _history(points: FromClause) -> _Parts:
    columns = (
        points.c.price_usd,
        points.c.market_cap_usd,
        points.c.volume_usd_24h,
        null().cast(Numeric).label("percent_change_24h"),
        null().label("rank"),
        points.c.observed_at,
        points.c.observed_at.label("source_updated_at"),
        null().label("ingested_at"),
    )
    order = (points.c.observed_at.desc(), LISTINGS.c.source, LISTINGS.c.source_id)
    return columns, LISTINGS.join(points, points.c.listing_id == LISTINGS.c.id), order


def _with_asset(listed: Join) -> Join:
    links = listed.outerjoin(LINKS, (LINKS.c.listing_id == LISTINGS.c.id) & holds())
    return links.outerjoin(ASSETS, ASSETS.c.id == LINKS.c.asset_id)


def _identity() -> tuple[ColumnElement[Any], ...]:
    return (
        ASSETS.c.uid.label("asset_uid"),
        LISTINGS.c.source,
        LISTINGS.c.source_id,
        LISTINGS.c.name,
        LISTINGS.c.symbol,
        ASSETS.c.id.label("asset_id"),
        ASSETS.c.rank.label("asset_rank"),
    )


def _id_at(source: str, asset_id: ColumnElement[Any]) -> ScalarSelect[str]:
    listing, link = LISTINGS.alias(f"{source}_listing"), LINKS.alias(f"{source}_link")
    return (
        select(func.min(listing.c.source_id))
        .select_from(link.join(listing, listing.c.id == link.c.listing_id))
        .where(link.c.asset_id == asset_id, holds(link), listing.c.source == source)
        .scalar_subquery()
    )


def _asked(wanted: ObservationFilter, points: FromClause) -> list[ColumnElement[bool]]:
    asked = between(points.c.observed_at, wanted.start, wanted.end)
    if wanted.source is not None:
        asked.append(LISTINGS.c.source == wanted.source)
    if wanted.symbol is not None:
        asked.append(func.upper(LISTINGS.c.symbol) == wanted.symbol.upper())
    if wanted.name_contains is not None:
        asked.append(LISTINGS.c.name.icontains(wanted.name_contains, autoescape=True))
    if wanted.asset_uid is not None:
        asked.append(ASSETS.c.uid == wanted.asset_uid)
    return asked
