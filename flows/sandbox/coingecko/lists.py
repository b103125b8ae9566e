"""CoinGecko's lists: which coins, chains and currencies there are."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from flows.sandbox.answers import answer, is_true, json_text
from flows.sandbox.chains import CHAINS, Chain
from flows.sandbox.clock import Clock
from flows.sandbox.coingecko.door import CACHED
from flows.sandbox.coingecko.page import platforms
from flows.sandbox.coins import Coin
from flows.sandbox.currencies import CURRENCIES
from flows.sandbox.views import View


class Lists:
    """What there is."""

    def __init__(self, view: View, clock: Clock) -> None:
        self._view = view
        self._market = view.market
        self._clock = clock
        self._written: dict[tuple[bool, bool], bytes] = {}

    def routes(self) -> list[Route]:
        """List the endpoints below the base URL."""
        return [
            Route("/ping", self.ping),
            Route("/coins/list", self.coins),
            Route("/asset_platforms", self.asset_platforms),
            Route("/exchange_rates", self.exchange_rates),
            Route("/simple/supported_vs_currencies", self.supported_vs_currencies),
        ]

    async def ping(self, _request: Request) -> Response:
        """Answer that it is there."""
        return answer({"gecko_says": "(V3) To the Moon!"})

    async def coins(self, request: Request) -> Response:
        """Serve every coin's id, symbol and name, with its contract addresses where asked."""
        query = request.query_params
        shape = (is_true(query.get("include_platform")), query.get("status") != "inactive")
        if shape not in self._written:
            self._written[shape] = json_text(
                [self._listing(coin, shape[0]) for coin in self._by_id(shape[1])]
            )
        return answer(self._written[shape], headers=CACHED)

    def _by_id(self, is_active: bool) -> list[Coin]:  # noqa: FBT001 - private, one caller
        coins = (coin for coin in self._view.listed if coin.is_active is is_active)
        return sorted(coins, key=lambda coin: self._view.naming(coin).id)

    def _listing(self, coin: Coin, include_platform: bool) -> dict[str, Any]:  # noqa: FBT001 - private, one caller
        naming = self._view.naming(coin)
        listing: dict[str, Any] = {"id": naming.id, "symbol": naming.symbol, "name": naming.name}
        return listing | {"platforms": platforms(coin)} if include_platform else listing

    async def asset_platforms(self, _request: Request) -> Response:
        """Serve the chains."""
        return answer([_platform(chain) for chain in CHAINS], headers=CACHED)

    async def exchange_rates(self, _request: Request) -> Response:
        """Serve what a bitcoin buys in every currency."""
        at = self._clock.now() // 60 * 60
        bitcoin = self._market.usd_per_unit("btc", at)
        rates = {
            code: {
                "name": currency.name,
                "unit": currency.unit,
                "value": round(bitcoin / self._market.usd_per_unit(code, at), 3),
                "type": currency.kind,
            }
            for code, currency in CURRENCIES.items()
        }
        return answer({"rates": rates}, headers=CACHED)

    async def supported_vs_currencies(self, _request: Request) -> Response:
        """Serve the currency codes."""
        return answer(list(CURRENCIES), headers=CACHED)


def _platform(chain: Chain) -> dict[str, Any]:
    return {
        "id": chain.id,
        "chain_identifier": chain.evm_id,
        "name": chain.name,
        "shortname": chain.shortname,
        "native_coin_id": chain.native_coin_id,
        "image": {
            size: f"https://coin-images.coingecko.com/asset_platforms/images/1/{size}/{chain.id}.png"
            for size in ("thumb", "small", "large")
        },
    }
