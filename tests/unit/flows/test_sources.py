"""Each source's own ways, over pages written by hand: what is null, tiny, huge, absent, renamed or a sentinel."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import orjson
import pytest

from flows import wire
from flows.chains import SOLANA
from flows.errors import Fatal, SourceSkipped
from flows.market_csv import write_atomically
from flows.settings import SourceSettings
from flows.sources import REGISTRY, coincap, coingecko, coinpaprika
from flows.sources.contract import PageRequest
from models.outcomes import ListingKind, Upstream
from models.records import Listing, Quote
from tests.fixtures.pages import FOLDER, body_of, read, walk

TETHER_ON_ETHEREUM = "eip155:1/erc20:0xdac17f958d2ee523a2206206994597c13d831ec7"
TETHER_ON_SOLANA = f"{SOLANA}/token:Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB"


def quotes_of(name: str) -> dict[str, Quote]:
    source = {"coingecko": coingecko, "coinpaprika": coinpaprika, "coincap": coincap}[name].SOURCE
    return {quote.source_id: quote for walked in walk(source, "quotes") for quote in walked.batch.quotes}


def identity_of(source: str) -> list[Listing]:
    module = {"coingecko": coingecko, "coinpaprika": coinpaprika}[source]
    return [listing for walked in walk(module.SOURCE, "identity") for listing in walked.batch.listings]


def test_coingecko_quotes_are_exact() -> None:
    bitcoin = quotes_of("coingecko")["bitcoin"]
    assert bitcoin.price_usd == Decimal("68123.4512345678")
    assert bitcoin.percent_change_24h == Decimal("1.729671234"), (
        "the field in the asked currency is the exact one"
    )
    assert bitcoin.source_updated_at == datetime(2026, 5, 28, 20, 26, 40, 123000, tzinfo=UTC)
    assert (bitcoin.rank, bitcoin.max_supply) == (1, Decimal(21000000))


def test_a_coingecko_coin_may_have_nothing_but_a_price() -> None:
    bare = quotes_of("coingecko")["nothing-but-a-price"]
    assert bare.price_usd == Decimal("1.2e-11")
    said = {name for name in Quote.__slots__ if getattr(bare, name) is not None}
    assert said == {"source", "source_id", "fetched_at", "price_usd"}


def test_coingecko_zero_is_unknown_for_cap_and_supply_and_zero_for_volume() -> None:
    quote = quotes_of("coingecko")["too-many-to-count"]
    assert (quote.market_cap_usd, quote.circulating_supply, quote.volume_usd_24h) == (None, None, Decimal(0))
    assert quote.total_supply == 9007199254740993, "above 2^53 every digit still counts"


def test_a_placeholder_is_no_image() -> None:
    (walked,) = walk(coingecko.SOURCE, "quotes")
    images = {listing.source_id: listing.image_url for listing in walked.batch.listings}
    assert images["bitcoin"] == "https://img.example.org/bitcoin.png"
    assert images["nothing-but-a-price"] is None


def test_coingecko_is_asked_for_every_digit_in_dollars() -> None:
    asked = coingecko.SOURCE.quotes.first_page(SourceSettings("coingecko")).params
    assert (asked["precision"], asked["vs_currency"]) == ("full", "usd"), (
        "else prices come rounded for display"
    )
    assert asked["price_change_percentage"] == "1h,24h,7d"


def test_coinpaprika_is_asked_for_dollars_by_name() -> None:
    assert coinpaprika.SOURCE.quotes.first_page(SourceSettings("coinpaprika")).params == {"quotes": "USD"}


NULLABLE = [
    "current_price", "market_cap", "fully_diluted_valuation", "total_volume", "high_24h", "low_24h", "market_cap_rank",
    "price_change_24h", "price_change_percentage_24h", "market_cap_change_24h", "market_cap_change_percentage_24h",
    "circulating_supply", "total_supply", "max_supply", "ath", "ath_change_percentage", "ath_date", "atl",
    "atl_change_percentage", "atl_date", "roi", "last_updated",
]  # fmt: skip


@pytest.mark.parametrize("field", NULLABLE)
def test_null_in_any_one_field_is_none_and_only_a_missing_price_rejects(field: str) -> None:
    rows = orjson.loads((FOLDER / "coingecko" / "coins_markets.json").read_bytes())
    batch = read(coingecko.SOURCE, coingecko.SOURCE.quotes, orjson.dumps([rows[0] | {field: None}]))
    assert [reject.reason for reject in batch.rejects] == (["no_price"] if field == "current_price" else [])
    assert len(batch.quotes) == (field != "current_price")


def _markets(count: int, page: int, left: int) -> tuple[bytes, PageRequest]:
    request = PageRequest(
        "/coins/markets", {"per_page": str(coingecko.PER_PAGE), "page": str(page)}, {"left": left}
    )
    return orjson.dumps([{"id": f"coin-{page}-{n}", "current_price": 1} for n in range(count)]), request


@pytest.mark.parametrize(
    ("count", "left", "goes_on"),
    [(250, 500, True), (250, 251, True), (250, 250, False), (249, 500, False), (0, 500, False)],
)
def test_coingecko_pages_end_with_a_short_page_or_enough_coins(count: int, left: int, goes_on: bool) -> None:  # noqa: FBT001 - a column of the table
    page = coingecko.SOURCE.quotes.read_page(*_markets(count, 1, left))
    assert (page.next is not None) is goes_on
    if page.next is not None:
        assert page.next.params["page"] == "2"
        assert page.next.context["left"] == left - count


@pytest.mark.parametrize("top_n", [1, 100, 250, 251, 1000])
def test_coingecko_brings_the_coins_asked_for_and_no_more(top_n: int) -> None:
    request: PageRequest | None = coingecko.SOURCE.quotes.first_page(SourceSettings("coingecko", top_n=top_n))
    brought = 0
    while request is not None:
        body = orjson.dumps([{"id": str(n)} for n in range(int(request.params["per_page"]))])
        page = coingecko.SOURCE.quotes.read_page(body, request)
        brought, request = brought + len(page.records), page.next
    assert brought == top_n


@pytest.mark.parametrize(
    ("plan", "host", "header"),
    [
        (None, "api.coingecko.com", "x-cg-demo-api-key"),
        ("demo", "api.coingecko.com", "x-cg-demo-api-key"),
        ("Pro", "pro-api.coingecko.com", "x-cg-pro-api-key"),
        ("analyst", "pro-api.coingecko.com", "x-cg-pro-api-key"),
    ],
)
def test_coingecko_host_and_header_follow_the_plan(plan: str | None, host: str, header: str) -> None:
    origin = coingecko.origin(SourceSettings("coingecko", api_key="k", plan=plan))
    assert (origin.base_url, dict(origin.headers)) == (f"https://{host}/api/v3", {header: "k"})


def test_coingecko_identity_reads_addresses_on_chains_that_it_can_name() -> None:
    addresses = {listing.source_id: listing.addresses for listing in identity_of("coingecko")}
    assert addresses == {
        "bitcoin": (),
        "ethereum": (),
        "tether": (TETHER_ON_ETHEREUM, TETHER_ON_SOLANA),
        "tomorrow-dollar": ("eip155:4242/erc20:0x7000000000000000000000000000000000d011a7",),
    }


def test_coingecko_rates_are_units_a_bitcoin() -> None:
    (walked,) = walk(coingecko.SOURCE, "rates")
    rates = {rate.code: (rate.units_per_btc, rate.kind) for rate in walked.batch.rates}
    assert rates == {
        "btc": (1, "crypto"),
        "usd": (Decimal("68123.45"), "fiat"),
        "xau": (Decimal("20.3"), "commodity"),
    }


@pytest.mark.parametrize("body", [b'{"rates":[]}', b'{"rates":"none"}', b'{"rates":null}'])
def test_coingecko_rates_of_another_shape_are_told(body: bytes) -> None:
    assert coingecko.SOURCE.rates is not None
    with pytest.raises(Fatal, match="/exchange_rates is no page of rates"):
        read(coingecko.SOURCE, coingecko.SOURCE.rates, body)


def test_one_strange_rate_leaves_the_others() -> None:
    assert coingecko.SOURCE.rates is not None
    body = b'{"rates":{"usd":{"name":"US Dollar","unit":"$","value":1.5,"type":"fiat"},"eur":5,"pln":{"value":0}}}'
    batch = read(coingecko.SOURCE, coingecko.SOURCE.rates, body)
    assert [rate.code for rate in batch.rates] == ["usd"]
    assert [reject.reason for reject in batch.rejects] == ["malformed", "no_price"]


def test_coinpaprika_empty_zero_and_absent_are_not_said() -> None:
    quotes = quotes_of("coinpaprika")
    assert quotes["btc-bitcoin"].circulating_supply == 20012350
    free = quotes["free-free-plan"]
    assert (free.rank, free.circulating_supply, free.total_supply, free.max_supply) == (
        None,
        None,
        None,
        None,
    )
    assert (free.volume_usd_24h, free.market_cap_usd, free.percent_change_24h) == (None, None, Decimal(0))
    assert free.price_usd == Decimal("4.2E-10")
    assert quotes["nul-null"].source_updated_at is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"quotes": {"BTC": {"price": 1}}}, "no_price"),
        ({"quotes": None}, "no_price"),
        ({"quotes": {"USD": {"price": ""}}}, "no_price"),
        ({"quotes": {"USD": {"price": "many"}}}, "not_a_number"),
        ({"id": ""}, "no_id"),
        ({"last_updated": "2099-01-01T00:00:00Z"}, "future_time"),
        ({"symbol": 5}, "not_a_text"),
        ({"rank": -1}, "not_a_rank"),
    ],
)
def test_a_ticker_that_cannot_be_used_says_why(change: dict[str, object], reason: str) -> None:
    rows = wire.decode(body_of("coinpaprika", PageRequest("/tickers")))
    batch = read(
        coinpaprika.SOURCE, coinpaprika.SOURCE.quotes, wire.encode([rows[0] | change, rows[1]]).encode()
    )
    assert [reject.reason for reject in batch.rejects] == [reason]
    assert [quote.source_id for quote in batch.quotes] == [rows[1]["id"]]
    assert batch.received == 2


@pytest.mark.parametrize(
    ("key", "plan", "host", "headers"),
    [
        (None, None, "api.coinpaprika.com", {}),
        ("k", None, "api-pro.coinpaprika.com", {"authorization": "k"}),
        ("k", "free", "api.coinpaprika.com", {}),
    ],
)
def test_coinpaprika_key_is_the_whole_header(
    key: str | None, plan: str | None, host: str, headers: dict[str, str]
) -> None:
    origin = coinpaprika.origin(SourceSettings("coinpaprika", api_key=key, plan=plan))
    assert (origin.base_url, dict(origin.headers)) == (f"https://{host}/v1", headers)


def test_a_malformed_address_is_told_and_its_coin_and_other_addresses_are_known_all_the_same() -> None:
    identity = coingecko.SOURCE.identity
    assert identity is not None
    platforms = {"ethereum": TETHER_ON_ETHEREUM.rpartition(":")[2], "solana": "0OIl", "tron": "1002"}
    body = orjson.dumps([{"id": "tether", "symbol": "usdt", "name": "Tether", "platforms": platforms}])
    batch = read(coingecko.SOURCE, identity, body, PageRequest("/coins/list"))
    assert [(listing.name, listing.addresses) for listing in batch.listings] == [
        ("Tether", (TETHER_ON_ETHEREUM,))
    ]
    (reject,) = batch.rejects
    assert (reject.record_id, reject.reason) == ("tether", "malformed_address")
    assert "'0OIl' is not a token address on solana" in reject.detail
    assert "'1002' is not a token address on tron" in reject.detail


def test_coinpaprika_tells_of_every_coin_what_it_is_and_whether_it_lives() -> None:
    coins = {listing.source_id: listing for listing in identity_of("coinpaprika")[:4]}
    assert coins["btc-bitcoin"] == Listing(
        "coinpaprika", "btc-bitcoin", "BTC", "Bitcoin", ListingKind.COIN, is_active=True
    )
    assert {key: (coin.kind, coin.is_active) for key, coin in coins.items()} == {
        "btc-bitcoin": (ListingKind.COIN, True),
        "usdt-tether": (ListingKind.TOKEN, True),
        "old-gone": (ListingKind.TOKEN, False),
        "kind-of-its-own": (None, True),
    }


def test_only_the_list_of_coins_says_which_of_coinpaprikas_live() -> None:
    (walked,) = walk(coinpaprika.SOURCE, "quotes")
    assert {listing.is_active for listing in walked.batch.listings} == {None}, "else the two would take turns"


def test_coinpaprika_contracts_are_asked_chain_by_chain_for_chains_we_know() -> None:
    walked = walk(coinpaprika.SOURCE, "identity")
    assert [page.request.path for page in walked] == [
        "/coins",
        "/contracts",
        "/contracts/eth-ethereum",
        "/contracts/sol-solana",
    ]
    assert [page.page.names_all for page in walked] == [False, False, True, True]
    listed = [
        (listing.source_id, listing.addresses) for page in walked[1:] for listing in page.batch.listings
    ]
    assert listed == [
        ("usdt-tether", (TETHER_ON_ETHEREUM,)),
        ("omg-omisego", ("eip155:1/erc20:0xd26114cd6ee289accf82350c8d8487fedb8a0c07",)),
        ("eth-ethereum", ()),
        ("usdt-tether", (TETHER_ON_SOLANA,)),
    ]


def test_a_malformed_contract_address_is_rejected_by_name() -> None:
    identity = coinpaprika.SOURCE.identity
    assert identity is not None
    request = PageRequest("/contracts/eth-ethereum", context={"platform": "eth-ethereum", "left": []})
    batch = read(coinpaprika.SOURCE, identity, b'[{"id":"a-a","address":"0x12","type":"ERC20"}]', request)
    assert [reject.reason for reject in batch.rejects] == ["malformed_address"]
    assert batch.rejects[0].record_id == "a-a 0x12"


def test_coincap_numbers_lose_their_float_noise() -> None:
    quotes = quotes_of("coincap")
    assert quotes["bitcoin"].price_usd == Decimal("68123.45")
    assert quotes["tether"].price_usd == Decimal("0.9996")
    assert quotes["bitcoin"].source_updated_at == datetime(2026, 5, 28, 20, 26, 40, 123000, tzinfo=UTC)
    assert (quotes["polkadot"].circulating_supply, quotes["polkadot"].market_cap_usd) == (None, None)


def test_coincap_file_keeps_what_the_api_said(tmp_path: Path) -> None:
    request = coincap.API.quotes.first_page(SourceSettings("coincap"))
    page = coincap.API.quotes.read_page(body_of("coincap", request), request)
    write_atomically(tmp_path / coincap.CSV_FILE, page.records)
    batch = read(coincap.SOURCE, coincap.SOURCE.quotes, (tmp_path / coincap.CSV_FILE).read_bytes())
    assert batch.rejects == []
    assert batch.quotes == list(quotes_of("coincap").values())
    tether = next(listing for listing in batch.listings if listing.source_id == "tether")
    assert tether.name == 'Tether USDt, "the" dollar 💵'
    assert set(tether.addresses or ()) == {
        f"{SOLANA}/token:es9vmfrzacermjfrf4h2fyd4kconky11mcce8benwnyb",
        TETHER_ON_ETHEREUM,
        "eip155:56/erc20:0x55d398326f99059ff775485246999027b3197955",
        "eip155:56/erc20:0x1111111111111111111111111111111111111111",
    }
    assert [path.name for path in tmp_path.iterdir()] == [coincap.CSV_FILE], (
        "nothing half written stays behind"
    )


def test_half_a_surrogate_pair_in_one_name_does_not_stop_the_file(tmp_path: Path) -> None:
    write_atomically(tmp_path / "m.csv", [{"id": "odd", "name": "\ud800", "priceUsd": "1"}])
    assert "\\ud800" in (tmp_path / "m.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("served", "limit", "left", "goes_on"),
    [(2, 2, 5, True), (2, 2, 2, False), (1, 2, 5, False), (0, 2, 5, False)],
)
def test_coincap_pages_end_with_a_short_page_or_enough_assets(
    served: int,
    limit: int,
    left: int,
    goes_on: bool,  # noqa: FBT001 - a column of the table
) -> None:
    body = orjson.dumps({"timestamp": 1, "data": [{"id": str(n)} for n in range(served)]})
    request = PageRequest(
        "/assets", {"limit": str(limit), "offset": "10"}, {"left": left, "upstream": "LIVE"}
    )
    page = coincap.API.quotes.read_page(body, request)
    assert (page.next.params["offset"] if page.next else None) == ("12" if goes_on else None)


@pytest.mark.parametrize("body", [b'{"timestamp":1,"data":{"id":"bitcoin"}}', b'{"timestamp":1,"data":null}'])
def test_coincap_data_that_is_no_list_is_told(body: bytes) -> None:
    with pytest.raises(Fatal, match="not a list"):
        coincap.read_assets(body, coincap.assets_page(100, "LIVE"))


def test_an_asset_that_is_no_object_leaves_the_others() -> None:
    page = coincap.read_assets(
        b'{"timestamp":1,"data":["message",{"id":"bitcoin"}]}', coincap.assets_page(100, "LIVE")
    )
    assert [row["id"] for row in page.records] == ["bitcoin"]
    assert page.rejects == (("", "malformed", "an asset must be an object, got 'message'"),)


@pytest.mark.parametrize("tokens", ["{", "[]", '{"1":5,"56":[5]}', "NaN"])
def test_a_broken_tokens_cell_rejects_its_row_alone(tokens: str) -> None:
    rows = 'id,priceUsd,tokens\nbad,1,"{}"\ngood,1,\n'.format(tokens.replace('"', '""'))
    batch = read(coincap.SOURCE, coincap.SOURCE.quotes, rows.encode())
    assert [reject.record_id for reject in batch.rejects] == ["bad"]
    assert [quote.source_id for quote in batch.quotes] == ["good"]


def test_coincap_carries_its_key_as_a_bearer() -> None:
    assert dict(coincap.origin(SourceSettings("coincap", api_key="k")).headers) == {
        "authorization": "Bearer k"
    }


def test_a_file_of_the_other_upstream_is_not_read() -> None:
    feed = REGISTRY["coincap"].quotes
    body = b"id,priceUsd,upstream\nbitcoin,1,SANDBOX\n"
    live = feed.first_page(SourceSettings("coincap", upstream=Upstream.LIVE))
    with pytest.raises(SourceSkipped, match="holds SANDBOX prices, this run reads LIVE ones"):
        feed.read_page(body, live)
    sandbox = feed.first_page(SourceSettings("coincap", upstream=Upstream.SANDBOX))
    assert len(feed.read_page(body, sandbox).records) == 1


def test_a_file_that_does_not_say_whose_prices_it_has_is_read() -> None:
    feed = REGISTRY["coincap"].quotes
    request = feed.first_page(SourceSettings("coincap", upstream=Upstream.LIVE))
    assert len(feed.read_page(b"id,priceUsd\nbitcoin,1\n", request).records) == 1
