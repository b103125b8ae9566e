"""Sending a reply as badly as it says: late, in drips, short, too long, or not at all."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Iterator

import anyio
from starlette.types import Receive, Send

from flows.sandbox.faults.reply import Reply

PIECES = 1_000
_LINGER_NOT = struct.pack("ii", 1, 0)
"""Closing a socket with this resets the connection: what was not sent is thrown away."""


async def send_reply(reply: Reply, receive: Receive, send: Send) -> None:
    """Send a reply; stops where the client has gone."""
    if await _gone_within(reply.wait_seconds, receive):
        return
    if reply.is_reset:
        await _reset(receive)
        return
    promised = len(reply.body) if reply.promised is None else reply.promised
    told = {**reply.headers, "content-length": str(promised)}
    headers = [(name.encode(), value.encode()) for name, value in told.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    for piece in _pieces(reply.body[:promised], drips=bool(reply.drip_seconds)):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        if await _gone_within(reply.drip_seconds, receive):
            return
    if promised <= len(reply.body):
        await send({"type": "http.response.body", "body": b""})
    if promised < len(reply.body):
        _transport(receive).write(reply.body[promised:])
    # Where more was promised, the server closes the connection on what is missing.


def _pieces(body: bytes, *, drips: bool) -> Iterator[bytes]:
    size = -(-len(body) // PIECES) if drips else len(body)
    return (body[at : at + size] for at in range(0, len(body), max(size, 1)))


async def _gone_within(seconds: float, receive: Receive) -> bool:
    """Wait so long, or until the client hangs up; tells which."""
    if seconds > 0:
        with anyio.move_on_after(seconds):
            await _until_gone(receive)
            return True
    return False


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _reset(receive: Receive) -> None:
    transport = _transport(receive)
    handle = socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno()))
    with handle:
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
    transport.abort()
    await _until_gone(receive)


def _transport(receive: Receive) -> asyncio.Transport:
    """Find the connection. ASGI has no word for it: uvicorn's `receive` is a method of what holds it."""
    transport: asyncio.Transport = receive.__self__.transport  # type: ignore[attr-defined]
    return transport
