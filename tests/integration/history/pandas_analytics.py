"""Analytics as pandas has them, over closes by calendar day: what those of SQL are held to. None: too little is known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

Closes = Mapping[date, float]


def by_day(closes: Closes, end: datetime, days: int) -> pd.Series:
    """Lay closes out on the calendar days before `end`; NaN: the day has none."""
    calendar = pd.date_range(end=end.date() - timedelta(days=1), periods=days)
    told = pd.Series({pd.Timestamp(day): close for day, close in closes.items()}, dtype="float64")
    return told.reindex(calendar)


def log_returns(series: pd.Series) -> pd.Series:
    """Take the daily returns; NaN where either close is missing or not above zero."""
    return np.log(series.where(series > 0)).diff()


def gain(closes: Closes, end: datetime, days: int) -> float | None:
    """Return percent between closes that may each be a day older than they should."""
    series = by_day(closes, end, days + 2).ffill(limit=1)
    new, old = series.iloc[-1], series.iloc[-1 - days]
    return None if math.isnan(new) or math.isnan(old) else (new / old - 1) * 100


def volatility(closes: Closes, end: datetime, days: int) -> tuple[float, int] | None:
    """Return percent and how many returns."""
    returns = log_returns(by_day(closes, end, days + 1)).dropna()
    if len(returns) < math.ceil(days / 2):
        return None
    return returns.std(ddof=1) * math.sqrt(365) * 100, len(returns)


def drawdown(closes: Closes, end: datetime, days: int) -> tuple[float, date, date] | None:
    """Return percent, and the days of the peak and of the trough."""
    told = by_day(closes, end, days).dropna()
    peaks = told.cummax()
    falls = ((peaks - told) / peaks.where(peaks > 0) * 100).dropna()
    if len(told) < 2 or falls.empty:
        return None
    trough = falls.idxmax()
    return falls.max(), told[:trough].idxmax().date(), trough.date()


def correlation(one: Closes, other: Closes, end: datetime, days: int) -> tuple[float, int] | None:
    """Return the coefficient and how many pairs."""
    pairs = pd.DataFrame({n: log_returns(by_day(each, end, days + 1)) for n, each in enumerate((one, other))})
    pairs = pairs.dropna()
    if len(pairs) < math.ceil(days / 2) or any(pairs[n].nunique() < 2 for n in pairs):
        return None
    return pairs[0].corr(pairs[1]), len(pairs)


def averages(closes: Closes, end: datetime, days: int, reach: int, kind: str) -> Sequence[tuple[date, Any]]:
    """Return the moving average of each day that has a close, newest first."""
    series = by_day(closes, end, reach)
    if kind == "SIMPLE":
        told = series.rolling(days, min_periods=days).mean()
    else:
        told = series.ewm(span=days, adjust=True, min_periods=days).mean()
    shown = told[series.notna()][::-1]
    return [(day.date(), None if math.isnan(value) else value) for day, value in shown.items()]
