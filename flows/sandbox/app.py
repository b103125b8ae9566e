"""The sandbox: three providers and its own controls on one port, told apart by path prefix."""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.routing import BaseRoute, Mount

from flows.sandbox.answers import Refusal, refuse
from flows.sandbox.clock import Clock
from flows.sandbox.coincap import api as coincap
from flows.sandbox.coingecko import api as coingecko
from flows.sandbox.coingecko import door
from flows.sandbox.coinpaprika import api as coinpaprika
from flows.sandbox.control import Control
from flows.sandbox.faults.orders import read_scenario
from flows.sandbox.guard import COINCAP_LIMIT, COINGECKO_LIMIT, COINPAPRIKA_LIMIT, Guard, Limit
from flows.sandbox.ledger import Ledger, Noted
from flows.sandbox.market import Market
from flows.sandbox.replay import read_recordings
from flows.sandbox.replay_routes import Replay
from flows.sandbox.scripted import Script, ScriptedAnswers
from flows.sandbox.settings import SandboxSettings

COINGECKO_PATH = "/coingecko/api/v3"
COINPAPRIKA_PATH = "/coinpaprika/v1"
COINCAP_PATH = "/coincap/v3"


def create_app(settings: SandboxSettings | None = None) -> Starlette:
    """Build the sandbox. A provider's base URL is the host, the port and its path.

    Raises ValueError where the replay folder or the scenario cannot be used.
    """
    settings = settings or SandboxSettings()
    orders = read_scenario(settings.scenario) if settings.scenario else ()
    clock, script, ledger = Clock(settings.speed), Script(orders), Ledger()
    control = Control(settings, clock, script, ledger)
    return Starlette(
        routes=[Mount("/_sandbox", routes=control.routes()), *_providers(settings, clock)],
        # Noted first: a scripted answer is a request that was made, too.
        middleware=[Middleware(Noted, ledger=ledger), Middleware(ScriptedAnswers, script=script)],
        exception_handlers={Refusal: refuse},
    )


def _providers(settings: SandboxSettings, clock: Clock) -> list[BaseRoute]:
    market = Market(settings.seed, settings.size)
    gecko = coingecko.coingecko_routes(market, clock)
    paprika = coinpaprika.CoinPaprika(market, clock).routes()
    cap = coincap.CoinCap(market, clock).routes()
    if settings.replay:
        replay = Replay(read_recordings(settings.replay, settings.replay_files), clock)
        gecko = [*replay.coingecko_routes(), *gecko]
        paprika = [*replay.coinpaprika_routes(), *paprika]
        cap = [*replay.coincap_routes(), *cap]

    def mount(path: str, routes: list[BaseRoute], check: Callable[[Request], None], limit: Limit) -> Mount:
        guard = Middleware(Guard, check=check, limit=limit if settings.rate_limits else None)
        packed = Middleware(GZipMiddleware, minimum_size=1_000, compresslevel=1)
        return Mount(path, routes=routes, middleware=[guard, packed])

    return [
        mount(COINGECKO_PATH, gecko, door.check, COINGECKO_LIMIT),
        mount(COINPAPRIKA_PATH, paprika, coinpaprika.check, COINPAPRIKA_LIMIT),
        mount(COINCAP_PATH, cap, coincap.check, COINCAP_LIMIT),
    ]
