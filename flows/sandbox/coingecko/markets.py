"""CoinGecko's prices of many coins: /coins/markets, /simple/price and /global."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from flows.sandbox.answers import Refusal, answer, comma_list, is_true, whole_number
from flows.sandbox.clock import Clock
from flows.sandbox.coingecko.door import CACHED, check_currency
from flows.sandbox.coingecko.rows import PERIODS, Pen, display_price
from flows.sandbox.coins import Coin
from flows.sandbox.currencies import CURRENCIES
from flows.sandbox.market import DAY
from flows.sandbox.views import View

LARGEST_PAGE = 250
_ORDERS = {
    "volume_desc": ("total_volume", True),
    "volume_asc": ("total_volume", False),
    "id_asc": ("id", False),
    "id_desc": ("id", True),
}


class Markets:
    """What coins cost now."""

    def __init__(self, view: View, clock: Clock) -> None:
        self._view = view
        self._market = view.market
        self._clock = clock

    def routes(self) -> list[Route]:
        """List the endpoints below the base URL."""
        return [
            Route("/coins/markets", self.markets),
            Route("/simple/price", self.simple_price),
            Route("/global", self.global_figures),
        ]

    async def markets(self, request: Request) -> Response:
        """Serve a page of market rows."""
        query, now = request.query_params, self._clock.now()
        currency = check_currency(query.get("vs_currency"))
        pen = Pen(self._view, self._view.standing(now), now, currency, query.get("precision"))
        periods = [period for period in comma_list(query.get("price_change_percentage")) if period in PERIODS]
        rows: list[dict[str, Any]] = []
        for coin in self._page(request, pen):
            row = pen.row(coin) | pen.changes(coin, periods)
            if is_true(query.get("sparkline")):
                row["sparkline_in_7d"] = {"price": pen.sparkline(coin)}
            rows.append(row)
        return answer(rows, headers=CACHED)

    def _page(self, request: Request, pen: Pen) -> list[Coin]:
        query = request.query_params
        coins = self._ordered(self._chosen(request, pen.standing.coins), query.get("order"), pen)
        size = min(max(whole_number(query.get("per_page"), 100), 1), LARGEST_PAGE)
        start = (max(whole_number(query.get("page"), 1), 1) - 1) * size
        return coins[start : start + size]

    def _chosen(self, request: Request, coins: list[Coin]) -> list[Coin]:
        """Filter by ids, else names, else symbols: the first that is given wins."""
        query = request.query_params
        for parameter, attribute in (("ids", "id"), ("names", "name"), ("symbols", "symbol")):
            if parameter in query:
                wanted = {part.lower() for part in comma_list(query[parameter])}
                return [c for c in coins if getattr(self._view.naming(c), attribute).lower() in wanted]
        return coins

    def _ordered(self, coins: list[Coin], order: str | None, pen: Pen) -> list[Coin]:
        if order == "market_cap_asc":
            return coins[::-1]
        if order not in _ORDERS:
            return coins
        column, is_descending = _ORDERS[order]
        if column == "id":
            return sorted(coins, key=lambda coin: self._view.naming(coin).id, reverse=is_descending)
        at = pen.standing.at
        return sorted(coins, key=lambda coin: self._market.volume(coin, at) or 0.0, reverse=is_descending)

    async def simple_price(self, request: Request) -> Response:
        """Serve prices by id; unknown ids are left out, a coin without a price is an empty object."""
        query = request.query_params
        if "vs_currencies" not in query:
            raise Refusal(422, {"error": "Missing parameter vs_currencies"})
        found = ((source_id, self._view.find(source_id)) for source_id in comma_list(query.get("ids")))
        return answer(
            {source_id: self._simple(coin, request) for source_id, coin in found if coin}, headers=CACHED
        )

    def _simple(self, coin: Coin, request: Request) -> dict[str, Any]:
        query, now = request.query_params, self._clock.now()
        at = self._view.as_of(coin, now)
        price = self._view.price(coin, at)
        if price is None:
            return {}
        row: dict[str, Any] = {}
        for code in comma_list(query["vs_currencies"]):
            if code not in CURRENCIES:
                continue
            rate = 1 / self._market.usd_per_unit(code, at)
            row[code] = display_price(price * rate, query.get("precision"))
            if is_true(query.get("include_market_cap")):
                row[f"{code}_market_cap"] = (self._view.market_cap(coin, at) or 0.0) * rate
            if is_true(query.get("include_24hr_vol")):
                row[f"{code}_24h_vol"] = (self._market.volume(coin, at) or 0.0) * rate
            if is_true(query.get("include_24hr_change")):
                row[f"{code}_24h_change"] = self._view.change_percent(coin, at, DAY)
        if is_true(query.get("include_last_updated_at")):
            row["last_updated_at"] = int(at)
        return row

    async def global_figures(self, _request: Request) -> Response:
        """Serve the market as a whole; its change is that of its hundred largest coins."""
        standing = self._view.standing(self._clock.now())
        at, largest = standing.at, standing.coins[:100]
        caps = self._market.market_caps(at)
        total = sum(caps.values())
        now = sum(self._market.market_cap(coin, at) or 0.0 for coin in largest)
        before = sum(self._market.market_cap(coin, at - DAY) or 0.0 for coin in largest)
        volume = sum(self._market.volume(coin, at) or 0.0 for coin in largest)
        rates = {code: 1 / self._market.usd_per_unit(code, at) for code in CURRENCIES}
        data = {
            "active_cryptocurrencies": len(standing.coins),
            "upcoming_icos": 0,
            "ongoing_icos": 49,
            "ended_icos": 3376,
            "markets": 1488,
            "total_market_cap": {code: total * rate for code, rate in rates.items()},
            "total_volume": {code: volume * rate for code, rate in rates.items()},
            "market_cap_percentage": {
                self._view.naming(coin).symbol: caps[coin.key] / total * 100 for coin in largest[:10]
            },
            "market_cap_change_percentage_24h_usd": (now / before - 1) * 100,
            "volume_change_percentage_24h_usd": 0.0,
            "updated_at": int(at),
        }
        return answer({"data": data}, headers=CACHED)
