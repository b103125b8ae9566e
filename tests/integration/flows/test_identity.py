"""Who is who, through whole runs: dead and unpriced coins, addresses that move, and lists asked for once a day."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from sqlalchemy import text

from flows.engine import SourceReport, fetch_directly, ingest_source
from flows.sources.contract import Feed, Fetched, PageRequest, Source
from flows.workshop import Workshop, now
from models.outcomes import RunOutcome
from tests.integration.flows.conftest import Sandbox
from tests.integration.flows.tables import count, rows

PAPRIKA = "/coinpaprika/v1"
ETHEREUM = "/contracts/eth-ethereum"
ONE, TWO = f"0x{1:02}{'a' * 38}", f"0x{2:02}{'b' * 38}"
LIVE = (
    "SELECT l.source_id, right(a.caip19, 42) FROM listing_addresses a JOIN listings l ON l.id = a.listing_id"
    " WHERE a.retired_at IS NULL AND l.source = :source AND a.caip19 LIKE 'eip155:1/%' ORDER BY 1, 2"
)


def _contract(source_id: str, address: str, **said: object) -> dict[str, object]:
    return {"id": source_id, "address": address, "type": "ERC20"} | said


class Listed:
    """CoinPaprika with contracts on Ethereum of our own, its identities due on every run."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop
        self._rows: tuple[dict[str, object], ...] = ()

    async def fetch(self, shop: Workshop, source: Source, feed: Feed, request: PageRequest) -> Fetched:
        """Fetch from the sandbox, but for what this test says."""
        said: dict[str, Any] = {"/contracts": ["eth-ethereum"], ETHEREUM: self._rows}
        if request.path in said:
            return Fetched(orjson.dumps(said[request.path]), now())
        return await fetch_directly(shop, source, feed, request)

    async def run(self, *contracts: dict[str, object]) -> SourceReport:
        """Bring in the source with these contracts on Ethereum, as on another day."""
        self._rows = contracts
        async with self._shop.sessions.begin() as session:
            await session.execute(text("UPDATE etl_checkpoints SET completed_at = NULL"))
        return await ingest_source(self._shop, "coinpaprika", fetch=self.fetch)

    async def live(self) -> list[tuple[str, str]]:
        """Return who holds which address now."""
        return await rows(self._shop.sessions, LIVE, source="coinpaprika")


@pytest.fixture
def listed(shop: Workshop) -> Listed:
    """CoinPaprika with contracts that a test names."""
    return Listed(shop)


async def test_an_address_that_moves_is_at_one_id_at_a_time(listed: Listed) -> None:
    await listed.run(_contract("old-coin", ONE), _contract("other-coin", TWO))
    await listed.run(_contract("new-coin", ONE), _contract("other-coin", TWO))
    assert await listed.live() == [("new-coin", ONE), ("other-coin", TWO)]
    await listed.run(_contract("old-coin", ONE), _contract("other-coin", TWO))
    assert await listed.live() == [("old-coin", ONE), ("other-coin", TWO)], "it reopens where it comes back"


async def test_a_coin_may_have_several_addresses_on_one_chain(listed: Listed) -> None:
    await listed.run(_contract("twice-coin", ONE), _contract("twice-coin", TWO))
    assert await listed.live() == [("twice-coin", ONE), ("twice-coin", TWO)]
    await listed.run(_contract("twice-coin", TWO), _contract("other-coin", ONE, active=False))
    assert await listed.live() == [("twice-coin", TWO)]


async def test_an_address_at_two_ids_is_kept_at_both_for_somebody_to_see(listed: Listed) -> None:
    await listed.run(_contract("one-coin", ONE), _contract("two-coin", ONE))
    assert await listed.live() == [("one-coin", ONE), ("two-coin", ONE)]


async def test_malformed_addresses_and_sentinels_stop_nothing(shop: Workshop, listed: Listed) -> None:
    report = await listed.run(
        _contract("short-coin", "0x12"),
        _contract("native-coin", f"0x{'e' * 40}"),
        _contract("good-coin", ONE),
    )
    assert (report.outcome, report.rejected) == (RunOutcome.SUCCESS, 1)
    assert await listed.live() == [("good-coin", ONE)]
    kept = "SELECT reason, detail, payload ->> 'address' FROM rejected_records"
    told = "'0x12' is not a token address on eip155:1"
    assert await rows(shop.sessions, kept) == [("malformed_address", told, "0x12")]


async def test_an_empty_list_of_contracts_takes_no_address_away(listed: Listed) -> None:
    await listed.run(_contract("one-coin", ONE))
    await listed.run()
    assert await listed.live() == [("one-coin", ONE)]


async def test_a_coin_that_leaves_coingeckos_list_gives_its_address_up(shop: Workshop) -> None:
    others = [{"id": f"c-{n}", "symbol": "c", "name": "C", "platforms": {}} for n in range(1_100)]

    def holding(source_id: str) -> bytes:
        return orjson.dumps([*others, {"id": source_id, "platforms": {"ethereum": ONE}}])

    for holder in ("before", "after"):

        async def fetch(shop: Workshop, source: Source, feed: Feed, request: PageRequest) -> Fetched:
            if request.path == "/coins/list":
                return Fetched(holding(holder), now())  # noqa: B023 - called within the round
            return await fetch_directly(shop, source, feed, request)

        async with shop.sessions.begin() as session:
            await session.execute(text("UPDATE etl_checkpoints SET completed_at = NULL"))
        await ingest_source(shop, "coingecko", fetch=fetch)
        assert await rows(shop.sessions, LIVE, source="coingecko") == [(holder, ONE)]


async def test_dead_and_unpriced_coins_are_known_with_what_they_are(shop: Workshop, sandbox: Sandbox) -> None:
    coins = [{"id": f"c-{n}", "symbol": "C", "name": "C", "is_active": True} for n in range(1_100)]
    coins.append({"id": "btc-bitcoin", "name": "BTC", "is_active": True, "type": "coin"})
    coins.append({"id": "dead-coin", "symbol": "BTC", "name": "Dead", "is_active": False, "type": "token"})
    sandbox.script(f"{PAPRIKA}/coins", body=orjson.dumps(coins).decode())
    assert (await ingest_source(shop, "coinpaprika")).outcome is RunOutcome.SUCCESS
    known = (
        "SELECT symbol, name, kind, is_active, q.listing_id IS NOT NULL FROM listings l"
        " LEFT JOIN landed_quotes q ON q.listing_id = l.id WHERE source_id = :id"
    )
    assert await rows(shop.sessions, known, id="btc-bitcoin") == [("BTC", "Bitcoin", "coin", True, True)]
    assert await rows(shop.sessions, known, id="dead-coin") == [("BTC", "Dead", "token", False, False)]
    assert await rows(shop.sessions, known, id="c-7") == [("C", "C", None, True, False)]


async def test_identities_are_asked_for_once_a_day_and_again_where_a_page_failed(
    shop: Workshop, sandbox: Sandbox
) -> None:
    sandbox.script(f"{PAPRIKA}{ETHEREUM}", status=404, body='{"error":"platform not found"}')
    report = await ingest_source(shop, "coinpaprika")
    assert report.outcome is RunOutcome.PARTIAL
    assert await count(shop.sessions, "SELECT count(*) FROM listings WHERE kind = 'coin'"), (
        "/coins has landed"
    )
    for _ in range(2):
        assert (await ingest_source(shop, "coinpaprika")).outcome is RunOutcome.SUCCESS
    assert sandbox.asked(f"{PAPRIKA}/coins") == 2
    assert sandbox.asked(f"{PAPRIKA}{ETHEREUM}") == 2
    assert sandbox.asked(f"{PAPRIKA}/tickers") == 3
