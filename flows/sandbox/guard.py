"""At a provider's door: its check of who is asking, and its rate limit."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from flows.sandbox.answers import Refusal


@dataclass(frozen=True, slots=True)
class Limit:
    """So many requests per window of so many seconds, and what is said to one too many."""

    requests: int
    seconds: float
    body: Any
    tells_when: bool = False
    """Whether refusals carry `retry-after` and the `x-ratelimit-*` headers."""


COINGECKO_LIMIT = Limit(
    100,
    60,
    {
        "status": {
            "error_code": 429,
            "error_message": "You've exceeded the Rate Limit. Please visit https://www.coingecko.com/en/api/pricing "
            "to subscribe to our API plans for higher rate limits.",
        }
    },
    tells_when=True,
)
COINPAPRIKA_LIMIT = Limit(10, 1, {"error": "you have reached maximum request limit"})
COINCAP_LIMIT = Limit(600, 60, {"error": "Too many requests"})


class Guard:
    """Lets a request in, or refuses it. Windows are real time, whatever the simulated clock says."""

    def __init__(self, app: ASGIApp, check: Callable[[Request], None], limit: Limit | None) -> None:
        self._app = app
        self._check = check
        self._limit = limit
        self._window = 0.0
        self._seen = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check and count the request, then pass it on."""
        if scope["type"] == "http":
            self._check(Request(scope))
            if self._limit is not None:
                self._count(self._limit)
        await self._app(scope, receive, send)

    def _count(self, limit: Limit) -> None:
        now = time.time()
        if now >= self._window + limit.seconds:
            self._window, self._seen = now // limit.seconds * limit.seconds, 0
        self._seen += 1
        if self._seen > limit.requests:
            raise Refusal(429, limit.body, self._when(limit, now) if limit.tells_when else None)

    def _when(self, limit: Limit, now: float) -> dict[str, str]:
        reset = self._window + limit.seconds
        return {
            "retry-after": str(max(1, round(reset - now))),
            "x-ratelimit-limit": str(limit.requests),
            "x-ratelimit-remaining": "0",
            "x-ratelimit-reset": datetime.fromtimestamp(reset, UTC).strftime("%Y-%m-%d %H:%M:%S +0000"),
        }
