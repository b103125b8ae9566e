"""CoinGecko's shapes: a market row, a coin's page, and how it rounds numbers."""

from __future__ import annotations

from typing import Any

from flows.sandbox.answers import iso_milliseconds
from flows.sandbox.coins import Coin
from flows.sandbox.market import DAY
from flows.sandbox.views import Standing, View
from flows.sandbox.walk import traits

PERIODS = {
    "1h": DAY / 24,
    "24h": DAY,
    "7d": 7 * DAY,
    "14d": 14 * DAY,
    "30d": 30 * DAY,
    "60d": 60 * DAY,
    "200d": 200 * DAY,
    "1y": 365 * DAY,
}
_SAMPLES_PER_DAY = 8
_DISPLAY = ((10_000, 0), (1.1, 2), (1, 3), (0.05, 6), (1e-6, 8))
"""(from this price on, decimals shown); below the last, six significant digits."""
_WHOLE_FROM = 100_000


def display_price(price: float, precision: str | None) -> float | int:
    """Round a price as asked: `full`, a number of decimals, or (None) as the web site shows it."""
    if precision == "full":
        return price
    if precision is not None and precision.isdigit():
        return round(price, int(precision))
    for least, decimals in _DISPLAY:
        if price >= least:
            return round(price, decimals or None)
    return float(f"{price:.6g}")


def display_sum(dollars: float) -> float | int:
    """Round a market cap or volume: large ones to whole units."""
    return round(dollars) if abs(dollars) >= _WHOLE_FROM else round(dollars, 2)


def image_url(coin: Coin, size: str = "large") -> str:
    """Name the coin's picture; coins nobody trades have none."""
    if coin.price_usd is None:
        return f"missing_{size}.png"
    number = sum(coin.key.encode()) * 7 % 40_000
    return f"https://coin-images.coingecko.com/coins/images/{number}/{size}/{coin.names['coingecko'].id}.png?1696501400"


class Pen:
    """Writes market rows in one currency at one moment."""

    def __init__(
        self, view: View, standing: Standing, now: float, currency: str, precision: str | None
    ) -> None:
        self.view = view
        self.standing = standing
        self.now = now
        self.precision = precision
        self.rate = 1 / view.market.usd_per_unit(currency, standing.at)

    def price(self, dollars: float | None) -> float | int | None:
        """Convert and round a price."""
        return None if dollars is None else display_price(dollars * self.rate, self.precision)

    def sum(self, dollars: float | None) -> float | int | None:
        """Convert and round a sum of money."""
        return None if dollars is None else display_sum(dollars * self.rate)

    def row(self, coin: Coin) -> dict[str, Any]:
        """Write one row of /coins/markets."""
        naming, at = self.view.naming(coin), self.view.as_of(coin, self.now)
        price, cap = self.view.price(coin, at), self.view.market_cap(coin, at)
        return {
            "id": naming.id,
            "symbol": naming.symbol,
            "name": naming.name,
            "image": image_url(coin),
            "current_price": self.price(price),
            "market_cap": self.sum(cap) if cap is not None else (None if price is None else 0),
            "market_cap_rank": self.standing.ranks.get(coin.key),
            "fully_diluted_valuation": self.sum(_times(price, coin.max_supply or coin.total_supply)),
            "total_volume": self.sum(self.view.market.volume(coin, at)),
            **self._day(coin, at, price),
            "circulating_supply": coin.circulating_supply if cap is not None else 0.0,
            "total_supply": coin.total_supply,
            "max_supply": coin.max_supply,
            **self._extremes(coin, price),
            "roi": None,
            "last_updated": iso_milliseconds(at + traits(0, coin.key)[0]) if price is not None else None,
        }

    def _day(self, coin: Coin, at: float, price: float | None) -> dict[str, Any]:
        """Write the last 24 hours; all null for a coin that was not listed a day ago."""
        before = self.view.price(coin, at - DAY)
        if price is None or before is None:
            names = ("high_24h", "low_24h", "price_change_24h", "price_change_percentage_24h")
            more = ("market_cap_change_24h", "market_cap_change_percentage_24h")
            return dict.fromkeys((*names, *more))
        moments = (at - DAY * step / _SAMPLES_PER_DAY for step in range(_SAMPLES_PER_DAY + 1))
        prices = [seen for moment in moments if (seen := self.view.price(coin, moment)) is not None]
        change, percent = price - before, round((price / before - 1) * 100, 5)
        moved = _times(change, coin.circulating_supply if coin.is_ranked else None)
        return {
            "high_24h": self.price(max(prices)),
            "low_24h": self.price(min(prices)),
            "price_change_24h": float(f"{change * self.rate:.12g}"),
            "price_change_percentage_24h": percent,
            "market_cap_change_24h": None if moved is None else round(moved * self.rate, 2),
            "market_cap_change_percentage_24h": None if moved is None else percent,
        }

    def _extremes(self, coin: Coin, price: float | None) -> dict[str, Any]:
        walk = self.view.market.walk(coin)
        if walk is None or price is None:
            names = ("ath", "ath_change_percentage", "ath_date", "atl", "atl_change_percentage", "atl_date")
            return dict.fromkeys(names)
        high, low = walk.highest, walk.lowest
        early, late = traits(self.view.market.seed, "extremes", coin.key)
        age = self.now - coin.listed_at
        return {
            "ath": self.price(high),
            "ath_change_percentage": round((price / high - 1) * 100, 5),
            "ath_date": iso_milliseconds(coin.listed_at + age * 0.9 * early),
            "atl": self.price(low),
            "atl_change_percentage": round((price / low - 1) * 100, 5),
            "atl_date": iso_milliseconds(coin.listed_at + age * 0.9 * late),
        }

    def changes(self, coin: Coin, periods: list[str]) -> dict[str, float | None]:
        """Write the columns that `price_change_percentage` asks for."""
        at = self.view.as_of(coin, self.now)
        asked = {period: self.view.change_percent(coin, at, PERIODS[period]) for period in periods}
        return {f"price_change_percentage_{period}_in_currency": percent for period, percent in asked.items()}

    def sparkline(self, coin: Coin) -> list[float]:
        """Write a week of hourly prices, oldest first."""
        at = self.view.as_of(coin, self.now)
        hours = (self.view.price(coin, at - hour * DAY / 24) for hour in range(167, -1, -1))
        return [price * self.rate for price in hours if price is not None]


def _times(price: float | None, amount: float | None) -> float | None:
    return None if price is None or amount is None else price * amount
