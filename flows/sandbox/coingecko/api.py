"""CoinGecko API v3: everything below /coingecko/api/v3."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from flows.sandbox.answers import Refusal
from flows.sandbox.clock import Clock
from flows.sandbox.coingecko.coins import Coins
from flows.sandbox.coingecko.lists import Lists
from flows.sandbox.coingecko.markets import Markets
from flows.sandbox.market import Market
from flows.sandbox.views import View


def coingecko_routes(market: Market, clock: Clock) -> list[BaseRoute]:
    """List the provider's endpoints below its base URL, the fixed paths before those with an id."""
    view = View(market, "coingecko", refresh=60, jitter=5)
    parts = (Lists(view, clock), Markets(view, clock), Coins(view, clock))
    return [*(route for part in parts for route in part.routes()), Route("/{path:path}", _unknown)]


async def _unknown(_request: Request) -> Response:
    raise Refusal(404, {"error": "Incorrect path. Please check https://www.coingecko.com/api/"})
