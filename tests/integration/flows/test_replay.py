"""Out of the payloads that were kept comes again what was drawn from them, and a mended parser reads them anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from flows.errors import Fatal
from flows.market_csv import refresh_csv
from flows.pipeline import run_etl
from flows.replay import replay
from flows.sources.contract import Record, Seen
from flows.workshop import Workshop
from models.outcomes import RunOutcome
from models.records import Quote
from models.store.runs import sole_run
from tests.integration.flows.conftest import Sandbox
from tests.integration.flows.tables import count, differences, named, rows
from tests.integration.flows.toy import NAME, START, toy_in

DRAWN = (
    *("listings", "listing_addresses", "landed_quotes", "quotes", "price_points", "price_candles"),
    *("fx_rates", "assets"),
)
"""What is drawn from payloads, and can be drawn again."""
LINKS = (
    "SELECT source, source_id, uid, state FROM asset_links AS k JOIN listings AS l ON l.id = listing_id"
    " JOIN assets AS a ON a.id = asset_id WHERE k.retired_at IS NULL ORDER BY 1, 2, 3"
)
"""The decisions that hold. Their reasons are of the moment when each was made, with what was known then."""
WRITTEN_WHEN = ("created_at", "updated_at", "first_seen_at", "retired_at", "decided_at")
MOMENTS = ("2026-06-26T09:50:30Z", "2026-06-26T10:12:30Z", "2026-06-27T00:00:10Z")


async def _receive(shop: Workshop, sandbox: Sandbox) -> None:
    for at in MOMENTS:
        sandbox.move(at)
        await refresh_csv(shop)
        report = await run_etl(shop)
        assert report.outcome is RunOutcome.SUCCESS, report.error


async def _lose_what_was_drawn(shop: Workshop) -> None:
    """Leave nothing but what was received."""
    async with shop.sessions.begin() as session:
        await session.execute(text(f"TRUNCATE {', '.join(DRAWN)} CASCADE"))


async def test_what_was_drawn_is_drawn_again_row_by_row(shop: Workshop, sandbox: Sandbox) -> None:
    await _receive(shop, sandbox)
    before, asked = await named(shop.sessions, DRAWN, WRITTEN_WHEN), sandbox.asked()
    links = await rows(shop.sessions, LINKS)
    assert min(len(rows) for rows in before.values()) > 0
    await _lose_what_was_drawn(shop)
    assert (await replay(shop)).outcome is RunOutcome.SUCCESS
    assert sandbox.asked() == asked, "nobody is asked anything"
    assert differences(before, await named(shop.sessions, DRAWN, WRITTEN_WHEN)) == {}
    assert await rows(shop.sessions, LINKS) == links


async def test_a_replay_beside_what_is_there_changes_nothing(shop: Workshop, sandbox: Sandbox) -> None:
    await _receive(shop, sandbox)
    before = await named(shop.sessions, DRAWN)
    report = await replay(shop)
    assert report.quotes.new == 0
    assert differences(before, await named(shop.sessions, DRAWN)) == {}
    assert (await replay(shop, "coingecko", datetime(2100, 1, 1, tzinfo=UTC))).pages == 0


async def test_a_price_that_came_back_is_the_newest_again(shop: Workshop) -> None:
    toy = await toy_in(shop)
    for minute, price in enumerate((1, 2, 1)):
        toy.now = START + timedelta(minutes=minute)
        toy.tell("/1", {"id": "a", "price": price})
        await toy.ingest()
    assert await count(shop.sessions, "SELECT count(*) FROM raw_records") == 2
    points = "SELECT observed_at, price_usd FROM price_points ORDER BY 1"
    before = await rows(shop.sessions, points)
    await _lose_what_was_drawn(shop)
    await replay(toy.shop)
    assert await rows(shop.sessions, points) == before
    assert await rows(shop.sessions, "SELECT price_usd FROM landed_quotes") == [(1,)]


async def test_a_mended_parser_reads_what_was_received_before(shop: Workshop) -> None:
    toy = await toy_in(shop)
    toy.tell("/1", {"id": "a", "price": 1}, {"id": "b", "price": 2})
    await toy.ingest()
    source = toy.shop.source(NAME)
    feed = source.quotes

    def mended(raw: dict[str, Any], seen: Seen) -> Iterable[Record]:
        for record in feed.parse(raw, seen):
            yield replace(record, price_usd=record.price_usd * 10) if isinstance(record, Quote) else record

    today = {NAME: replace(source, quotes=replace(feed, parse=mended))}
    report = await replay(replace(shop, sources=today), NAME)
    assert (report.pages, report.records, report.quotes.changed) == (1, 2, 2)
    assert await rows(shop.sessions, "SELECT price_usd FROM landed_quotes ORDER BY 1") == [(10,), (20,)]


async def test_a_replay_waits_for_no_run_and_knows_its_sources(shop: Workshop) -> None:
    async with sole_run(shop.sessions, "etl"):
        report = await replay(shop)
    assert (report.outcome, report.error) == (
        RunOutcome.SKIPPED,
        "an etl run is under way: try again when it is over",
    )
    with pytest.raises(Fatal, match="there is no provider 'nonesuch'"):
        await replay(shop, "nonesuch")
