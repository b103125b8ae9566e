"""Faults of the way: the reply is right, and does not arrive as it should."""

from __future__ import annotations

import zlib
from dataclasses import replace
from functools import cache

from flows.sandbox.faults.reply import Kind, Occasion, Reply, described

MEBIBYTE = 1024 * 1024
HUGE = 101 * MEBIBYTE


def latency(reply: Reply, occasion: Occasion) -> Reply:
    """Answer late, by the order's `seconds`."""
    return replace(reply, wait_seconds=occasion.seconds)


def reset(reply: Reply, _: Occasion) -> Reply:
    """Reset the connection before the first byte."""
    return replace(reply, is_reset=True)


def drip(reply: Reply, occasion: Occasion) -> Reply:
    """Send the body in a thousand pieces, the order's `seconds` apart: no single one is late."""
    return replace(reply, drip_seconds=occasion.seconds)


def truncated(reply: Reply, _: Occasion) -> Reply:
    """Close the connection after half of the promised body."""
    return replace(reply, body=reply.body[: len(reply.body) // 2], promised=len(reply.body))


def wrong_length(reply: Reply, _: Occasion) -> Reply:
    """Tell half of the content length, and send the rest all the same."""
    return replace(reply, promised=len(reply.body) // 2)


def gzip_garbage(reply: Reply, _: Occasion) -> Reply:
    """Say that the body is gzip, which it is not."""
    return reply.with_headers(content_encoding="gzip")


def gzip_cut(reply: Reply, _: Occasion) -> Reply:
    """Pack the body as gzip, and send the half of that as if it were all."""
    packed = zlib.compress(reply.body, wbits=31)
    return replace(reply, body=packed[: len(packed) // 2]).with_headers(content_encoding="gzip")


def unasked_encoding(reply: Reply, _: Occasion) -> Reply:
    """Say that the body is packed as Brotli, whatever was asked for."""
    return reply.with_headers(content_encoding="br")


def bomb(reply: Reply, _: Occasion) -> Reply:
    """Send a hundred kilobytes of gzip that unpack to a hundred megabytes of spaces."""
    return replace(reply, body=_bomb()).with_headers(content_encoding="gzip")


def huge_page(reply: Reply, _: Occasion) -> Reply:
    """Fill the body up with spaces to 101 MiB."""
    return replace(reply, body=reply.body.ljust(HUGE))


@cache
def _bomb() -> bytes:
    packer, spaces = zlib.compressobj(wbits=31), b" " * MEBIBYTE
    return b"".join(packer.compress(spaces) for _ in range(HUGE // MEBIBYTE)) + packer.flush()


FAULTS = described(
    Kind.TRANSPORT,
    latency,
    reset,
    drip,
    truncated,
    wrong_length,
    gzip_garbage,
    gzip_cut,
    unasked_encoding,
    bomb,
    huge_page,
)
