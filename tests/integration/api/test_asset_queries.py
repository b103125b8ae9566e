"""Assets through GraphQL, each query by its JSON."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event

from models.db import Sessions
from models.outcomes import LinkState
from tests.factories import (
    NOW,
    make_address,
    make_asset,
    make_link,
    make_listing,
    make_points,
    make_quoted,
    make_rate,
    publish,
)
from tests.integration.api.client import Api


@pytest.fixture
async def bitcoin(sessions: Sessions) -> None:
    """Bitcoin, as three sources have it."""
    inputs = [
        {
            "source": "coingecko",
            "source_id": "bitcoin",
            "price_usd": "64000.10",
            "as_of": NOW.isoformat(),
            "is_used": True,
            "reason": "fresh",
        }
    ]
    async with sessions.begin() as session:
        asset = await make_asset(
            session,
            "bitcoin",
            symbol="BTC",
            rank=1,
            price_usd=Decimal("64000.100000000000000001"),
            market_cap_usd=Decimal("1267000000000.5"),
            price_inputs=inputs,
            price_spread=Decimal("0.0001"),
            max_supply=Decimal(21_000_000),
        )
        gecko = await make_quoted(session, asset, "coingecko", "bitcoin", "64000.10", rank=1)
        await make_quoted(session, asset, "coinpaprika", "btc-bitcoin", "0.000000001234")
        old = NOW - timedelta(days=1)
        await make_quoted(session, asset, "coincap", "bitcoin", "63999", source_updated_at=old)
        await make_address(session, gecko, "eip155:1/erc20:0x2260fac5e5542a773aa44fbcfedf7c193bc2c599")
        await make_points(session, gecko, [(NOW - timedelta(hours=h), str(60_000 + h)) for h in range(3)])
        await publish(session)


@pytest.mark.usefixtures("bitcoin")
async def test_an_asset_tells_everything_about_itself(api: Api) -> None:
    data = await api.query("""{ asset(uid: "bitcoin") {
        uid symbol name rank imageUrl marketCapUsd volumeUsd24h maxSupply retiredAt
        price { priceUsd method spread confidence asOf stale inputs { source sourceId priceUsd asOf isUsed reason } }
    } }""")
    at = NOW.isoformat().replace("+00:00", "Z")
    assert data["asset"] == {
        "uid": "bitcoin",
        "symbol": "BTC",
        "name": "Bitcoin",
        "rank": 1,
        "imageUrl": None,
        "marketCapUsd": "1267000000000.5",
        "volumeUsd24h": None,
        "maxSupply": "21000000",
        "retiredAt": None,
        "price": {
            "priceUsd": "64000.100000000000000001",
            "method": "median",
            "spread": "0.0001",
            "confidence": 0.9,
            "asOf": at,
            "stale": False,
            "inputs": [
                {
                    "source": "coingecko",
                    "sourceId": "bitcoin",
                    "priceUsd": "64000.10",
                    "asOf": at,
                    "isUsed": True,
                    "reason": "fresh",
                }
            ],
        },
    }


@pytest.mark.usefixtures("bitcoin")
async def test_quotes_come_by_source_and_know_when_they_are_stale(api: Api) -> None:
    data = await api.query('{ asset(uid: "bitcoin") { quotes { source sourceId priceUsd stale } } }')
    assert data["asset"]["quotes"] == [
        {"source": "coincap", "sourceId": "bitcoin", "priceUsd": "63999", "stale": True},
        {"source": "coingecko", "sourceId": "bitcoin", "priceUsd": "64000.10", "stale": False},
        {"source": "coinpaprika", "sourceId": "btc-bitcoin", "priceUsd": "0.000000001234", "stale": False},
    ]


@pytest.mark.usefixtures("bitcoin")
async def test_quotes_of_one_source_also_by_its_older_name(api: Api) -> None:
    data = await api.query('{ asset(uid: "bitcoin") { quotes(source: "coingecko_api") { source } } }')
    assert data["asset"]["quotes"] == [{"source": "coingecko"}]


@pytest.mark.usefixtures("bitcoin")
async def test_history_is_newest_first_and_bounded_by_moments(api: Api) -> None:
    data = await api.query(
        """query ($from: DateTime, $to: DateTime) { asset(uid: "bitcoin") {
        all: history { priceUsd } some: history(from: $from, to: $to) { priceUsd } one: history(first: 1) { source }
        none: history(source: "coincap") { source } } }""",
        **{"from": (NOW - timedelta(hours=1)).isoformat(), "to": NOW.isoformat()},
    )
    assert [point["priceUsd"] for point in data["asset"]["all"]] == ["60000", "60001", "60002"]
    assert data["asset"]["some"] == [{"priceUsd": "60001"}]
    assert data["asset"]["one"] == [{"source": "coingecko"}]
    assert data["asset"]["none"] == []


@pytest.mark.usefixtures("bitcoin")
async def test_addresses_and_the_reasons_of_links(api: Api) -> None:
    data = await api.query("""{ asset(uid: "bitcoin") { addresses
        links(source: "coingecko") { source sourceId state method score reasons decidedBy retiredAt } } }""")
    assert data["asset"] == {
        "addresses": ["eip155:1/erc20:0x2260fac5e5542a773aa44fbcfedf7c193bc2c599"],
        "links": [
            {
                "source": "coingecko",
                "sourceId": "bitcoin",
                "state": "ACCEPTED",
                "method": "source_id",
                "score": 1.0,
                "reasons": ["linked by the source's own id"],
                "decidedBy": "matcher",
                "retiredAt": None,
            }
        ],
    }


async def test_retired_and_rejected_links_are_shown_but_lead_nowhere(api: Api, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        asset = await make_asset(session, "tether")
        retired = await make_listing(session, "coingecko", "tether-old")
        await make_link(session, retired, asset, retired_at=NOW)
        rejected = await make_listing(session, "coingecko", "not-tether")
        await make_link(session, rejected, asset, state=LinkState.REJECTED)
    data = await api.query("""{ asset(uid: "tether") {
        now: links { sourceId state } ever: links(withRetired: true) { sourceId } } }""")
    assert data["asset"]["now"] == [{"sourceId": "not-tether", "state": "REJECTED"}]
    assert {link["sourceId"] for link in data["asset"]["ever"]} == {"not-tether", "tether-old"}
    for source_id in ("tether-old", "not-tether"):
        found = await api.query(
            'query ($id: String!) { assetByListing(source: "coingecko", sourceId: $id) { uid } }',
            id=source_id,
        )
        assert found == {"assetByListing": None}


@pytest.mark.usefixtures("bitcoin")
async def test_asset_by_listing(api: Api) -> None:
    data = await api.query('{ assetByListing(source: "coinpaprika", sourceId: "btc-bitcoin") { uid } }')
    assert data == {"assetByListing": {"uid": "bitcoin"}}


async def test_a_retired_uid_answers_with_what_it_became(api: Api, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        last = await make_asset(session, "polygon")
        middle = await make_asset(session, "matic-2", successor_id=last.id, retired_at=NOW)
        await make_asset(session, "matic", successor_id=middle.id, retired_at=NOW)
    data = await api.query('{ asset(uid: "matic") { uid retiredAt } assets { nodes { uid } } }')
    assert data == {
        "asset": {"uid": "polygon", "retiredAt": None},
        "assets": {"nodes": [{"uid": "polygon"}]},
    }


async def test_what_is_not_there_is_null(api: Api) -> None:
    data = await api.query("""{ asset(uid: "nothing") { uid }
        assetByListing(source: "nobody", sourceId: "nothing") { uid } assets { nodes { uid } totalCount } }""")
    assert data == {"asset": None, "assetByListing": None, "assets": {"nodes": [], "totalCount": 0}}


async def test_an_asset_without_fresh_quotes_has_a_price_that_says_why(api: Api, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await make_asset(session, "sleepy", price_method="none", price_confidence=0.0)
        await make_asset(session, "unknown")
    data = await api.query("""{ a: asset(uid: "sleepy") { price { priceUsd stale } }
        b: asset(uid: "unknown") { price { priceUsd } } }""")
    assert data == {"a": {"price": {"priceUsd": None, "stale": True}}, "b": {"price": None}}


async def test_nested_lists_cost_one_statement_each_however_many_parents(
    api: Api, sessions: Sessions
) -> None:
    async with sessions.begin() as session:
        for number in range(30):
            asset = await make_asset(session, rank=number)
            await make_quoted(session, asset, "coingecko")
            await make_quoted(session, asset, "coinpaprika")
        for code in ("usd", "eur", "gbp"):
            await make_rate(session, code, "50000")
    engine = sessions.kw["bind"].sync_engine
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    nested = """assets(first: 30) { totalCount nodes {
        quotes { source } links { source } addresses history { priceUsd } candles { points } sparkline
        eur: price(currency: "eur") { amount } gbp: price(currency: "gbp") { amount } successor { uid } } }
        dataset { version }"""
    planned = await api.query(f"{{ {nested} }}")
    assert all(len(node["quotes"]) == 2 for node in planned["assets"]["nodes"])
    assert (api.services.counters.planned, statements) == (1, [])
    executed = await api.query(f"{{ {nested} __schema {{ queryType {{ name }} }} }}")
    assert executed == planned | {"__schema": {"queryType": {"name": "Query"}}}
    reads = [statement for statement in statements if "SELECT" in statement]
    assert len(reads) == 14, "\n\n".join(reads)
