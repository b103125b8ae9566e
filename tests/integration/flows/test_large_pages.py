"""A large page is in memory once, as decoded: never also as bytes, as texts, as listings and as rows."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from flows import wire
from flows.engine import fetch_directly, ingest_source
from flows.sources.contract import Feed, Fetched, PageRequest, Source
from flows.workshop import Workshop, now
from models.outcomes import RunOutcome
from tests.integration.flows.tables import count

COINS = 20_000
HELD = 2.4
"""The most that may be held, in sizes of the decoded page: it, its listings and a slice are 1.9; with all rows, 4."""


def _coin(number: int) -> dict[str, Any]:
    platforms = {"ethereum": f"0x{number + 2**40:040x}", "binance-smart-chain": f"0x{number + 2**41:040x}"}
    return {"id": f"coin-{number}", "symbol": f"c{number}", "name": f"Coin {number}", "platforms": platforms}


@pytest.fixture(scope="module")
def body() -> bytes:
    """A list of very many coins."""
    return orjson.dumps([_coin(number) for number in range(COINS)])


@pytest.fixture
def traced() -> Iterator[None]:
    """Count what is allocated from here on."""
    gc.collect()
    tracemalloc.start()
    yield
    tracemalloc.stop()


def _size_of_decoded(body: bytes) -> int:
    before = tracemalloc.get_traced_memory()[0]
    data = wire.decode(body)
    size = tracemalloc.get_traced_memory()[0] - before
    assert len(data) == COINS
    return size


@pytest.mark.usefixtures("traced")
async def test_a_large_page_is_held_once(shop: Workshop, body: bytes) -> None:
    decoded = _size_of_decoded(body)

    async def fetch(shop: Workshop, source: Source, feed: Feed, request: PageRequest) -> Fetched:
        if request.path != "/coins/list":
            return await fetch_directly(shop, source, feed, request)
        tracemalloc.reset_peak()
        return Fetched(body[:-1] + b"]", now())  # a copy: who keeps it is seen

    before = tracemalloc.get_traced_memory()[0]
    report = await ingest_source(shop, "coingecko", fetch=fetch)
    peak = tracemalloc.get_traced_memory()[1] - before
    assert (report.outcome, report.error) == (RunOutcome.SUCCESS, None)
    assert await count(shop.sessions, "SELECT count(*) FROM listings") == COINS + 250
    assert (
        await count(shop.sessions, "SELECT count(*) FROM listing_addresses WHERE retired_at IS NULL")
        == 2 * COINS
    )
    assert peak < HELD * decoded
