"""The market as a whole, its movers, and rejects by filter."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from models.db import Sessions
from tests.factories import (
    NOW,
    make_asset,
    make_link,
    make_listing,
    make_quoted,
    make_reject,
    make_run,
    publish,
)
from tests.integration.api.client import Api

MARKET = """{ market { marketCapUsd volumeUsd24h freshAssets assets listings sources oldestAt newestAt datasetVersion
    dominance(first: 2) { percent asset { uid } } } }"""


@pytest.fixture
async def market(sessions: Sessions) -> None:
    """Three fresh coins, a stale giant, one that was given up, and one that nobody prices."""
    old = NOW - timedelta(days=1)
    async with sessions.begin() as session:
        one = await make_asset(
            session, "one", price_usd=Decimal(1), market_cap_usd=Decimal("2000000.000000000000000001"),
            volume_usd_24h=Decimal(5), percent_change_24h=Decimal("7.5"), percent_change_1h=Decimal(-1),
        )  # fmt: skip
        await make_asset(
            session, "two", price_usd=Decimal(1), market_cap_usd=Decimal(1_000_000),
            percent_change_24h=Decimal(-3), price_as_of=NOW - timedelta(minutes=9),
        )  # fmt: skip
        await make_asset(
            session, "small", price_usd=Decimal(1), market_cap_usd=Decimal(999_999), percent_change_24h=Decimal(900)
        )  # fmt: skip
        await make_asset(
            session, "giant", price_usd=Decimal(1), market_cap_usd=Decimal(10**12),
            percent_change_24h=Decimal(99), price_as_of=old,
        )  # fmt: skip
        await make_asset(
            session, "gone", price_usd=Decimal(1), market_cap_usd=Decimal(10**12), retired_at=NOW
        )
        await make_asset(session, "unpriced", percent_change_24h=Decimal(0))
        await make_quoted(session, one, "coingecko")
        await make_link(session, await make_listing(session, "coincap"), one, state="review", score=0.5)
        await publish(session, 7)


@pytest.mark.usefixtures("market")
async def test_the_market_sums_up_what_is_fresh(api: Api) -> None:
    assert (await api.query(MARKET))["market"] == {
        "marketCapUsd": "3999999.000000000000000001",
        "volumeUsd24h": "5",
        "freshAssets": 3,
        "assets": 5,
        "listings": 1,
        "sources": 2,
        "oldestAt": (NOW - timedelta(minutes=9)).isoformat().replace("+00:00", "Z"),
        "newestAt": NOW.isoformat().replace("+00:00", "Z"),
        "datasetVersion": 7,
        "dominance": [
            {"percent": "50.0000", "asset": {"uid": "one"}},
            {"percent": "25.0000", "asset": {"uid": "two"}},
        ],
    }


async def test_a_market_without_anything_is_null_not_zero(api: Api) -> None:
    assert (await api.query(MARKET))["market"] == {
        "marketCapUsd": None,
        "volumeUsd24h": None,
        "freshAssets": 0,
        "assets": 0,
        "listings": 0,
        "sources": 0,
        "oldestAt": None,
        "newestAt": None,
        "datasetVersion": 0,
        "dominance": [],
    }


MOVED = [
    ("", ["one"], ["two"]),
    ("window: H24, minMarketCap: 0", ["small", "one"], ["two"]),
    ("first: 1, minMarketCap: -1", ["small"], ["two"]),
    ("window: H1", [], ["one"]),
    ("window: D7", [], []),
    ('minMarketCap: "1000000.000000000000000001"', ["one"], []),
]


@pytest.mark.usefixtures("market")
async def test_movers(api: Api, subtests: pytest.Subtests) -> None:
    for arguments, gainers, losers in MOVED:
        with subtests.test(arguments):
            asked = f"({arguments})" if arguments else ""
            data = await api.query(f"{{ movers{asked} {{ gainers {{ uid }} losers {{ uid }} }} }}")
            assert [asset["uid"] for asset in data["movers"]["gainers"]] == gainers
            assert [asset["uid"] for asset in data["movers"]["losers"]] == losers


async def test_movers_cost_as_many_as_are_asked_for(api: Api) -> None:
    body = await api.ask("{ movers(first: 20) { gainers { uid } losers { uid } } }")
    assert body["extensions"]["cost"] == 1 + 2 * (1 + 20)


REFUSED = [
    ("{ movers(first: 251) { gainers { uid } } }", "`first` must be 1 to 250, got 251"),
    ('{ movers(minMarketCap: "much") { gainers { uid } } }', "not a decimal number"),
    ("{ movers(window: Y1) { gainers { uid } } }", "Y1"),
    ("{ market { dominance(first: 0) { percent } } }", "`first` must be 1 to 250, got 0"),
    ('{ rejects(reason: "\\u0000") { totalCount } }', "NUL"),
    ("{ assets(filter: { state: GONE }) { totalCount } }", "GONE"),
]


async def test_what_cannot_be_asked_is_refused(api: Api, subtests: pytest.Subtests) -> None:
    for document, said in REFUSED:
        with subtests.test(document):
            code, message = await api.refused(document)
            assert code == "BAD_USER_INPUT"
            assert said in message


async def test_rejects_by_feed_reason_and_record(api: Api, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        run = await make_run(session, "coingecko")
        await make_reject(session, run, "coingecko", "a")
        await make_reject(session, run, "coingecko", "b", reason="malformed")
        await make_reject(session, run, "coingecko", "c", feed="rates")
    for arguments, expected in (
        ("", ["c", "b", "a"]),
        ('(reason: "no_price")', ["c", "a"]),
        ('(feed: "quotes")', ["b", "a"]),
        ('(feed: "quotes", reason: "no_price", source: "coingecko")', ["a"]),
        ('(recordId: "b")', ["b"]),
        ('(recordId: "b", reason: "no_price")', []),
    ):
        data = await api.query(f"{{ rejects{arguments} {{ totalCount nodes {{ recordId }} }} }}")
        assert [node["recordId"] for node in data["rejects"]["nodes"]] == expected
        assert data["rejects"]["totalCount"] == len(expected)
