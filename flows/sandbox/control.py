"""The sandbox's own endpoints, under /_sandbox: health, clock, faults and exact answers, and what was asked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from flows.sandbox.answers import Refusal, answer
from flows.sandbox.clock import Clock
from flows.sandbox.faults.catalogue import FAULTS
from flows.sandbox.faults.orders import parse_order, parse_orders
from flows.sandbox.ledger import Ledger
from flows.sandbox.scripted import Script
from flows.sandbox.settings import SandboxSettings


async def _json(request: Request) -> dict[str, Any]:
    try:
        order = orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise Refusal(400, {"error": f"the body is not JSON: {error}"}) from error
    if not isinstance(order, dict):
        raise Refusal(400, {"error": "the body is not a JSON object"})
    return order


class Control:
    """Hands for tests."""

    def __init__(self, settings: SandboxSettings, clock: Clock, script: Script, ledger: Ledger) -> None:
        self._settings = settings
        self._clock = clock
        self._script = script
        self._ledger = ledger

    def routes(self) -> list[BaseRoute]:
        """List the endpoints below /_sandbox."""
        return [
            Route("/health", self.health),
            Route("/clock", self.read_clock, methods=["GET"]),
            Route("/clock", self.set_clock, methods=["PUT"]),
            Route("/answers", self.order_answer, methods=["PUT"]),
            Route("/answers", self.clear_orders, methods=["DELETE"]),
            Route("/faults", self.read_faults, methods=["GET"]),
            Route("/faults", self.order_faults, methods=["POST"]),
            Route("/faults", self.clear_orders, methods=["DELETE"]),
            Route("/requests", self.read_requests, methods=["GET"]),
            Route("/requests", self.clear_requests, methods=["DELETE"]),
        ]

    async def health(self, _request: Request) -> Response:
        """Answer that it is up, and as what."""
        settings = self._settings
        mode = "replay" if settings.replay else "simulated"
        return answer({"status": "ok", "mode": mode, "seed": settings.seed, "size": settings.size})

    async def read_clock(self, _request: Request) -> Response:
        """Tell the simulated time."""
        return answer({"at": self._clock.today().isoformat(), "speed": self._clock.speed})

    async def set_clock(self, request: Request) -> Response:
        """Move, freeze (`speed` 0) or speed up time; `at` null is the real time."""
        order = await _json(request)
        try:
            at = datetime.fromisoformat(order["at"]) if order.get("at") is not None else None
            speed = float(order.get("speed", self._clock.speed))
        except (TypeError, ValueError) as error:
            wanted = 'expected {"at": ISO time or null, "speed": number}'
            raise Refusal(400, {"error": f"cannot set the clock: {error}; {wanted}"}) from error
        self._clock.set(at.replace(tzinfo=at.tzinfo or UTC) if at else None, speed)
        return await self.read_clock(request)

    async def order_answer(self, request: Request) -> Response:
        """Take one order: of an exact answer, or of a fault by its name."""
        try:
            self._script.add(parse_order(await _json(request)))
        except ValueError as error:
            raise Refusal(400, {"error": str(error)}) from error
        return Response(status_code=204)

    async def read_faults(self, _request: Request) -> Response:
        """List what can go wrong, with a sentence each, and the orders that hold."""
        known = {name: {"kind": fault.kind, "does": fault.sentence} for name, fault in FAULTS.items()}
        return answer({"on": self._script.told(), "faults": known})

    async def order_faults(self, request: Request) -> Response:
        """Take a scenario's orders, behind those that hold; one that cannot be read spoils it all."""
        try:
            for order in parse_orders(await _json(request)):
                self._script.add(order)
        except ValueError as error:
            raise Refusal(400, {"error": str(error)}) from error
        return await self.read_faults(request)

    async def clear_orders(self, _request: Request) -> Response:
        """Forget all orders."""
        self._script.clear()
        return Response(status_code=204)

    async def read_requests(self, _request: Request) -> Response:
        """List the requests seen."""
        return answer(self._ledger.read())

    async def clear_requests(self, _request: Request) -> Response:
        """Forget the requests seen."""
        self._ledger.clear()
        return Response(status_code=204)
