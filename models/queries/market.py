"""The market as a whole, and who moves it: over assets whose price is fresh."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum

from sqlalchemy import ColumnElement, and_, func, select

from models.queries.assets import asset_columns
from models.queries.dataset import dataset
from models.queries.links import holds
from models.queries.paging import Order, Rows, ordered
from models.queries.staleness import is_stale
from models.queries.tables import ASSETS, LINKS, SOURCES


class MoverWindow(Enum):
    """Over how long a change is looked at, by the column that has it."""

    H1 = "percent_change_1h"
    H24 = "percent_change_24h"
    D7 = "percent_change_7d"


@dataclass(frozen=True, slots=True)
class MoverFilter:
    """Which assets may be movers: small ones move by a handful of trades."""

    window: MoverWindow
    min_market_cap_usd: Decimal


def movers(wanted: MoverFilter, stale_before: datetime, *, gainers: bool, first: int) -> Rows:
    """Select the assets that gained most, or lost most. What stood still is neither."""
    change = ASSETS.c[wanted.window.value]
    moved = change > 0 if gainers else change < 0
    rows = select(*asset_columns(stale_before)).where(
        _is_fresh(stale_before), moved, ASSETS.c.market_cap_usd >= wanted.min_market_cap_usd
    )
    return ordered(rows, Order(change, ASSETS.c.uid, descending=gainers)).limit(first)


def totals(stale_before: datetime) -> Rows:
    """Select one row: sums over fresh assets (null: none says), and how many of everything there are."""
    fresh = _is_fresh(stale_before)
    return select(
        func.sum(ASSETS.c.market_cap_usd).filter(fresh).label("market_cap_usd"),
        func.sum(ASSETS.c.volume_usd_24h).filter(fresh).label("volume_usd_24h"),
        func.count().filter(fresh).label("fresh_assets"),
        func.count().label("assets"),
        func.min(ASSETS.c.price_as_of).filter(fresh).label("oldest_at"),
        func.max(ASSETS.c.price_as_of).filter(fresh).label("newest_at"),
        select(func.count(LINKS.c.id)).where(holds()).scalar_subquery().label("listings"),
        select(func.count(SOURCES.c.name)).scalar_subquery().label("sources"),
        select(dataset().subquery("dataset").c.version).scalar_subquery().label("dataset_version"),
    ).where(ASSETS.c.retired_at.is_(None))


def largest(stale_before: datetime, *, first: int) -> Rows:
    """Select the largest fresh assets that have a market cap, with the `percent` that they are of all such."""
    fresh = _is_fresh(stale_before)
    total = select(func.sum(ASSETS.c.market_cap_usd)).where(fresh).correlate(None).scalar_subquery()
    percent = func.round(ASSETS.c.market_cap_usd / func.nullif(total, 0) * 100, 4).label("percent")
    rows = select(*asset_columns(stale_before), func.coalesce(percent, 0).label("percent")).where(
        fresh, ASSETS.c.market_cap_usd.is_not(None)
    )
    return ordered(rows, Order(ASSETS.c.market_cap_usd, ASSETS.c.uid, descending=True)).limit(first)


def _is_fresh(stale_before: datetime) -> ColumnElement[bool]:
    return and_(ASSETS.c.retired_at.is_(None), ~is_stale(ASSETS.c.price_as_of, stale_before))
