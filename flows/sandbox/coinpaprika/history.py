"""CoinPaprika's history: /tickers/{id}/historical, and what the Free plan may not see of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flows.sandbox.answers import Refusal, iso_seconds, parse_time, whole_number
from flows.sandbox.coins import Coin
from flows.sandbox.market import DAY
from flows.sandbox.views import View

_INTERVALS = {
    **{f"{minutes}m": minutes * 60.0 for minutes in (5, 10, 15, 30, 45)},
    **{f"{hours}h": hours * 3600.0 for hours in (1, 2, 3, 6, 12, 24)},
    **{f"{days}d": days * DAY for days in (1, 7, 14, 30, 90, 365)},
}
_LARGEST = 5_000


def _not_in_plan(what: str, before: float) -> Refusal:
    limit = iso_seconds(before).replace("T", " ").replace("Z", ".000000000 +0000 UTC")
    message = f"Getting {what} historical data before {limit} is not allowed in this plan."
    return Refusal(402, {"error": f"{message} Check plans on coinpaprika.com/api"})


def _check_plan(step: float, start: float, now: float) -> None:
    """Free: a year of days, a day of hours, nothing finer."""
    if step >= DAY:
        if start < now - 366 * DAY:
            raise _not_in_plan("daily", now - 365 * DAY)
    elif step >= DAY / 24:
        if start < now - DAY - 3600:
            raise _not_in_plan("hourly", now - DAY)
    else:
        raise _not_in_plan("5-minute", now)


def historical(
    view: View, coin: Coin, query: Mapping[str, str], now: float, *, is_free: bool
) -> list[dict[str, Any]]:
    """Write past prices from `start` until before `end`; the default interval is one the Free plan lacks."""
    start, end = parse_time(query.get("start", "")), parse_time(query.get("end", "")) or now
    step, quote = _INTERVALS.get(query.get("interval", "5m")), query.get("quote", "usd")
    if start is None or step is None or quote not in {"usd", "btc"}:
        wrong = "start" if start is None else "interval" if step is None else "quote"
        raise Refusal(400, {"error": f"invalid parameter: {wrong}"})
    if is_free:
        _check_plan(step, start, now)
    limit = min(max(whole_number(query.get("limit"), 1000), 1), _LARGEST)
    rows: list[dict[str, Any]] = []
    number = int(-(-max(start, coin.listed_at) // step))
    while number * step < min(end, now) and len(rows) < limit:
        rows.append(_point(view, coin, number * step, quote))
        number += 1
    return rows


def _point(view: View, coin: Coin, at: float, quote: str) -> dict[str, Any]:
    rate = 1 / view.market.usd_per_unit(quote, at)
    return {
        "timestamp": iso_seconds(at),
        "price": float(f"{(view.price(coin, at) or 0.0) * rate:.10g}"),
        "volume_24h": round((view.market.volume(coin, at) or 0.0) * rate),
        "market_cap": round((view.market_cap(coin, at) or 0.0) * rate),
    }
