"""How long each request waits for its answer to begin, and what became of it: counted always, logged where it matters.

An answer begins when its status is sent, which for all but streams is when it is complete.
"""

from __future__ import annotations

import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graphql_api.counters import Counters
from graphql_api.metrics.names import OPERATION, OTHER, Names
from models.tracing import is_on, name_request

LEFT = 499
"""Counted, as proxies do, for a client that went away before its answer began."""
FAILED = 500
SLOW_SECONDS = 1.0

log = structlog.get_logger(__name__)


class Measured:
    """Middleware: counts requests by operation and status. `log_all`: not only what failed or was slow is logged."""

    def __init__(self, app: ASGIApp, *, log_all: bool) -> None:
        self.app = app
        self._log_all = log_all
        self._names = Names()
        self._is_traced = is_on()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and look when its answer begins."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began_at = time.perf_counter()
        has_begun = False

        async def send_measured(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                self._count(scope, message["status"], time.perf_counter() - began_at)
            await send(message)

        try:
            await self.app(scope, receive, send_measured)
        except Exception:
            if not has_begun:
                self._count(scope, FAILED, time.perf_counter() - began_at)
            raise
        if not has_begun:
            self._count(scope, LEFT, time.perf_counter() - began_at)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        counters: Counters = scope["app"].state.services.counters
        operation = self._operation(scope)
        counters.requests[operation, status].add(seconds)
        if self._is_traced:
            name_request(f"{scope['method']} {operation}")
        is_odd = status == FAILED or seconds >= SLOW_SECONDS
        if is_odd or self._log_all:
            tell = log.warning if is_odd else log.info
            tell(
                "answered",
                method=scope["method"],
                status=status,
                seconds=round(seconds, 4),
                operation=operation,
            )

    def _operation(self, scope: Scope) -> str:
        name = scope["state"].get(OPERATION)
        if name is not None:
            return self._names.known(name)
        # REST is told apart by its routes' paths, which are as many as we wrote.
        return getattr(scope.get("route"), "path", OTHER)
