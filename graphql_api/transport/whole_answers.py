"""Uvicorn's HTTP, with what is written in one turn of the loop sent as one: an answer's head and body are one packet.

A system call costs as much as all that Python does for an answer from a copy; uvicorn makes one for the head and one
for the body.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class WholeAnswers(HttpToolsProtocol):
    """One connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Begin, writing through what gathers."""
        super().connection_made(Gathering(transport, self.loop))  # type: ignore[arg-type] # it is used as one


class Gathering:
    """A transport that sends what is written once the loop's turn is over. It is whole in every other respect."""

    __slots__ = ("_loop", "_parts", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Let data wait for the end of the turn."""
        if not self._parts:
            self._loop.call_soon(self._send)
        self._parts.append(data)

    def close(self) -> None:
        """Send what waits, and close."""
        self._send()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a transport has
        """Be the transport in everything else, with nothing left to send: it may be handed on."""
        self._send()
        return getattr(self._transport, name)

    def _send(self) -> None:
        parts, self._parts = self._parts, []
        if parts:
            self._transport.write(b"".join(parts) if len(parts) > 1 else parts[0])
