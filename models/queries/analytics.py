"""What an asset's unified closes amount to: returns, volatility, drawdown, correlation; no row: too little is known.

The definitions are the usual ones (Hull, Options, Futures, and Other Derivatives, on estimating volatility from prices;
Bacon, Practical Portfolio Performance Measurement and Attribution, on returns and drawdown). Days are calendar days of
UTC. A return of a day is the logarithm of its close over the close of the day before: a day after a gap has none, nor
has one beside a price that is not above zero.
"""

from __future__ import annotations

import math
from datetime import timedelta
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    Subquery,
    and_,
    asc,
    case,
    cast,
    desc,
    false,
    func,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from models.queries.assets import current_asset
from models.queries.candles import Step, Stretches
from models.queries.closes import unified
from models.queries.paging import Parents, Rows, for_each

DAYS_A_YEAR = 365
"""What a daily volatility is made annual by: crypto is traded on every day."""


class Span(NamedTuple):
    """So many steps back; either close may be older than it should by up to `slack` steps."""

    step: Step
    steps: int
    slack: int


class ReturnWindow(Enum):
    """Over how long a return is reckoned."""

    H1 = Span(Step.HOUR, 1, 0)
    H24 = Span(Step.HOUR, 24, 1)
    D7 = Span(Step.DAY, 7, 1)
    D30 = Span(Step.DAY, 30, 1)
    D90 = Span(Step.DAY, 90, 1)
    Y1 = Span(Step.DAY, 365, 1)


def returns_of(asset_ids: Parents[int], *, step: Step, begin: Stretches, end: Stretches) -> Rows:
    """Select what each asset gained, in percent, from the newest close of some stretches to that of others."""

    def rows_of(asset_id: ColumnElement[int]) -> Rows:
        old, new = (_newest(asset_id, step, each) for each in (begin, end))
        percent = (new.c.close_usd - old.c.close_usd) * 100 / old.c.close_usd
        return (
            select(
                func.trim_scale(percent).label("percent"),
                old.c.closed_at.label("from_at"),
                old.c.close_usd.label("from_usd"),
                new.c.closed_at.label("to_at"),
                new.c.close_usd.label("to_usd"),
            )
            .join_from(old, new, true())
            .where(old.c.close_usd > 0, old.c.closed_at < new.c.closed_at)
        )

    return for_each(asset_ids, BigInteger(), rows_of, order=(desc("to_at"),), first=1)


def volatilities_of(asset_ids: Parents[int], *, stretches: Stretches, at_least: int) -> Rows:
    """Select each asset's volatility: the sample standard deviation of its daily returns, annual, in percent."""

    def rows_of(asset_id: ColumnElement[int]) -> Rows:
        told = _daily_returns(asset_id, stretches)
        deviation = func.stddev_samp(told.c.log_return) * math.sqrt(DAYS_A_YEAR) * 100
        count = func.count(told.c.log_return)
        return select(deviation.label("percent"), count.label("returns")).having(count >= at_least)

    return for_each(asset_ids, BigInteger(), rows_of, order=(desc("returns"),), first=1)


def drawdowns_of(asset_ids: Parents[int], *, stretches: Stretches) -> Rows:
    """Select each asset's largest fall from the highest close before it, in percent; of several the earliest."""

    def rows_of(asset_id: ColumnElement[int]) -> Rows:
        told = unified(asset_id, Step.DAY, stretches).subquery("told")
        day, close = told.c.opened_at, told.c.close_usd
        peak = func.max(close).over(order_by=day)
        closes = select(day, close, peak.label("peak_usd"), func.count().over().label("days")).subquery()
        # The peak never falls: those with the same one are neighbours, and the first of them is the peak itself.
        peaked_at = func.min(closes.c.opened_at).over(partition_by=closes.c.peak_usd)
        fall = (closes.c.peak_usd - closes.c.close_usd) * 100 / closes.c.peak_usd
        falls = (
            select(
                func.trim_scale(fall).label("percent"),
                peaked_at.label("peak_at"),
                closes.c.peak_usd,
                closes.c.opened_at.label("trough_at"),
                closes.c.close_usd.label("trough_usd"),
            )
            .where(closes.c.peak_usd > 0, closes.c.days > 1)
            .subquery()
        )
        return select(*falls.c)

    return for_each(asset_ids, BigInteger(), rows_of, order=(desc("percent"), asc("trough_at")), first=1)


def correlations_of(asset_ids: Parents[int], *, other: str, stretches: Stretches, at_least: int) -> Rows:
    """Select Pearson's correlation of each asset's daily returns with those of the asset that has the uid `other`."""

    def rows_of(asset_id: ColumnElement[int]) -> Rows:
        mine = _daily_returns(asset_id, stretches)
        theirs = _daily_returns(current_asset(other).scalar_subquery(), stretches)
        pairs = _pairs(mine, theirs).subquery("pairs")
        # In the order of days, since the sum of floats hangs on it.
        by_day = aggregate_order_by(pairs.c.theirs, pairs.c.opened_at)
        coefficient, count = func.corr(pairs.c.mine, by_day), func.count()
        return (
            select(coefficient.label("coefficient"), count.label("returns"))
            .where(pairs.c.mine.is_not(None), pairs.c.theirs.is_not(None))
            .having(and_(count >= at_least, coefficient.is_not(None)))
        )

    return for_each(asset_ids, BigInteger(), rows_of, order=(desc("returns"),), first=1)


def _pairs(mine: Subquery, theirs: Subquery) -> Rows:
    """Put two series side by side, by day: without a join, for which one of them might be read again and again."""
    series = ((mine, true()), (theirs, false()))
    told = union_all(*(select(*each.c, whose.label("mine")) for each, whose in series)).subquery("told")
    value = func.max(told.c.log_return)
    return select(
        told.c.opened_at, value.filter(told.c.mine).label("mine"), value.filter(~told.c.mine).label("theirs")
    ).group_by(told.c.opened_at)


def _newest(asset_id: ColumnElement[Any], step: Step, stretches: Stretches) -> Subquery:
    return unified(asset_id, step, stretches).order_by(desc("opened_at")).limit(1).subquery()


def _daily_returns(asset_id: ColumnElement[Any], stretches: Stretches) -> Subquery:
    """Select a `log_return` for each day; null: there is none."""
    told = unified(asset_id, Step.DAY, stretches).subquery()
    day, close = told.c.opened_at, told.c.close_usd
    before = func.lag(close).over(order_by=day)
    is_next = func.lag(day).over(order_by=day) == day - timedelta(days=1)
    closes = select(day, close, case((is_next, before)).label("before_usd")).subquery()
    is_priced = and_(closes.c.close_usd > 0, closes.c.before_usd > 0)
    growth = cast(closes.c.close_usd / closes.c.before_usd, Double)
    return select(closes.c.opened_at, case((is_priced, func.ln(growth))).label("log_return")).subquery()
