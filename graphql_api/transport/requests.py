"""Every request has an id: in its answer's header, in its log lines, in what a masked error says."""

from __future__ import annotations

import random
import re

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

HEADER = "x-request-id"
_NAME = HEADER.encode()
ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestId:
    """Middleware: keeps the id a client or proxy sent, if it is a plain one, or makes one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with `request.state.request_id`; with the other headers of all answers it goes back."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _given(scope) or f"{random.getrandbits(128):032x}"
        scope.setdefault("state", {})["request_id"] = request_id
        # Every request is a task of its own, and so are its log lines' variables: nothing has to be taken back.
        structlog.contextvars.bind_contextvars(request_id=request_id, path=scope["path"])
        await self.app(scope, receive, send)


def _given(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == _NAME:
            text = value.decode("latin-1")
            return text if ACCEPTED.fullmatch(text) else None
    return None
