"""A wire between two processes that can be cut, stalled and mended: a TCP proxy in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

CHUNK = 65_536
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER of no time: closing tells the other side "connection reset", as a lost network in the end does."""


class Wire:
    """Carries whatever comes to its port on to `target`: a (host, port), or the path of a Unix socket."""

    def __init__(self, target: tuple[str, int] | str) -> None:
        self.port = 0
        self._target = target
        self._is_cut = False
        self._ends: set[asyncio.StreamWriter] = set()
        is_ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(is_ready)), daemon=True)
        self._thread.start()
        is_ready.wait()

    def cut(self) -> None:
        """Reset every connection and refuse new ones until it is mended."""
        self._do(self._cut)

    def stall(self) -> None:
        """Carry nothing, close nothing: what a route that went away looks like."""
        self._do(self._flowing.clear)

    def mend(self) -> None:
        """Carry again."""
        self._do(self._mend)

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """Carry nothing for the length of the block, then reset what waited, as the other side has forgotten it."""
        self.stall()
        try:
            yield
        finally:
            self.cut()
            self.mend()

    def close(self) -> None:
        """End it, with every connection."""
        self.cut()
        self._do(self._closed.set)
        self._thread.join()

    async def _serve(self, is_ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._flowing, self._closed = asyncio.Event(), asyncio.Event()
        self._flowing.set()
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        is_ready.set()
        await self._closed.wait()
        server.close()

    def _do(self, act: Callable[[], None]) -> None:
        async def done() -> None:
            act()

        asyncio.run_coroutine_threadsafe(done(), self._loop).result()

    def _cut(self) -> None:
        self._is_cut = True
        for end in self._ends:
            _reset(end)

    def _mend(self) -> None:
        self._is_cut = False
        self._flowing.set()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            _reset(writer)
            return
        try:
            far_reader, far_writer = await self._far_end()
        except OSError:
            _reset(writer)
            return
        ends = {writer, far_writer}
        self._ends |= ends
        try:
            await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
        finally:
            self._ends -= ends

    async def _far_end(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._target, str):
            return await asyncio.open_unix_connection(self._target)
        return await asyncio.open_connection(*self._target)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK):
                await self._flowing.wait()
                writer.write(chunk)
                await writer.drain()
        writer.close()


def _reset(end: asyncio.StreamWriter) -> None:
    plain: socket.socket = end.get_extra_info("socket")
    if plain.family is socket.AF_INET:
        with contextlib.suppress(OSError):
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    end.transport.abort()
