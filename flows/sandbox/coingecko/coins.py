"""CoinGecko's answers about one coin: its page and its history."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from flows.sandbox.answers import Refusal, answer, parse_time, whole_number
from flows.sandbox.clock import Clock
from flows.sandbox.coingecko.charts import candles, chart, granularity
from flows.sandbox.coingecko.door import CACHED, check_age, check_currency
from flows.sandbox.coingecko.page import describe
from flows.sandbox.coingecko.rows import display_sum, image_url
from flows.sandbox.coins import Coin
from flows.sandbox.market import DAY
from flows.sandbox.views import View


class Coins:
    """What is known of one coin."""

    def __init__(self, view: View, clock: Clock) -> None:
        self._view = view
        self._market = view.market
        self._clock = clock

    def routes(self) -> list[Route]:
        """List the endpoints below the base URL."""
        return [
            Route("/coins/{id}", self.coin),
            Route("/coins/{id}/market_chart", self.market_chart),
            Route("/coins/{id}/market_chart/range", self.market_chart_range),
            Route("/coins/{id}/ohlc", self.ohlc),
            Route("/coins/{id}/history", self.history),
            Route("/coins/{platform}/contract/{address}", self.contract),
        ]

    def _coin(self, source_id: str) -> Coin:
        coin = self._view.find(source_id)
        if coin is None:
            raise Refusal(404, {"error": "coin not found"})
        return coin

    async def coin(self, request: Request) -> Response:
        """Serve one coin's page."""
        return self._described(request, self._coin(request.path_params["id"]))

    async def contract(self, request: Request) -> Response:
        """Serve the page of the coin that has a contract address."""
        place = (request.path_params["platform"], request.path_params["address"].lower())
        for coin in self._view.coins:
            if place in [(chain, address.lower()) for chain, address in coin.addresses]:
                return self._described(request, coin)
        raise Refusal(404, {"error": "coin not found"})

    def _described(self, request: Request, coin: Coin) -> Response:
        query = request.query_params
        page = describe(
            self._view,
            coin,
            self._clock.now(),
            market_data=query.get("market_data") != "false",
            localization=query.get("localization") != "false",
        )
        return answer(page, headers=CACHED)

    async def market_chart(self, request: Request) -> Response:
        """Serve the last `days` of a coin."""
        coin, query = self._coin(request.path_params["id"]), request.query_params
        currency, asked = check_currency(query.get("vs_currency")), query.get("days")
        if not asked:
            raise Refusal(422, {"error": "Missing parameter days"})
        now = self._clock.now() // 30 * 30
        days = (now - coin.listed_at) / DAY if asked == "max" else float(whole_number(asked, 1))
        check_age(request, coin.listed_at if asked == "max" else now - days * DAY, now)
        step = granularity(days, query.get("interval"), ends_now=True)
        rate = 1 / self._market.usd_per_unit(currency, now)
        return answer(chart(self._view, coin, (now - days * DAY, now), step, rate), headers=CACHED)

    async def market_chart_range(self, request: Request) -> Response:
        """Serve a window of a coin, given as UNIX seconds or dates."""
        coin, query = self._coin(request.path_params["id"]), request.query_params
        currency = check_currency(query.get("vs_currency"))
        start, end = parse_time(query.get("from", "")), parse_time(query.get("to", ""))
        if start is None or end is None:
            raise Refusal(422, {"error": f"Missing parameter {'from' if start is None else 'to'}"})
        now = self._clock.now()
        check_age(request, start, now)
        step = granularity((end - start) / DAY, query.get("interval"), ends_now=end > now - DAY)
        rate = 1 / self._market.usd_per_unit(currency, now // 60 * 60)
        return answer(chart(self._view, coin, (start, min(end, now)), step, rate), headers=CACHED)

    async def ohlc(self, request: Request) -> Response:
        """Serve candles."""
        coin, query, now = self._coin(request.path_params["id"]), request.query_params, self._clock.now()
        currency, days = check_currency(query.get("vs_currency")), float(whole_number(query.get("days"), 1))
        check_age(request, now - days * DAY, now)
        rate = 1 / self._market.usd_per_unit(currency, now // 60 * 60)
        return answer(candles(self._view, coin, days, now, rate), headers=CACHED)

    async def history(self, request: Request) -> Response:
        """Serve a coin's figures at the start of a day; without `market_data` where there were none."""
        coin, asked = self._coin(request.path_params["id"]), request.query_params.get("date", "")
        parts = asked.split("-")
        if len(parts) == 3 and len(parts[2]) == 4:  # noqa: PLR2004 - dd-mm-yyyy, the older way to ask
            asked = "-".join(reversed(parts))
        at = parse_time(asked)
        if at is None:
            raise Refusal(400, {"error": "invalid date"})
        check_age(request, at, self._clock.now())
        naming, price = self._view.naming(coin), self._view.price(coin, at)
        images = {size: image_url(coin, size) for size in ("thumb", "small")}
        body: dict[str, Any] = {
            "id": naming.id,
            "symbol": naming.symbol,
            "name": naming.name,
            "image": images,
        }
        if price is not None:
            body["market_data"] = {
                "current_price": {"usd": price},
                "market_cap": {"usd": display_sum(self._view.market_cap(coin, at) or 0.0)},
                "total_volume": {"usd": display_sum(self._market.volume(coin, at) or 0.0)},
            }
        return answer(body, headers=CACHED)
