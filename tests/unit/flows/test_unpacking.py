"""Bodies as they come in: whatever their packing, whole or refused, and never larger than they may be."""

from __future__ import annotations

import gzip
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.errors import Fatal, RetryNow
from flows.unpacking import Unpacking

MEBIBYTE = 1024 * 1024
LARGE = 100 * MEBIBYTE


def unpacked(encoding: str, *chunks: bytes, at_most: int = LARGE) -> bytes:
    """Take a body in chunks."""
    body = Unpacking("/tickers", encoding, at_most)
    for chunk in chunks:
        body.take(chunk)
    return body.whole()


def cut(body: bytes, places: list[int]) -> list[bytes]:
    """Cut a body at these places."""
    edges = sorted({0, len(body), *(place % (len(body) + 1) for place in places)})
    return [body[start:end] for start, end in pairwise(edges)]


@given(
    st.binary(max_size=5_000),
    st.lists(st.integers(0), max_size=10),
    st.sampled_from(["", "identity", "gzip", "GZip"]),
)
def test_what_was_sent_arrives_however_it_is_cut(body: bytes, places: list[int], encoding: str) -> None:
    sent = gzip.compress(body) if encoding.lower() == "gzip" else body
    assert unpacked(encoding, *cut(sent, places)) == body


@given(st.binary(min_size=1, max_size=2_000), st.integers(1, 2_000))
def test_gzip_that_ends_early_is_never_taken_for_a_whole(body: bytes, missing: int) -> None:
    packed = gzip.compress(body)
    with pytest.raises(RetryNow, match="whose gzip ends in the middle"):
        unpacked("gzip", packed[: max(1, len(packed) - missing)])


def test_nothing_at_all_is_an_empty_body() -> None:
    assert unpacked("gzip") == b""


@pytest.mark.parametrize("garbage", [b"not gzip at all", b"[]", gzip.compress(b"[]")[::-1]])
def test_garbage_is_named_and_kept(garbage: bytes) -> None:
    with pytest.raises(
        RetryNow, match="/tickers answered with a body that says it is gzip and is not"
    ) as caught:
        unpacked("gzip", garbage)
    assert caught.value.body == garbage


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip", "x" * 10_000])
def test_a_packing_that_was_not_asked_for_is_refused(encoding: str) -> None:
    with pytest.raises(RetryNow, match="which was not asked for") as caught:
        unpacked(encoding, b"[]")
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_a_body_that_grows_too_large_is_left(encoding: str) -> None:
    body = bytes(range(256)) * 8
    sent = gzip.compress(body) if encoding else body
    assert unpacked(encoding, sent, at_most=2_048) == body
    with pytest.raises(Fatal, match="/tickers answered with more than 2,047 bytes"):
        unpacked(encoding, sent, at_most=2_047)


def test_a_bomb_is_left_before_it_fills_memory() -> None:
    bomb = gzip.compress(b" " * LARGE, compresslevel=9)
    tracemalloc.start()
    try:
        with pytest.raises(Fatal, match="unpacks to more than 100 times its size"):
            unpacked("gzip", bomb)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 15 * MEBIBYTE


def test_the_emptiest_honest_page_is_no_bomb() -> None:
    rows = ",".join(f'{{"id":"coin-{n}","price":null,"rank":null,"market_cap":null}}' for n in range(100_000))
    body = f"[{rows}]".encode()
    assert unpacked("gzip", gzip.compress(body)) == body
