"""Moving averages of an asset's unified daily closes, over calendar days of UTC.

The simple one is the mean of the last n days, and there is none unless all of them have a close (as pandas'
`rolling(n, min_periods=n)` of days). The exponential one weighs each day by (n - 1) / (n + 1) of the day after it, as
RiskMetrics weighs returns: a day without a close has no weight but makes those before it older, and there is none before
n days have one (as pandas' `ewm(span=n, adjust=True, min_periods=n)` of days). So it needs no first value to start from.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    DateTime,
    Double,
    Function,
    Integer,
    Interval,
    Numeric,
    Select,
    Subquery,
    and_,
    case,
    cast,
    desc,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from models.queries.candles import Step, Stretches
from models.queries.closes import unified
from models.queries.paging import Parents, Rows, Size, for_each

DAY = timedelta(days=1)
FADED_AFTER = 16
"""After so many times n days all that is older weighs less than e^-32, about 1e-14, and is not read."""


class AverageKind(Enum):
    """How the days of a moving average are weighed."""

    SIMPLE = "simple"
    EXPONENTIAL = "exponential"


def averages_of(asset_ids: Parents[int], *, kind: AverageKind, days: Size, stretches: Stretches) -> Rows:
    """Select each asset's moving average (`average_usd`, which may be null) on each day that has a close, newest first."""
    reach = 1 if kind is AverageKind.SIMPLE else FADED_AFTER
    average = _simple if kind is AverageKind.SIMPLE else _exponential

    def rows_of(asset_id: ColumnElement[int]) -> Rows:
        told = unified(asset_id, Step.DAY, _earlier(stretches, reach * days * DAY)).subquery("told")
        averages = average(told, days).subquery("averages")
        return select(*averages.c).where(averages.c.opened_at >= stretches.start)

    return for_each(asset_ids, BigInteger(), rows_of, order=(desc("opened_at"),), first=stretches.count)


def _earlier(stretches: Stretches, length: timedelta) -> Stretches:
    # Reckoned in SQL, whose calendar reaches farther back than Python's.
    start: Any = cast(stretches.start, DateTime(timezone=True)) - literal(length, Interval)
    return Stretches(stretches.length, stretches.count, start, stretches.end)


def _simple(told: Subquery, days: Size) -> Rows:
    day = told.c.opened_at

    def of_the_last(value: Function[Any]) -> ColumnElement[Any]:
        return value.over(order_by=day, rows=(1 - days, 0))

    is_whole = of_the_last(func.count()) == literal(int(days), Integer)
    has_no_gap = of_the_last(func.first_value(day)) == day - literal((days - 1) * DAY, Interval)
    mean = of_the_last(func.avg(told.c.close_usd))
    return select(day, case((and_(is_whole, has_no_gap), mean)).label("average_usd"))


def _exponential(told: Subquery, days: Size) -> Rows:
    walk = _walk(_arrays(told, days))
    average = cast(walk.c.total / walk.c.weight, Numeric)
    enough = walk.c.place >= literal(int(days), Integer)
    return select(walk.c.opened_at, case((enough, average)).label("average_usd"))


def _arrays(told: Subquery, days: Size) -> CTE:
    """Select one row: the days and their closes in order, and what is kept at each of the weights before it.

    As doubles, since only in arrays of one width any place is found at once.
    """
    kept_a_day, faded_after = (days - 1) / (days + 1), float(FADED_AFTER * days)
    day = told.c.opened_at
    since: ColumnElement[Any] = day - func.lag(day).over(order_by=day)
    passed = cast(func.extract("epoch", since), Double) / (DAY / timedelta(seconds=1))
    kept = func.coalesce(func.power(literal(kept_a_day, Double), func.least(passed, faded_after)), 0.0)
    close = cast(told.c.close_usd, Double).label("close")
    each = select(day, close, kept.label("kept")).subquery("each")
    arrays = (
        func.array_agg(aggregate_order_by(column, each.c.opened_at)).label(column.key) for column in each.c
    )
    return select(*arrays).cte("arrays", nesting=True)


def _walk(arrays: CTE) -> CTE:
    """Go from day to day with the weighted sum of closes, and the sum of the weights."""

    def at(
        place: ColumnElement[int], total: ColumnElement[float], weight: ColumnElement[float]
    ) -> Select[Any]:
        kept = arrays.c.kept[place]
        return select(
            place.label("place"),
            arrays.c.opened_at[place].label("opened_at"),
            (total * kept + arrays.c.close[place]).label("total"),
            (weight * kept + 1).label("weight"),
        )

    nothing = literal(0.0, Double)
    walk = at(literal(1, Integer), nothing, nothing).cte("walk", recursive=True, nesting=True)
    following = at(walk.c.place + 1, walk.c.total, walk.c.weight)
    is_more = walk.c.place < func.cardinality(arrays.c.opened_at)
    return walk.union_all(following.join_from(walk, arrays, is_more))
