"""Unpacking a body as it comes in: gzip or nothing, and never into more memory than an honest page takes.

A kilobyte of gzip can hold a megabyte, and other packings far more. So only gzip is asked for and only gzip is read,
a piece at a time, and no further than a page of JSON can have been packed.
"""

from __future__ import annotations

import zlib

from flows.errors import Fatal, RetryNow

ACCEPTED = "gzip"

PIECE_BYTES = 64 * 1024
"""How much is unpacked at once."""

UNCOUNTED_BYTES = 1024 * 1024
MOST_TIMES = 100
"""Lists of JSON pack to a tenth, the emptiest to a fiftieth; below the first mebibyte nobody counts."""


class Unpacking:
    """A body that grows chunk by chunk. `path` is what was asked for, `at_most` how many bytes it may come to."""

    def __init__(self, path: str, encoding: str, at_most: int) -> None:
        self._path = path
        self._encoding = encoding.strip().lower()
        self._at_most = at_most
        self._gzip = zlib.decompressobj(wbits=31) if self._encoding == ACCEPTED else None
        self._head = b""
        self._received = 0
        self._pieces: list[bytes] = []
        self._size = 0

    def take(self, chunk: bytes) -> None:
        """Take the next chunk. Raises `Fatal` for a body that grows too large, `RetryNow` for one that is not packed as told."""
        self._head = self._head or chunk
        self._received += len(chunk)
        if self._encoding not in {"", "identity", ACCEPTED}:
            raise self._garbled(f"packed as {self._encoding[:50]!r}, which was not asked for")
        if self._gzip is None:
            self._keep(chunk)
            return
        try:
            while chunk and not self._gzip.eof:
                self._keep(self._gzip.decompress(chunk, PIECE_BYTES))
                chunk = self._gzip.unconsumed_tail
        except zlib.error as error:
            raise self._garbled(f"that says it is gzip and is not ({error})") from None

    def whole(self) -> bytes:
        """Return the body. Raises `RetryNow` where its packing ends in the middle."""
        if self._gzip is not None and self._received:
            self._keep(self._gzip.flush())
            if not self._gzip.eof:
                raise self._garbled("whose gzip ends in the middle")
        return b"".join(self._pieces)

    def _keep(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > self._at_most:
            raise Fatal(f"{self._path} answered with more than {self._at_most:,} bytes", body=self._head)
        if self._size > UNCOUNTED_BYTES + MOST_TIMES * self._received:
            told = f"{self._path} answered with gzip that unpacks to more than {MOST_TIMES} times its size: no page does"
            raise Fatal(told, body=self._head)

    def _garbled(self, how: str) -> RetryNow:
        return RetryNow(f"{self._path} answered with a body {how}", body=self._head)
