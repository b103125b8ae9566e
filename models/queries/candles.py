"""What an asset cost in each stretch of time, out of the candles of hours and days that its listings' points made.

Stretches are counted in UTC from a Monday at midnight, so that those of hours, days and weeks begin where people
expect, and two requests mean the same stretches. Only as many are read as are asked for, back from the end. Points
themselves are read for stretches shorter than an hour, and for the hour or day that a beginning or end cuts in two.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    FromClause,
    Interval,
    Select,
    and_,
    asc,
    case,
    cast,
    desc,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from models.queries.links import listings_of
from models.queries.paging import Parents, Rows, for_each
from models.queries.rates import told_in
from models.queries.tables import CANDLES, LISTINGS, POINTS

ORIGIN = datetime(2001, 1, 1, tzinfo=UTC)
"""A Monday."""


class CandleInterval(Enum):
    """How long a candle is."""

    M5 = timedelta(minutes=5)
    H1 = timedelta(hours=1)
    H4 = timedelta(hours=4)
    D1 = timedelta(days=1)
    W1 = timedelta(weeks=1)


class Step(Enum):
    """How long the candles are that are kept."""

    HOUR = timedelta(hours=1)
    DAY = timedelta(days=1)


KEPT = {
    CandleInterval.H1: Step.HOUR,
    CandleInterval.H4: Step.HOUR,
    CandleInterval.D1: Step.DAY,
    CandleInterval.W1: Step.DAY,
}
"""Which kept candles each is gathered from; the others are gathered from points."""

_PIECE = ("first_at", "last_at", "volume_at", "points", "open_usd", "high_usd", "low_usd", "close_usd")


@dataclass(frozen=True, slots=True)
class Stretches:
    """`count` stretches of `length`, the last of them holding the moment before `end`; nothing of before `start`."""

    length: timedelta
    count: int
    start: datetime
    end: datetime


def stretches(length: timedelta, count: int, end: datetime, start: datetime | None = None) -> Stretches:
    """Count stretches back from `end`; the first never begins before there were moments to count."""
    whole = (end - ORIGIN - timedelta(microseconds=1)) // length - (count - 1)
    earliest = (datetime.min.replace(tzinfo=UTC) - ORIGIN) // length + 1
    first_at = ORIGIN + max(whole, earliest) * length
    return Stretches(length, count, max(first_at, start or first_at), end)


def whole_steps(length: timedelta) -> Step | None:
    """Return the longest kept candles of which a stretch is a whole number; None: of none."""
    return next((step for step in (Step.DAY, Step.HOUR) if not length % step.value), None)


def candles_of(
    asset_ids: Parents[int],
    *,
    interval: CandleInterval,
    stretches: Stretches,
    source: str | None = None,
    code: str | None = None,
) -> Rows:
    """Select each asset's candles, newest first, told in a currency too (None: dollars); a stretch without points has none.

    The points of all its listings count alike, in order of time, then by listing. A stretch that `start` or `end` cuts
    is drawn from the points between them: where these were pruned there is no telling, and it has no candle.
    """

    def rows_of(asset_id: ColumnElement[int]) -> Rows:
        listings = _listings(asset_id, source)
        if interval in KEPT:
            pieces: Select[Any] | CompoundSelect[Any] = union_all(*_kept(listings, KEPT[interval], stretches))
        else:
            pieces = _points(POINTS).where(*_between(listings, stretches))
        candle = _gathered(pieces.subquery("piece"), stretches).subquery("candle")
        prices = {name: candle.c[f"{name}_usd"] for name in ("open", "high", "low", "close")}
        return told_in(candle, code, candle.c.last_at, prices)

    return for_each(asset_ids, BigInteger(), rows_of, order=(desc("opened_at"),), first=stretches.count)


def sparklines_of(asset_ids: Parents[int], *, stretches: Stretches, step: Step | None = None) -> Rows:
    """Select each asset's median price (`price_usd`) of every stretch, oldest first; null: nothing is known of one.

    With a step, of which each stretch must be a whole number, it is the median of the last prices of its kept candles.
    """
    number = func.generate_series(0, stretches.count - 1).column_valued("number")
    first_at = _stretch_of(stretches.start, stretches)

    def rows_of(asset_id: ColumnElement[int]) -> Rows:
        priced = _priced(_listings(asset_id, None), stretches, step).subquery("priced")
        stretch = _stretch_of(priced.c.at, stretches).label("stretch")
        median = func.percentile_disc(0.5).within_group(priced.c.price_usd)
        known = select(stretch, median.label("price_usd")).group_by(stretch).subquery("known")
        beginning = first_at + _length(stretches) * number
        every = select(beginning.label("opened_at")).subquery("every")
        return select(every.c.opened_at, known.c.price_usd).select_from(
            every.outerjoin(known, known.c.stretch == every.c.opened_at)
        )

    return for_each(asset_ids, BigInteger(), rows_of, order=(asc("opened_at"),), first=stretches.count)


def of_step(step: Step) -> ColumnElement[bool]:
    """Ask for kept candles of one length."""
    return CANDLES.c.seconds == literal_column(f"{step.value // timedelta(seconds=1)}")


def _listings(asset_id: ColumnElement[int], source: str | None) -> Rows:
    listings = listings_of(asset_id).with_only_columns(LISTINGS.c.id)
    return listings if source is None else listings.where(LISTINGS.c.source == source)


def _priced(listings: Rows, stretches: Stretches, step: Step | None) -> Rows:
    """Select what was paid `at` each moment: the points, or how kept candles ended."""
    if step is None:
        points = select(POINTS.c.observed_at.label("at"), POINTS.c.price_usd)
        return points.where(*_between(listings, stretches))
    opened_at = CANDLES.c.opened_at
    return select(opened_at.label("at"), CANDLES.c.close_usd.label("price_usd")).where(
        CANDLES.c.listing_id.in_(listings),
        of_step(step),
        opened_at >= stretches.start,
        opened_at < stretches.end,
    )


def _between(listings: Rows, stretches: Stretches) -> list[ColumnElement[bool]]:
    observed_at = POINTS.c.observed_at
    return [
        POINTS.c.listing_id.in_(listings),
        observed_at >= stretches.start,
        observed_at < stretches.end,
    ]


def _kept(listings: Rows, step: Step, stretches: Stretches) -> tuple[Rows, Rows]:
    """Select the kept candles whose points are all within the stretches, and the points within of those cut in two.

    A candle tells its first and last point, so the newest is whole although its hour is not over.
    """
    start, end, length = stretches.start, stretches.end, step.value
    first, last = (func.date_bin(literal(length, Interval), at, ORIGIN) for at in (start, end))
    candles = and_(CANDLES.c.listing_id.in_(listings), of_step(step))
    is_whole = and_(CANDLES.c.first_at >= start, CANDLES.c.last_at < end)
    whole = select(
        CANDLES.c.listing_id, *(CANDLES.c[name] for name in _PIECE), CANDLES.c.volume_usd_24h
    ).where(candles, CANDLES.c.opened_at >= first, CANDLES.c.opened_at < end, is_whole)
    # Said twice, of the candle and of its points: so only the months at the two ends are opened.
    observed_at = POINTS.c.observed_at
    at_the_ends = or_(observed_at < first + literal(length, Interval), observed_at >= last)
    cut = (
        _points(POINTS)
        .join(CANDLES, POINTS.c.listing_id == CANDLES.c.listing_id)
        .where(candles, CANDLES.c.opened_at.in_([first, last]), CANDLES.c.opened_at < end, ~is_whole)
        .where(observed_at >= CANDLES.c.first_at, observed_at <= CANDLES.c.last_at)
        .where(observed_at >= start, observed_at < end, at_the_ends)
    )
    return whole, cut


def _points(points: FromClause) -> Rows:
    """Select points as the smallest candles there are."""
    at, price, volume = points.c.observed_at, points.c.price_usd, points.c.volume_usd_24h
    values: tuple[ColumnElement[Any], ...] = (
        at,
        at,
        case((volume.is_not(None), at)),
        literal_column("1"),
        price,
        price,
        price,
        price,
    )
    pieces = (value.label(name) for name, value in zip(_PIECE, values, strict=True))
    return select(points.c.listing_id, *pieces, volume)


def _gathered(piece: FromClause, stretches: Stretches) -> Rows:
    """Gather smaller candles into those of the stretches."""
    opened_at = _stretch_of(piece.c.first_at, stretches).label("opened_at")
    by_opening = (piece.c.first_at, piece.c.listing_id)
    by_closing = (piece.c.last_at.desc(), piece.c.listing_id.desc())
    by_volume = (piece.c.volume_at.desc(), piece.c.listing_id.desc())
    return select(
        opened_at,
        _nth(piece.c.open_usd, *by_opening).label("open_usd"),
        func.max(piece.c.high_usd).label("high_usd"),
        func.min(piece.c.low_usd).label("low_usd"),
        _nth(piece.c.close_usd, *by_closing).label("close_usd"),
        _nth(piece.c.volume_usd_24h, *by_volume).label("volume_usd_24h"),
        cast(func.sum(piece.c.points), BigInteger).label("points"),
        func.max(piece.c.last_at).label("last_at"),
    ).group_by(opened_at)


def _stretch_of(at: ColumnElement[datetime] | datetime, stretches: Stretches) -> ColumnElement[datetime]:
    return func.date_bin(_length(stretches), at, ORIGIN)


def _length(stretches: Stretches) -> ColumnElement[timedelta]:
    length = stretches.length
    return length if isinstance(length, ColumnElement) else literal(length, Interval)


def _nth(column: ColumnElement[Any], *order: ColumnElement[Any]) -> ColumnElement[Any]:
    """Take the first value in an order that is not null."""
    known = func.array_agg(aggregate_order_by(column, *order)).filter(column.is_not(None))
    return known[1]
