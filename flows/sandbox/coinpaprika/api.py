"""CoinPaprika API v1: everything below /coinpaprika/v1. Without a key, the Free plan's limits hold."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from flows.sandbox.answers import Refusal, answer, comma_list, iso_seconds, json_text
from flows.sandbox.chains import CHAIN_BY_COINPAPRIKA_ID, Chain
from flows.sandbox.clock import Clock
from flows.sandbox.coinpaprika.history import historical
from flows.sandbox.coinpaprika.rows import Quoting, coin_page, list_row, ticker
from flows.sandbox.coins import Coin
from flows.sandbox.currencies import COINPAPRIKA_QUOTES
from flows.sandbox.market import Market
from flows.sandbox.views import View

FREE_COINS = 2_000
"""The Free plan's tickers: the top by market cap."""
_MOST_QUOTES = 3
_CACHED = {"cache-control": "public, max-age=60"}


def check(request: Request) -> None:
    """Refuse the key `wrong`; no key at all is the Free plan."""
    if request.headers.get("authorization") == "wrong":
        raise Refusal(403, {"error": "invalid API key"})


def is_free(request: Request) -> bool:
    """Tell whether the caller is on the Free plan."""
    return not request.headers.get("authorization")


def asked_quotes(request: Request) -> list[str]:
    """Read `quotes`: up to three known currencies, dollars by default."""
    codes = [code.upper() for code in comma_list(request.query_params.get("quotes"))] or ["USD"]
    if len(codes) > _MOST_QUOTES:
        raise Refusal(400, {"error": f"too many quotes: at most {_MOST_QUOTES} are allowed"})
    if unknown := [code for code in codes if code not in COINPAPRIKA_QUOTES]:
        raise Refusal(400, {"error": f"invalid quotes: {','.join(unknown)}"})
    return codes


class CoinPaprika:
    """The provider as seen through its endpoints."""

    def __init__(self, market: Market, clock: Clock) -> None:
        self._view = View(market, "coinpaprika", refresh=60, jitter=5)
        self._clock = clock

    def routes(self) -> list[BaseRoute]:
        """List the endpoints below the base URL."""
        return [
            Route("/global", self.global_figures),
            Route("/tickers", self.tickers),
            Route("/tickers/{id}", self.ticker),
            Route("/tickers/{id}/historical", self.historical),
            Route("/coins", self.coins),
            Route("/coins/{id}", self.coin),
            Route("/contracts", self.platforms),
            Route("/contracts/{platform}", self.contracts),
            Route("/contracts/{platform}/{address}", self.contract),
            Route("/{path:path}", self.unknown),
        ]

    def _find(self, request: Request) -> Coin:
        coin = self._view.find(request.path_params["id"])
        if coin is None:
            raise Refusal(404, {"error": "id not found"})
        return coin

    def _quoting(self, request: Request) -> Quoting:
        now = self._clock.now()
        return Quoting(
            self._view, self._view.standing(now), now, asked_quotes(request), is_free=is_free(request)
        )

    async def tickers(self, request: Request) -> Response:
        """Serve all prices at once; on the Free plan the top 2,000."""
        quoting = self._quoting(request)
        ranked = quoting.standing.coins[: len(quoting.standing.ranks)]
        coins = ranked[:FREE_COINS] if quoting.is_free else ranked
        return answer([ticker(quoting, coin) for coin in coins], headers=_CACHED)

    async def ticker(self, request: Request) -> Response:
        """Serve one coin's prices."""
        coin = self._find(request)
        return answer(ticker(self._quoting(request), coin), headers=_CACHED)

    async def historical(self, request: Request) -> Response:
        """Serve a coin's past prices."""
        coin, now = self._find(request), self._clock.now()
        return answer(historical(self._view, coin, request.query_params, now, is_free=is_free(request)))

    async def coins(self, _request: Request) -> Response:
        """Serve every coin, inactive ones included."""
        now = self._clock.now()
        standing = self._view.standing(now)
        gone = [coin for coin in self._view.listed if not coin.is_active]
        rows = [list_row(self._view, coin, standing, now) for coin in [*standing.coins, *gone]]
        return answer(json_text(rows), headers=_CACHED)

    async def coin(self, request: Request) -> Response:
        """Serve one coin's page; it has no price."""
        now = self._clock.now()
        return answer(
            coin_page(self._view, self._find(request), self._view.standing(now), now), headers=_CACHED
        )

    async def platforms(self, _request: Request) -> Response:
        """Serve the chains contracts are listed for."""
        return answer(sorted(CHAIN_BY_COINPAPRIKA_ID), headers=_CACHED)

    def _chain(self, request: Request) -> Chain:
        chain = CHAIN_BY_COINPAPRIKA_ID.get(request.path_params["platform"])
        if chain is None:
            raise Refusal(404, {"error": "platform not found"})
        return chain

    async def contracts(self, request: Request) -> Response:
        """Serve a chain's contract addresses."""
        chain = self._chain(request)
        rows = [
            {
                "address": address,
                "type": chain.token_type,
                "id": self._view.naming(coin).id,
                "active": coin.is_active,
            }
            for coin in self._view.listed
            for place, address in coin.addresses
            if place == chain.id
        ]
        return answer(rows, headers=_CACHED)

    async def contract(self, request: Request) -> Response:
        """Redirect from an address to its coin's ticker."""
        place = (self._chain(request).id, request.path_params["address"].lower())
        for coin in self._view.listed:
            if place in [(chain, address.lower()) for chain, address in coin.addresses]:
                base = str(request.url).split("/contracts/", maxsplit=1)[0]
                return RedirectResponse(f"{base}/tickers/{self._view.naming(coin).id}", 301)
        raise Refusal(404, {"error": "id not found"})

    async def global_figures(self, _request: Request) -> Response:
        """Serve the market as a whole."""
        standing = self._view.standing(self._clock.now())
        market, at = self._view.market, standing.at
        caps = market.market_caps(at)
        total = sum(caps.values())
        largest = max(total, 4_283_000_000_000)
        figures: dict[str, Any] = {
            "market_cap_usd": round(total),
            "volume_24h_usd": round(sum(market.volume(coin, at) or 0.0 for coin in standing.coins[:100])),
            "bitcoin_dominance_percentage": round(caps.get("bitcoin", 0.0) / total * 100, 2) if total else 0,
            "cryptocurrencies_number": len(standing.coins),
            "market_cap_ath_value": round(largest),
            "market_cap_ath_date": "2025-10-06T18:50:00Z" if largest > total else iso_seconds(at),
            "volume_24h_ath_value": 1_000_000_000_000,
            "volume_24h_ath_date": "2021-05-19T00:00:00Z",
            "market_cap_change_24h": 0,
            "volume_24h_change_24h": 0,
            "last_updated": int(at),
        }
        return answer(figures, headers=_CACHED)

    async def unknown(self, _request: Request) -> Response:
        """Refuse any other path."""
        raise Refusal(404, {"error": "page not found"})
