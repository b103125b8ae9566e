"""CoinPaprika's shapes: a ticker, a row of the coin list, a coin's page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flows.sandbox.answers import iso_seconds
from flows.sandbox.chains import CHAIN_BY_ID
from flows.sandbox.coins import Coin
from flows.sandbox.market import DAY
from flows.sandbox.views import Standing, View
from flows.sandbox.walk import traits

_CHANGES = {
    "15m": 900.0,
    "30m": 1800.0,
    "1h": 3600.0,
    "6h": 6 * 3600.0,
    "12h": 12 * 3600.0,
    "24h": DAY,
    "7d": 7 * DAY,
    "30d": 30 * DAY,
    "1y": 365 * DAY,
}
_NEW_FOR = 5 * DAY


@dataclass(frozen=True, slots=True)
class Quoting:
    """How tickers are asked for: when, in which currencies, on which plan."""

    view: View
    standing: Standing
    now: float
    codes: list[str]
    is_free: bool


def _whole(amount: float | None) -> int:
    """Supplies are whole numbers; 0 where unknown."""
    return round(amount or 0)


def ticker(quoting: Quoting, coin: Coin) -> dict[str, Any]:
    """Write a ticker. The Free plan's has no circulating supply."""
    view, naming = quoting.view, quoting.view.naming(coin)
    at = view.as_of(coin, quoting.now)
    supply = {} if quoting.is_free else {"circulating_supply": _whole(coin.circulating_supply)}
    return {
        "id": naming.id,
        "name": naming.name,
        "symbol": naming.symbol,
        "rank": quoting.standing.ranks.get(coin.key, 0),
        **supply,
        "total_supply": _whole(coin.total_supply),
        "max_supply": _whole(coin.max_supply),
        "beta_value": round(0.2 + 1.5 * traits(0, "beta", coin.key)[0], 6),
        "first_data_at": iso_seconds(coin.listed_at),
        "last_updated": iso_seconds(at),
        "quotes": {code: _quote(view, coin, code, at) for code in quoting.codes},
    }


def _quote(view: View, coin: Coin, code: str, at: float) -> dict[str, Any]:
    rate = 1 / view.market.usd_per_unit(code.lower(), at)
    price, cap = view.price(coin, at) or 0.0, view.market_cap(coin, at) or 0.0
    changes = {period: view.change_percent(coin, at, seconds) for period, seconds in _CHANGES.items()}
    return {
        "price": float(f"{price * rate:.14g}"),
        "volume_24h": round((view.market.volume(coin, at) or 0.0) * 0.97 * rate, 3),
        "volume_24h_change_24h": round(10 * (traits(0, "volume", coin.key, str(at // DAY))[0] - 0.5), 2),
        "market_cap": round(cap * rate),
        "market_cap_change_24h": round(changes["24h"] or 0.0, 2),
        **{f"percent_change_{period}": round(percent or 0.0, 2) for period, percent in changes.items()},
        **_peak(view, coin, code, price),
    }


def _peak(view: View, coin: Coin, code: str, price: float) -> dict[str, Any]:
    """Write the all-time high: known in dollars only."""
    walk = view.market.walk(coin)
    if code != "USD" or walk is None or not price:
        return {"ath_price": None, "ath_date": None, "percent_from_price_ath": None}
    high = walk.highest
    return {
        "ath_price": float(f"{high:.10g}"),
        "ath_date": iso_seconds(coin.listed_at + 200 * DAY * traits(0, "peak", coin.key)[0]),
        "percent_from_price_ath": round((price / high - 1) * 100, 2),
    }


def list_row(view: View, coin: Coin, standing: Standing, now: float) -> dict[str, Any]:
    """Write a row of /coins."""
    naming = view.naming(coin)
    return {
        "id": naming.id,
        "name": naming.name,
        "symbol": naming.symbol,
        "rank": standing.ranks.get(coin.key, 0),
        "is_new": 0 <= now - coin.listed_at < _NEW_FOR,
        "is_active": coin.is_active,
        "type": coin.kind,
    }


def coin_page(view: View, coin: Coin, standing: Standing, now: float) -> dict[str, Any]:
    """Write /coins/{id}."""
    naming = view.naming(coin)
    return {
        **list_row(view, coin, standing, now),
        "logo": f"https://static.coinpaprika.com/coin/{naming.id}/logo.png",
        "tags": [],
        "team": [],
        "description": "",
        "message": "",
        "open_source": True,
        "started_at": None,
        "development_status": None,
        "hardware_wallet": False,
        "proof_type": None,
        "org_structure": None,
        "hash_algorithm": None,
        "contracts": [
            {"contract": address, "platform": chain.coinpaprika_id, "type": chain.token_type}
            for place, address in coin.addresses
            if (chain := CHAIN_BY_ID[place]).coinpaprika_id
        ],
        "links": {},
        "links_extended": [],
        "whitepaper": {"link": None, "thumbnail": None},
        "first_data_at": iso_seconds(coin.listed_at),
        "last_data_at": iso_seconds(view.as_of(coin, now)),
    }
