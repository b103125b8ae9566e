"""What every request must pass before anything looks at what it asks: its URL, its size, its pace, its key."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from graphql_api.errors import ApiError, BadUserInput, TooLarge
from graphql_api.pace import Pace
from graphql_api.security import require_reader
from graphql_api.settings import ApiSettings
from graphql_api.transport.media import prefers_html
from graphql_api.transport.refusals import refusal

ALIVE = "/health/live"
OPEN = frozenset({ALIVE, "/", "/health", "/metrics", "/docs", "/openapi.json"})
"""Paths that need no reader's key: probes have none, metrics want one of their own, pages show how to send one."""
FILES = ("/static/", "/dashboard/")
"""What pages are made of."""


class Gate:
    """Middleware: lets a request pass, or answers what is wrong with it."""

    def __init__(self, app: ASGIApp, settings: ApiSettings, pace: Pace) -> None:
        self.app = app
        self._settings = settings
        self._pace = pace
        self._reads_openly = settings.reads_openly

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the request and pass it on."""
        if scope["type"] == "http" and scope["path"] != ALIVE:
            try:
                _require_readable_url(scope)
                _require_small_body(scope, self._settings.body_limit_bytes)
                if self._pace.is_kept:
                    await self._pace.keep(Request(scope))
                if not self._reads_openly and not _is_open(request := Request(scope)):
                    require_reader(request, self._settings)
            except ApiError as error:
                await refusal(Request(scope), error)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def _is_open(request: Request) -> bool:
    is_page = request.url.path == "/graphql" and request.method == "GET" and prefers_html(request.headers)
    return is_page or request.url.path in OPEN or request.url.path.startswith(FILES)


def _require_readable_url(scope: Scope) -> None:
    for part, where in ((scope["query_string"], "query"), (scope.get("raw_path", b""), "path")):
        if part.isascii() and b"%" not in part:
            continue
        try:
            unquote_to_bytes(part).decode()
        except UnicodeDecodeError as error:
            raise BadUserInput(f"The URL's {where} is not UTF-8: {error.reason}.") from error


def _require_small_body(scope: Scope, limit: int) -> None:
    for name, declared in scope["headers"]:
        if name == b"content-length":
            if not declared.isdigit() or len(declared) > len(str(limit)) or int(declared) > limit:
                raise TooLarge(f"The body is larger than the {limit} bytes that are allowed.")
            return
