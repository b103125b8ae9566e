"""Which observations: what sources say of coins, one row per listing (now) or per point (between two moments).

Both have the same columns, so that a reader need not know which it asked for. A listing that no asset was accepted
for is there too, with `asset_uid` null: it was said all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Join, Numeric, ScalarSelect, func, null, select

from models.queries.links import holds
from models.queries.paging import Rows
from models.queries.tables import ASSETS, LINKS, LISTINGS, POINTS, QUOTES


@dataclass(frozen=True, slots=True)
class ObservationFilter:
    """What an observation must be; None asks nothing. With a `start` or `end` history is read, without the newest."""

    source: str | None = None
    symbol: str | None = None
    name_contains: str | None = None
    asset_uid: str | None = None
    start: datetime | None = None
    end: datetime | None = None

    @property
    def is_of_history(self) -> bool:
        """Whether points of history are asked for."""
        return self.start is not None or self.end is not None


def observations(wanted: ObservationFilter) -> Rows:
    """Select what fits the filter: history newest first, the newest by rank."""
    return _history(wanted) if wanted.is_of_history else _newest(wanted)


def counted(wanted: ObservationFilter) -> Rows:
    """Select the same rows with nothing in them, to be counted."""
    return observations(wanted).with_only_columns(LISTINGS.c.id).order_by(None)


def _newest(wanted: ObservationFilter) -> Rows:
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
    listed = _with_asset(LISTINGS.join(QUOTES, QUOTES.c.listing_id == LISTINGS.c.id))
    order = (ASSETS.c.rank.asc().nulls_last(), ASSETS.c.uid, LISTINGS.c.source, LISTINGS.c.source_id)
    return select(*_identity(), *columns).select_from(listed).where(*_asked(wanted)).order_by(*order)


def _history(wanted: ObservationFilter) -> Rows:
    columns = (
        POINTS.c.price_usd,
        POINTS.c.market_cap_usd,
        POINTS.c.volume_usd_24h,
        null().cast(Numeric).label("percent_change_24h"),
        null().label("rank"),
        POINTS.c.observed_at,
        POINTS.c.observed_at.label("source_updated_at"),
        null().label("ingested_at"),
    )
    listed = _with_asset(LISTINGS.join(POINTS, POINTS.c.listing_id == LISTINGS.c.id))
    rows = select(*_identity(), *columns).select_from(listed).where(*_asked(wanted))
    if wanted.start is not None:
        rows = rows.where(POINTS.c.observed_at >= wanted.start)
    if wanted.end is not None:
        rows = rows.where(POINTS.c.observed_at < wanted.end)
    return rows.order_by(POINTS.c.observed_at.desc(), LISTINGS.c.source, LISTINGS.c.source_id)


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
        _id_at("coingecko").label("coingecko_id"),
        _id_at("coinpaprika").label("coinpaprika_id"),
    )


def _id_at(source: str) -> ScalarSelect[str]:
    listing, link = LISTINGS.alias(f"{source}_listing"), LINKS.alias(f"{source}_link")
    return (
        select(func.min(listing.c.source_id))
        .select_from(link.join(listing, listing.c.id == link.c.listing_id))
        .where(link.c.asset_id == ASSETS.c.id, holds(link), listing.c.source == source)
        .correlate(ASSETS)
        .scalar_subquery()
    )


def _asked(wanted: ObservationFilter) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = []
    if wanted.source is not None:
        asked.append(LISTINGS.c.source == wanted.source)
    if wanted.symbol is not None:
        asked.append(func.upper(LISTINGS.c.symbol) == wanted.symbol.upper())
    if wanted.name_contains is not None:
        asked.append(LISTINGS.c.name.icontains(wanted.name_contains, autoescape=True))
    if wanted.asset_uid is not None:
        asked.append(ASSETS.c.uid == wanted.asset_uid)
    return asked
