"""CoinGecko's history: prices, market caps and volumes as pairs of UNIX milliseconds and a number."""

from __future__ import annotations

from typing import Any

from flows.sandbox.coins import Coin
from flows.sandbox.market import DAY
from flows.sandbox.views import View
from flows.sandbox.walk import traits

FIVE_MINUTES, HOUR = 300.0, 3600.0
_DAYS_OF_HOURS = 90

Pair = list[float | int | None]


def granularity(days: float, interval: str | None, *, ends_now: bool) -> float:
    """Choose the seconds between points as CoinGecko does: 5 minutes, an hour, or a day."""
    asked = {"daily": DAY, "hourly": HOUR, "5m": FIVE_MINUTES}.get(interval or "")
    if asked is not None:
        return asked
    if days <= 1 and ends_now:
        return FIVE_MINUTES
    return HOUR if days <= _DAYS_OF_HOURS else DAY


def _moments(coin: Coin, start: float, end: float, step: float) -> list[float]:
    """Boundaries of `step` within the window; points finer than a day fall some seconds after theirs."""
    first = -(-max(start, coin.listed_at) // step)
    last = int(end // step)
    late = 0.0 if step == DAY else step / 10
    boundaries = (number * step for number in range(int(first), last + 1))
    moments = (at + late * traits(0, str(at))[0] for at in boundaries)
    return [at for at in moments if at <= end]


def chart(
    view: View, coin: Coin, window: tuple[float, float], step: float, rate: float
) -> dict[str, list[Pair]]:
    """Draw the chart of a window. A window that ends now has its last point there, off any boundary."""
    start, end = window
    moments = _moments(coin, start, end, step)
    if not moments or moments[-1] < end:
        moments.append(end)
    prices: list[Pair] = []
    caps: list[Pair] = []
    volumes: list[Pair] = []
    for at in moments:
        price = view.price(coin, at)
        if price is None:
            continue
        stamp = int(at * 1000)
        cap = view.market_cap(coin, at)
        prices.append([stamp, price * rate])
        caps.append([stamp, None if cap is None else cap * rate])
        volumes.append([stamp, (view.market.volume(coin, at) or 0.0) * rate])
    return {"prices": prices, "market_caps": caps, "total_volumes": volumes}


def candles(view: View, coin: Coin, days: float, now: float, rate: float) -> list[list[Any]]:
    """Draw `[ms of the close, open, high, low, close]`: 30 minutes, 4 hours or 4 days wide."""
    step = 1800.0 if days <= 2 else 4 * HOUR if days <= 30 else 4 * DAY  # noqa: PLR2004 - CoinGecko's own steps
    rows: list[list[Any]] = []
    for number in range(int((now - days * DAY) // step) + 1, int(now // step) + 1):
        close = number * step
        seen = [view.price(coin, close - step + part * step / 4) for part in range(5)]
        prices = [price * rate for price in seen if price is not None]
        if prices:
            rows.append([int(close * 1000), prices[0], max(prices), min(prices), prices[-1]])
    return rows
