"""CoinCap API v3: everything below /coincap/v3. Every call needs a key; every figure is a string."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from flows.sandbox.answers import Refusal, answer, comma_list, iso_milliseconds, whole_number
from flows.sandbox.chains import CHAIN_BY_ID
from flows.sandbox.clock import Clock
from flows.sandbox.coins import Coin
from flows.sandbox.currencies import CURRENCIES
from flows.sandbox.market import DAY, Market
from flows.sandbox.views import Standing, View
from flows.sandbox.walk import traits

LARGEST_PAGE = 2_000
_NATIVE = "0x" + "e" * 40
"""CoinCap's mark for a chain's own coin, where others list nothing."""
_INTERVALS = {
    "m1": (60, 1),
    "m5": (300, 5),
    "m15": (900, 7),
    "m30": (1800, 14),
    "h1": (3600, 30),
    "h2": (7200, 61),
    "h6": (21600, 183),
    "h12": (43200, 365),
    "d1": (86400, 4000),
}
"""Interval -> (seconds between points, days a window may span)."""


def key_of(request: Request) -> str:
    """Read the key from the Bearer header or the query."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else request.query_params.get("apiKey", "")


def check(request: Request) -> None:
    """Refuse callers without a key, and the key `wrong`."""
    if key_of(request) in {"", "wrong"}:
        raise Refusal(401, {"error": "Unauthorized. A valid API key is required."})


def long_number(value: float | None) -> str | None:
    """Print a float64 with 18 decimals, noise included: 0.9997 is `0.999700000000000033`."""
    return None if value is None else f"{value:.18f}"


class CoinCap:
    """The provider as seen through its endpoints."""

    def __init__(self, market: Market, clock: Clock) -> None:
        self._market = market
        self._view = View(market, "coincap", refresh=10, jitter=2)
        self._clock = clock
        self._twins = _addresses_of_twins(market)

    def routes(self) -> list[BaseRoute]:
        """List the endpoints below the base URL."""
        return [
            Route("/assets", self.assets),
            Route("/assets/{slug}", self.asset),
            Route("/assets/{slug}/history", self.history),
            Route("/rates", self.rates),
            Route("/rates/{slug}", self.rate),
            Route("/{path:path}", self.unknown),
        ]

    def _enveloped(self, data: Any) -> Response:  # noqa: ANN401 - JSON is anything
        return answer({"timestamp": int(self._clock.now() * 1000), "data": data})

    def _refusal(self, status: int, message: str) -> Refusal:
        return Refusal(status, {"error": message, "timestamp": int(self._clock.now() * 1000)})

    def _find(self, request: Request) -> Coin:
        slug = request.path_params["slug"]
        coin = self._view.find(slug)
        if coin is None:
            raise self._refusal(404, f"{slug} not found")
        return coin

    async def assets(self, request: Request) -> Response:
        """Serve a page of assets by rank; past the end it is empty."""
        query, now = request.query_params, self._clock.now()
        limit, offset = whole_number(query.get("limit"), 100), max(whole_number(query.get("offset"), 0), 0)
        if not 0 < limit <= LARGEST_PAGE:
            raise self._refusal(400, f"limit exceeds {LARGEST_PAGE}")
        standing = self._view.standing(now)
        chosen = [
            (rank, coin) for rank, coin in enumerate(standing.coins, 1) if self._is_asked(coin, request)
        ]
        return self._enveloped([self._row(coin, rank, now) for rank, coin in chosen[offset : offset + limit]])

    def _is_asked(self, coin: Coin, request: Request) -> bool:
        naming, query = self._view.naming(coin), request.query_params
        ids, search = comma_list(query.get("ids")), query.get("search", "").lower()
        return (not ids or naming.id in ids) and (search in naming.id or search in naming.symbol.lower())

    async def asset(self, request: Request) -> Response:
        """Serve one asset."""
        coin, now = self._find(request), self._clock.now()
        return self._enveloped(self._row(coin, _rank(self._view.standing(now), coin), now))

    def _row(self, coin: Coin, rank: int, now: float) -> dict[str, Any]:
        naming, at = self._view.naming(coin), self._view.as_of(coin, now)
        seen, change = self._view.price(coin, at), self._view.change_percent(coin, at, DAY)
        price = None if seen is None else float(f"{seen:.12g}")
        supply = coin.circulating_supply if coin.is_ranked else None
        volume, coverage = self._market.volume(coin, at), 0.02 + 0.5 * traits(0, "coverage", coin.key)[0]
        has_average = change is not None and coverage > 0.04  # noqa: PLR2004 - thin markets have none
        return {
            "id": naming.id,
            "rank": str(rank),
            "symbol": naming.symbol,
            "name": naming.name,
            "supply": long_number(supply),
            "maxSupply": long_number(coin.max_supply),
            "marketCapUsd": long_number(None if price is None or supply is None else price * supply),
            "volumeUsd24Hr": long_number(None if volume is None else volume * coverage),
            "priceUsd": long_number(price),
            "changePercent24Hr": None if change is None else repr(round(change, 13)),
            "vwap24Hr": repr(float(f"{(seen or 0.0) / (1 + (change or 0.0) / 200):.13g}"))
            if has_average
            else None,
            "explorer": f"https://explorer.example/{naming.id}" if rank % 40 else None,
            "tokens": self._tokens(coin),
        }

    def _tokens(self, coin: Coin) -> dict[str, list[str]]:
        """All lower case, Solana's too; bridged copies stand under the original."""
        if coin.key == "binancecoin":
            return {"56": [_NATIVE]}
        tokens: dict[str, list[str]] = {}
        for place, address in (*coin.addresses, *self._twins.get(coin.key, ())):
            if key := CHAIN_BY_ID[place].coincap_key:
                tokens.setdefault(key, []).append(address.lower())
        return tokens

    async def history(self, request: Request) -> Response:
        """Serve an asset's past prices at an interval; times are UNIX milliseconds."""
        coin, query = self._find(request), request.query_params
        if query.get("interval") not in _INTERVALS:
            raise self._refusal(400, "missing interval" if "interval" not in query else "invalid interval")
        if ("start" in query) != ("end" in query):
            raise self._refusal(400, "start and end are required together")
        step, days = _INTERVALS[query["interval"]]
        now = self._clock.now()
        start = whole_number(query.get("start"), int((now - min(days, 365) * DAY) * 1000)) / 1000
        end = min(whole_number(query.get("end"), int(now * 1000)) / 1000, now)
        if end - start > days * DAY:
            raise self._refusal(400, f"a window of {query['interval']} spans at most {days} days")
        moments = range(int(-(-max(start, coin.listed_at) // step)) * step, int(end) + 1, step)
        return self._enveloped([self._point(coin, at) for at in moments])

    def _point(self, coin: Coin, at: int) -> dict[str, Any]:
        supply = (
            {}
            if coin.circulating_supply is None
            else {"circulatingSupply": long_number(coin.circulating_supply)}
        )
        price = long_number(self._view.price(coin, at))
        return {"priceUsd": price, "time": at * 1000, **supply, "date": iso_milliseconds(at)}

    def _rate_row(self, code: str) -> dict[str, Any]:
        currency = CURRENCIES[code]
        return {
            "id": _slug(currency.name),
            "symbol": code.upper(),
            "currencySymbol": None if currency.unit == code.upper() else currency.unit,
            "type": "crypto" if currency.kind == "crypto" else "fiat",
            "rateUsd": repr(self._market.usd_per_unit(code, self._clock.now() // 10 * 10)),
        }

    async def rates(self, _request: Request) -> Response:
        """Serve what each currency is worth in dollars."""
        return self._enveloped([self._rate_row(code) for code in CURRENCIES])

    async def rate(self, request: Request) -> Response:
        """Serve one currency's worth."""
        slug = request.path_params["slug"]
        for code, currency in CURRENCIES.items():
            if _slug(currency.name) == slug:
                return self._enveloped(self._rate_row(code))
        raise self._refusal(404, f"{slug} not found")

    async def unknown(self, _request: Request) -> Response:
        """Refuse any other path."""
        raise self._refusal(404, "not found")


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")


def _rank(standing: Standing, coin: Coin) -> int:
    return standing.ranks.get(coin.key) or (standing.coins.index(coin) + 1 if coin.is_active else 0)


def _addresses_of_twins(market: Market) -> dict[str, tuple[tuple[str, str], ...]]:
    twins: dict[str, tuple[tuple[str, str], ...]] = {}
    for coin in market.coins:
        if coin.twin_of:
            twins[coin.twin_of] = twins.get(coin.twin_of, ()) + coin.addresses
    return twins
