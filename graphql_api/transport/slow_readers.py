"""A WebSocket that leaves a client who takes nothing: what waits for one is bounded in bytes, here it is in time too.

An application can only ask for a closing handshake, which such a client never answers; it is the server that has to
let go of the connection, and of what the kernel still holds for it.
"""

from __future__ import annotations

import asyncio

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

TRY_AGAIN_LATER = 1013
REASON = "You read more slowly than things change. Subscribe again."


class PatientForAWhile(WebSocketsSansIOProtocol):
    """Uvicorn's WebSocket, with an end to its patience."""

    patience_seconds = 20.0
    """How long a client may take nothing at all of what was sent."""
    farewell_seconds = 10.0
    """How long it may then take to read the close frame."""

    async def send(self, message: ASGISendEvent) -> None:
        """Send a message once there is room for it. Raises `ClientDisconnected` when none was made in time."""
        try:
            async with asyncio.timeout(self.patience_seconds):
                await self.writable.wait()
        except TimeoutError:
            self._leave()
            raise ClientDisconnected from None
        await super().send(message)

    def _leave(self) -> None:
        if not self.close_sent:
            self.queue.put_nowait({"type": "websocket.disconnect", "code": TRY_AGAIN_LATER, "reason": REASON})
            self.conn.send_close(TRY_AGAIN_LATER, REASON)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            self.stop_keepalive()
        self.loop.call_later(self.farewell_seconds, self.transport.abort)
