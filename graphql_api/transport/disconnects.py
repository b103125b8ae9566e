"""A client that goes away takes its work with it: its request is cancelled, and Postgres drops its statement."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class CancelOnDisconnect:
    """Middleware: listens for the client's leaving while the application works."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; cancel it when the client leaves before its answer was sent."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        # One message at a time: what the application does not read is not taken from the client either.
        messages: asyncio.Queue[Message] = asyncio.Queue(maxsize=1)
        answered = False

        async def listen() -> None:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect" and not answered:
                    working.cancel()
                await messages.put(message)

        async def send_and_note(message: Message) -> None:
            nonlocal answered
            answered = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        # Tasks, not a task group: a group would wrap what the application raises, and cancels for good, so that
        # nothing could be given back in order.
        working = asyncio.ensure_future(self.app(scope, messages.get, send_and_note))
        listening = asyncio.ensure_future(listen())
        try:
            await asyncio.wait({working})
        finally:
            working.cancel()
            listening.cancel()
        if not working.cancelled():
            working.result()
