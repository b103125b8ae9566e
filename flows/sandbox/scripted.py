"""Scripted answers: faults and oddities that a test orders, given before the real answer."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class ScriptedAnswer:
    """What to answer to the next `times` requests whose path begins with `path_prefix`."""

    path_prefix: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    times: int = 1
    delay_seconds: float = 0.0
    disconnect: bool = False
    """Promise a body and hang up in the middle of it."""


def parse_scripted_answer(order: Mapping[str, Any]) -> ScriptedAnswer:
    """Read an order as a client sends it. Raises ValueError with what is wrong."""
    known = {*ScriptedAnswer.__dataclass_fields__, "body_base64"}
    if unknown := order.keys() - known:
        raise ValueError(f"unknown keys {sorted(unknown)}: known are {sorted(known)}")
    if not isinstance(order.get("path_prefix"), str):
        raise ValueError(
            "path_prefix is missing: say which requests to answer, as `/coingecko/api/v3/coins/markets`"
        )
    try:
        body = (
            b64decode(order["body_base64"], validate=True)
            if "body_base64" in order
            else order.get("body", "")
        )
        return ScriptedAnswer(
            path_prefix=order["path_prefix"],
            status=int(order.get("status", 200)),
            headers=dict(order.get("headers", {})),
            body=body if isinstance(body, bytes) else body.encode(),
            times=int(order.get("times", 1)),
            delay_seconds=float(order.get("delay_seconds", 0)),
            disconnect=bool(order.get("disconnect", False)),
        )
    except (TypeError, AttributeError, NotBase64) as error:
        raise ValueError(f"cannot read the order: {error}") from error


class Script:
    """The queue of orders, oldest first."""

    def __init__(self) -> None:
        self._queue: list[ScriptedAnswer] = []

    def add(self, scripted: ScriptedAnswer) -> None:
        """Queue an order behind the others."""
        self._queue.append(scripted)

    def clear(self) -> None:
        """Forget all orders."""
        self._queue.clear()

    def take(self, path: str) -> ScriptedAnswer | None:
        """Use up one answer of the oldest order that fits a path."""
        for at, scripted in enumerate(self._queue):
            if path.startswith(scripted.path_prefix):
                left = replace(scripted, times=scripted.times - 1)
                self._queue[at : at + 1] = [left] if left.times > 0 else []
                return scripted
        return None


class ScriptedAnswers:
    """Gives the script's answers; what it has none for goes on to the app."""

    def __init__(self, app: ASGIApp, script: Script) -> None:
        self._app = app
        self._script = script

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from the script or pass the request on."""
        scripted = self._script.take(scope["path"]) if scope["type"] == "http" else None
        if scripted is None:
            await self._app(scope, receive, send)
            return
        await asyncio.sleep(scripted.delay_seconds)
        if scripted.disconnect:
            await _hang_up(scripted, send)
            return
        headers = {"content-type": "application/json; charset=utf-8", **scripted.headers}
        await Response(scripted.body, scripted.status, headers)(scope, receive, send)


async def _hang_up(scripted: ScriptedAnswer, send: Send) -> None:
    """Send less than was promised: the server closes the connection on it."""
    promised = str(len(scripted.body) + 1).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", promised)]
    await send({"type": "http.response.start", "status": scripted.status, "headers": headers})
    await send({"type": "http.response.body", "body": scripted.body, "more_body": True})
