"""What an asset cost in each stretch of time, out of its price points.

Stretches are counted in UTC from a Monday at midnight, so that those of hours, days and weeks begin where people
expect, and two requests mean the same stretches. Only as many are read as are asked for, back from the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Interval, asc, desc, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from models.queries.links import listings_of
from models.queries.paging import Parents, Rows, for_each
from models.queries.tables import LISTINGS, POINTS

ORIGIN = datetime(2001, 1, 1, tzinfo=UTC)
"""A Monday."""


class CandleInterval(Enum):
    """How long a candle is."""

    M5 = timedelta(minutes=5)
    H1 = timedelta(hours=1)
    H4 = timedelta(hours=4)
    D1 = timedelta(days=1)
    W1 = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Stretches:
    """`count` stretches of `length`, the last of them holding the moment before `end`; nothing of before `start`."""

    length: timedelta
    count: int
    end: datetime
    start: datetime | None = None

    @property
    def first_at(self) -> datetime:
        """When the first of them begins; never before there were moments to count."""
        since = self.end - ORIGIN - timedelta(microseconds=1)
        whole = since // self.length - (self.count - 1)
        earliest = (datetime.min.replace(tzinfo=UTC) - ORIGIN) // self.length + 1
        return ORIGIN + max(whole, earliest) * self.length

    @property
    def beginnings(self) -> list[datetime]:
        """When each of them begins, oldest first."""
        return [self.first_at + number * self.length for number in range(self.count)]


def candles_of(asset_ids: Parents[int], *, stretches: Stretches, source: str | None = None) -> Rows:
    """Select each asset's candles, newest first; a stretch without points has none.

    The points of all its listings count alike, in order of time, then by listing.
    """
    by_time = (POINTS.c.observed_at, POINTS.c.listing_id)

    def rows_of(asset_id: ColumnElement[int]) -> Rows:
        opened_at = _beginning(stretches)
        volume = _nth(POINTS.c.volume_usd_24h, *(column.desc() for column in by_time))
        return (
            select(
                opened_at,
                _nth(POINTS.c.price_usd, *by_time).label("open_usd"),
                func.max(POINTS.c.price_usd).label("high_usd"),
                func.min(POINTS.c.price_usd).label("low_usd"),
                _nth(POINTS.c.price_usd, *(column.desc() for column in by_time)).label("close_usd"),
                volume.label("volume_usd_24h"),
                func.count().label("points"),
            )
            .where(*_asked(asset_id, stretches, source))
            .group_by(opened_at)
        )

    return for_each(asset_ids, BigInteger(), rows_of, order=(desc("opened_at"),), first=stretches.count)


def sparklines_of(asset_ids: Parents[int], *, stretches: Stretches) -> Rows:
    """Select each asset's median price (`price_usd`) of the stretches that have points, oldest first."""
    median = func.percentile_disc(0.5).within_group(POINTS.c.price_usd)

    def rows_of(asset_id: ColumnElement[int]) -> Rows:
        opened_at = _beginning(stretches)
        rows = select(opened_at, median.label("price_usd")).where(*_asked(asset_id, stretches, None))
        return rows.group_by(opened_at)

    return for_each(asset_ids, BigInteger(), rows_of, order=(asc("opened_at"),), first=stretches.count)


def _asked(
    asset_id: ColumnElement[int], stretches: Stretches, source: str | None
) -> list[ColumnElement[bool]]:
    listings = listings_of(asset_id).with_only_columns(LISTINGS.c.id)
    if source is not None:
        listings = listings.where(LISTINGS.c.source == source)
    start = max(stretches.first_at, stretches.start or stretches.first_at)
    observed_at = POINTS.c.observed_at
    return [POINTS.c.listing_id.in_(listings), observed_at >= start, observed_at < stretches.end]


def _beginning(stretches: Stretches) -> ColumnElement[datetime]:
    length = literal(stretches.length, Interval)
    return func.date_bin(length, POINTS.c.observed_at, ORIGIN).label("opened_at")


def _nth(column: ColumnElement[Any], *order: ColumnElement[Any]) -> ColumnElement[Any]:
    """Take the first value in an order that is not null."""
    known = func.array_agg(aggregate_order_by(column, *order)).filter(column.is_not(None))
    return known[1]
