"""Search, and assets by their contract addresses."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.db import Sessions
from models.queries import search as queries
from models.queries.assets import AssetFilter, assets
from models.queries.names import Part
from models.queries.paging import Rows
from models.queries.search import Match, Words
from tests.factories import NOW, make_address, make_asset, make_link, make_listing, make_quoted
from tests.integration.api.client import Api

SEARCH = (
    "query ($text: String!, $first: Int! = 50) { search(text: $text, first: $first) { match asset { uid } } }"
)
WRAPPED = "eip155:1/erc20:0x2260fac5e5542a773aa44fbcfedf7c193bc2c599"
SOLANA = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp/token:EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"
COINS = {
    "bitcoin": ("BTC", "Bitcoin", 1),
    "bitcoin-cash": ("BCH", "Bitcoin Cash", 20),
    "wrapped-bitcoin": ("WBTC", "Wrapped Bitcoin", 15),
    "btc-token": ("btc", "BTC 100% Token_x", 900),
    "rabbit": ("RBT", "Rabbitcoin", None),
    "btcst": ("BTCST", "Standard Hashrate", 700),
    "coin-lion": ("LION", "Coin-Lion", 800),
    "usdc": ("USDC", "USD Coin", 6),
}


@pytest.fixture
async def coins(sessions: Sessions) -> None:
    """Coins that are alike, one that was given up, and addresses."""
    async with sessions.begin() as session:
        made = {
            uid: await make_asset(session, uid, symbol=symbol, name=name, rank=rank)
            for uid, (symbol, name, rank) in COINS.items()
        }
        await make_asset(
            session, "xbt", symbol="XBT", name="Old", successor_id=made["bitcoin"].id, retired_at=NOW
        )
        wrapped = await make_quoted(session, made["wrapped-bitcoin"], "coingecko", "wrapped-bitcoin")
        await make_address(session, wrapped, WRAPPED)
        circle = await make_quoted(session, made["usdc"], "coincap", "usd-coin")
        await make_address(session, circle, SOLANA.lower())


async def _hits(api: Api, text: str, **wanted: int) -> list[tuple[str, str]]:
    data = await api.query(SEARCH, text=text, **wanted)
    return [(hit["match"], hit["asset"]["uid"]) for hit in data["search"]]


FOUND = [
    ("btc", ["SYMBOL bitcoin?", "SYMBOL btc-token", "SYMBOL_PREFIX btcst"]),
    ("Bitcoin", ["UID bitcoin", "NAME_PREFIX bitcoin-cash", "WORD_PREFIX wrapped-bitcoin", "NAME_PART rabbit"]),
    ("xbt", ["UID bitcoin"]),
    ("XBT", ["UID bitcoin"]),
    ("li", ["SYMBOL_PREFIX coin-lion"]),
    ("lio", ["SYMBOL_PREFIX coin-lion"]),
    ("lion", ["SYMBOL coin-lion"]),
    ("coin c", ["NAME_PART bitcoin-cash"]),
    ("USD COIN", ["NAME_PREFIX usdc"]),
    ("100%", ["WORD_PREFIX btc-token"]),
    ("0% T", ["NAME_PART btc-token"]),
    ("n_x", ["NAME_PART btc-token"]),
    ("(a|b)*", []),
    ("%%%", []),
    ("\\", []),
    ("\\d\\w\\m", []),
    ("nothing like it", []),
    ("", []),
    ("  ", []),
    (WRAPPED, ["ADDRESS wrapped-bitcoin"]),
    (WRAPPED.rpartition(":")[2].upper(), ["ADDRESS wrapped-bitcoin"]),
    (WRAPPED.replace("eip155:1/", "eip155:56/"), []),
    (SOLANA.rpartition(":")[2], ["ADDRESS usdc"]),
]  # fmt: skip


@pytest.mark.usefixtures("coins")
async def test_best_matches_come_first_and_each_asset_once(api: Api, subtests: pytest.Subtests) -> None:
    for text, expected in FOUND:
        with subtests.test(text):
            hits = await _hits(api, text)
            assert [f"{match} {uid}" for match, uid in hits] == [each.rstrip("?") for each in expected]


@pytest.mark.usefixtures("coins")
async def test_fewer_are_the_first_of_more(api: Api) -> None:
    for text in ("bitcoin", "btc", "coi", "b"):
        whole = await _hits(api, text)
        for first in range(1, len(whole) + 1):
            assert await _hits(api, text, first=first) == whole[:first]


def _place(text: str, uid: str, symbol: str, name: str) -> Match | None:
    if not text:
        return None
    lower, name = text.lower(), name.lower()
    checks = [
        (Match.UID, uid == lower),
        (Match.SYMBOL, symbol.lower() == lower),
        (Match.SYMBOL_PREFIX, symbol.lower().startswith(lower)),
        (Match.NAME_PREFIX, name.startswith(lower)),
        (Match.WORD_PREFIX, len(lower) >= 3 and any(f"{gap}{lower}" in name for gap in " -_%")),
        (Match.NAME_PART, len(lower) >= 3 and lower in name),
    ]
    return next((match for match, holds in checks if holds), None)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.one_of(
        st.text("bitconrasl -_%BT10", min_size=1, max_size=7),
        st.sampled_from([name for _, name, _ in COINS.values()]).flatmap(
            lambda name: st.tuples(st.integers(0, len(name)), st.integers(1, 9)).map(
                lambda cut: name[cut[0] : sum(cut)]
            )
        ),
    )
)
@pytest.mark.usefixtures("coins")
async def test_search_finds_what_reading_every_name_finds(api: Api, text: str) -> None:
    words = text.strip()
    expected = {
        (match.name, uid)
        for uid, (symbol, name, _) in COINS.items()
        if (match := _place(words, uid, symbol, name)) is not None
    }
    assert set(await _hits(api, text)) == expected


INDEXED: list[tuple[Rows, set[str]]] = [
    (
        queries.found(Words.of("bitcoin"), NOW, first=10),
        {"upper_symbol", "lower_name", "name_trigrams", "address", "uid"},
    ),
    (queries.found(Words.of("b"), NOW, first=10), {"upper_symbol", "lower_name", "address", "uid"}),
    (queries.asset_by_address(WRAPPED, NOW), {"address"}),
    (assets(AssetFilter(symbol="BTC"), NOW), {"upper_symbol"}),
    (assets(AssetFilter(name_contains=Part.of("coin")), NOW), {"name_trigrams"}),
]


async def test_indexes_lead_to_what_is_searched(sessions: Sessions) -> None:
    async with sessions() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("SET enable_seqscan = off")
        for statement, indexes in INDEXED:
            asked = statement.compile(connection.engine)
            plan = await connection.exec_driver_sql(f"EXPLAIN {asked}", asked.params)
            told = "\n".join(row[0] for row in plan)
            assert "Seq Scan" not in told, told
            assert {
                name for name in indexes if not re.search(rf" using \w+_{name}\b| on \w+_{name}\b", told)
            } == set(), told


REFUSED = [
    (f'text: "{"a" * 201}"', "`text` may have 200 characters, got 201"),
    ('text: "a\\u0000b"', "NUL"),
    ('text: "a", first: 51', "`first` must be 1 to 50, got 51"),
    ('text: "a", first: 0', "got 0"),
    ("text: null", "String!"),
]


async def test_what_cannot_be_searched_is_refused(api: Api, subtests: pytest.Subtests) -> None:
    for arguments, said in REFUSED:
        with subtests.test(arguments[:40]):
            code, message = await api.refused(f"{{ search({arguments}) {{ match }} }}")
            assert code == "BAD_USER_INPUT"
            assert said in message


async def _at(api: Api, caip19: str) -> str | None:
    data = await api.query("query ($a: String!) { assetByAddress(caip19: $a) { uid } }", a=caip19)
    return data["assetByAddress"] and str(data["assetByAddress"]["uid"])


@pytest.mark.usefixtures("coins")
async def test_an_address_is_found_in_any_case(api: Api) -> None:
    assert await _at(api, WRAPPED) == "wrapped-bitcoin"
    assert await _at(api, WRAPPED.replace("0x2260fac5e5542a773aa44fbcfedf7c193bc2c599", "0x2260FAC5E5542a773Aa44fBCfeDf7C193bc2C599")) == "wrapped-bitcoin"  # fmt: skip
    assert await _at(api, SOLANA) == "usdc"
    assert await _at(api, WRAPPED.replace(":1/", ":10/")) is None


async def test_of_several_that_claim_an_address_the_surest_has_it(api: Api, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        for uid, score, rank in (("large", 0.6, 1), ("sure", 0.9, 50), ("small", 0.9, 99)):
            listing = await make_listing(session, "coingecko", uid)
            await make_address(session, listing, SOLANA.lower())
            await make_link(session, listing, await make_asset(session, uid, rank=rank), score=score)
        gone = await make_quoted(session, await make_asset(session, "gone", rank=2), "coinpaprika", "gone")
        await make_address(session, gone, SOLANA.lower(), retired_at=NOW)
    assert await _at(api, SOLANA) == "sure"
    async with sessions.begin() as session:
        exact = await make_listing(session, "coinpaprika", "exact")
        await make_address(session, exact, SOLANA)
        await make_link(session, exact, await make_asset(session, "exact"), score=0.5)
    assert await _at(api, SOLANA) == "exact"


MALFORMED = ["", "0x2260fac5e5542a773aa44fbcfedf7c193bc2c599", "eip155:1/erc20", f"{WRAPPED} ", "x" * 9999, f"{WRAPPED}\0"]  # fmt: skip


async def test_a_malformed_address_is_told_the_form(api: Api, subtests: pytest.Subtests) -> None:
    for address in MALFORMED:
        with subtests.test(address[:60]):
            code, message = await api.refused(
                "query ($a: String!) { assetByAddress(caip19: $a) { uid } }", a=address
            )
            assert code == "BAD_USER_INPUT"
            assert "is not a CAIP-19 address: send `chain:reference/kind:address`" in message
            assert len(message) < 400
