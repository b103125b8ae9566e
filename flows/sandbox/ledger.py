"""What was asked: the last requests and a count per path, without the value of any key."""

from __future__ import annotations

from collections import Counter, deque
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

PROVIDERS = ("coingecko", "coinpaprika", "coincap")
_KEPT = 1_000
_KEY_PARAMETERS = frozenset({"apikey", "x_cg_demo_api_key", "x_cg_pro_api_key"})


class Ledger:
    """Remembers requests to the providers, newest last."""

    def __init__(self) -> None:
        self._requests: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self._counts: Counter[str] = Counter()

    def note(self, request: Request) -> None:
        """Write a request down."""
        provider = request.url.path.split("/")[1]
        if provider not in PROVIDERS:
            return
        query = {
            name: "***" if name.lower() in _KEY_PARAMETERS else value
            for name, value in request.query_params.items()
        }
        self._counts[request.url.path] += 1
        self._requests.append(
            {
                "method": request.method,
                "path": request.url.path,
                "query": query,
                "provider": provider,
                "user_agent": request.headers.get("user-agent"),
                "header_names": sorted(request.headers.keys()),
                "at": datetime.now(UTC).isoformat(),
            }
        )

    def clear(self) -> None:
        """Forget everything."""
        self._requests.clear()
        self._counts.clear()

    def read(self) -> dict[str, Any]:
        """Tell what is remembered: `requests`, and `counts` by path over all of them."""
        return {"requests": list(self._requests), "counts": dict(self._counts)}


class Noted:
    """Notes every request in the ledger on its way in."""

    def __init__(self, app: ASGIApp, ledger: Ledger) -> None:
        self._app = app
        self._ledger = ledger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note the request and pass it on."""
        if scope["type"] == "http":
            self._ledger.note(Request(scope))
        await self._app(scope, receive, send)
