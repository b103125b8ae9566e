"""A client that goes away takes its work with it: its request is cancelled, and Postgres drops its statement."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, cast

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

UNWATCHED_SECONDS = 0.1
"""Most answers are there sooner than anybody could leave: only what takes longer is worth a watch."""


class CancelOnDisconnect:
    """Middleware: watches for the client's leaving while the application works."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; cancel it when the client leaves before its answer was sent."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        client = _Client(receive, send)
        with suppress(ClientDisconnect):
            async with _watched(client):
                await self.app(scope, client.receive, client.send)


def watched(receive: Receive) -> AbstractAsyncContextManager[None]:
    """Cancel the block when the client leaves, whose request was read already. Raises `ClientDisconnect` then."""
    return _watched(_Client(receive, _nowhere))


@asynccontextmanager
async def _watched(client: _Client) -> AsyncIterator[None]:
    begin = client.loop.call_later(UNWATCHED_SECONDS, client.watch)
    try:
        yield
    except asyncio.CancelledError:
        if not client.has_left:
            raise
        client.working.uncancel()
        raise ClientDisconnect from None
    finally:
        begin.cancel()
        client.leave_alone()


async def _nowhere(message: Message) -> None:
    raise RuntimeError(f"{message['type']} was sent where nobody listens")


class _Client:
    """What comes from a client and goes to it, with an eye on whether it is still there.

    The watch takes one message at a time: what the application does not read is not taken from the client either.
    """

    __slots__ = (
        "_is_answered",
        "_is_reading",
        "_must_watch",
        "_receive",
        "_send",
        "_taken",
        "_watching",
        "has_left",
        "loop",
        "working",
    )

    def __init__(self, receive: Receive, send: Send) -> None:
        self.loop = asyncio.get_running_loop()
        self.has_left = False
        self._receive = receive
        self._send = send
        self.working = cast("asyncio.Task[Any]", asyncio.current_task())
        self._is_answered = False
        self._is_reading = False
        self._must_watch = False
        self._watching: asyncio.Task[None] | None = None
        self._taken: asyncio.Queue[Message] | None = None

    async def receive(self) -> Message:
        """Hand the application the next message."""
        if self._taken:
            return await self._taken.get()
        self._is_reading = True
        try:
            return await self._receive()
        finally:
            self._is_reading = False
            if self._must_watch:
                self.watch()

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on; after the last one nobody is cancelled any more."""
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self._is_answered = True
        await self._send(message)

    def watch(self) -> None:
        """Begin to watch, once the application does not read itself: then it sees who leaves."""
        self._must_watch = True
        if not self._is_reading and not self._is_answered and self._watching is None:
            self._taken = asyncio.Queue(maxsize=1)
            self._watching = self.loop.create_task(self._watch(self._taken))

    def leave_alone(self) -> None:
        """Watch no longer."""
        self._is_answered = True
        if self._watching:
            self._watching.cancel()

    async def _watch(self, taken: asyncio.Queue[Message]) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect" and not self._is_answered:
                self.has_left = True
                self.working.cancel()
            await taken.put(message)
