"""Candles drawn from all the points themselves, as slow as that is: what kept ones are held to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Interval, Select, desc, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from models.db import Sessions
from models.queries.candles import ORIGIN, Step, Stretches
from models.queries.links import listings_of
from models.queries.paging import Rows, for_each
from models.queries.tables import CANDLES, LISTINGS, POINTS

BY_TIME = (POINTS.c.observed_at, POINTS.c.listing_id)
BACKWARD = tuple(column.desc() for column in BY_TIME)


def candles_from_points(asset_ids: Sequence[int], *, stretches: Stretches, source: str | None = None) -> Rows:
    """Select what `candles_of` selects, before it is told in a currency."""

    def rows_of(asset_id: ColumnElement[int]) -> Rows:
        listings = listings_of(asset_id).with_only_columns(LISTINGS.c.id)
        if source is not None:
            listings = listings.where(LISTINGS.c.source == source)
        opened_at = _opened_at(stretches.length)
        return (
            select(
                opened_at,
                _nth(POINTS.c.price_usd, *BY_TIME).label("open_usd"),
                func.max(POINTS.c.price_usd).label("high_usd"),
                func.min(POINTS.c.price_usd).label("low_usd"),
                _nth(POINTS.c.price_usd, *BACKWARD).label("close_usd"),
                _nth(POINTS.c.volume_usd_24h, *BACKWARD).label("volume_usd_24h"),
                func.count().label("points"),
                func.max(POINTS.c.observed_at).label("last_at"),
            )
            .where(
                POINTS.c.listing_id.in_(listings),
                POINTS.c.observed_at >= stretches.start,
                POINTS.c.observed_at < stretches.end,
            )
            .group_by(opened_at)
        )

    return for_each(asset_ids, BigInteger(), rows_of, order=(desc("opened_at"),), first=stretches.count)


def kept_from_points(length: timedelta) -> Rows:
    """Select what price_candles should hold of one length, by listing and time."""
    opened_at = _opened_at(length)
    observed_at, volume = POINTS.c.observed_at, POINTS.c.volume_usd_24h
    return (
        select(
            POINTS.c.listing_id,
            opened_at,
            func.min(observed_at).label("first_at"),
            func.max(observed_at).label("last_at"),
            func.max(observed_at).filter(volume.is_not(None)).label("volume_at"),
            func.count().label("points"),
            _nth(POINTS.c.price_usd, observed_at).label("open_usd"),
            func.max(POINTS.c.price_usd).label("high_usd"),
            func.min(POINTS.c.price_usd).label("low_usd"),
            _nth(POINTS.c.price_usd, observed_at.desc()).label("close_usd"),
            _nth(volume, observed_at.desc()).label("volume_usd_24h"),
        )
        .group_by(POINTS.c.listing_id, opened_at)
        .order_by(POINTS.c.listing_id, opened_at)
    )


def _opened_at(length: timedelta) -> ColumnElement[datetime]:
    return func.date_bin(literal(length, Interval), POINTS.c.observed_at, ORIGIN).label("opened_at")


def _nth(column: ColumnElement[Any], *order: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.array_agg(aggregate_order_by(column, *order)).filter(column.is_not(None))[1]


async def rows(sessions: Sessions, statement: Select[Any]) -> list[dict[str, Any]]:
    """Read a statement's rows."""
    async with sessions() as session:
        return [dict(row) for row in (await session.execute(statement)).mappings()]


async def assert_kept_are_from_points(sessions: Sessions) -> None:
    """See that every kept candle is what all the points give."""
    for length in (step.value for step in Step):
        kept = (
            select(*(column for column in CANDLES.c if column.name != "seconds"))
            .where(CANDLES.c.seconds == length.total_seconds())
            .order_by(CANDLES.c.listing_id, CANDLES.c.opened_at)
        )
        assert await rows(sessions, kept) == await rows(sessions, kept_from_points(length))
