"""The market: the real coins are sound, the tail is plausible, and the three providers agree within half a percent."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from flows.sandbox.chains import CHAIN_BY_ID
from flows.sandbox.coins import Coin, read_coins
from flows.sandbox.market import DAY, Market
from flows.sandbox.views import View
from flows.sandbox.walk import ANCHOR

SEED, SIZE = 20260101, 6_000
NOW = ANCHOR + 200 * DAY + 12_345
ADDRESSES = {
    "evm": re.compile(r"0x[0-9a-f]{40}"),
    "solana": re.compile(r"[1-9A-HJ-NP-Za-km-z]{32,44}"),
    "tron": re.compile(r"T[1-9A-HJ-NP-Za-km-z]{33}"),
}


@pytest.fixture(scope="module")
def market() -> Market:
    return Market(SEED, SIZE)


@pytest.fixture(scope="module")
def views(market: Market) -> list[View]:
    return [
        View(market, "coingecko", refresh=60, jitter=5),
        View(market, "coinpaprika", refresh=60, jitter=5),
        View(market, "coincap", refresh=10, jitter=2),
    ]


@pytest.fixture(scope="module")
def real() -> list[Coin]:
    return read_coins()


def test_at_least_300_real_coins_are_ranked(real: list[Coin]) -> None:
    assert sum(coin.is_ranked for coin in real) >= 300


def test_the_largest_coins_are_known_to_all_three_under_their_own_ids(real: list[Coin]) -> None:
    by_key = {coin.key: coin for coin in real}
    ids = {provider: naming.id for provider, naming in by_key["ripple"].names.items()}
    assert ids == {"coingecko": "ripple", "coinpaprika": "xrp-xrp", "coincap": "xrp"}
    assert by_key["tether"].names["coincap"].name == "Tether USDt"


def test_the_real_coins_hold_the_traps_of_the_real_world(real: list[Coin]) -> None:
    symbols = Counter(coin.names["coingecko"].symbol for coin in real)
    assert sum(count > 1 for count in symbols.values()) >= 50
    assert any(coin.price_usd is None for coin in real)
    assert any(not coin.is_ranked and coin.price_usd is not None for coin in real)
    assert any(coin.price_usd is not None and coin.price_usd < 1e-9 for coin in real)
    assert all(any(provider not in coin.names for coin in real) for provider in ("coinpaprika", "coincap"))


@pytest.mark.parametrize("provider", ["coingecko", "coinpaprika", "coincap"])
def test_ids_are_unique_at_each_provider(market: Market, provider: str) -> None:
    ids = [coin.names[provider].id for coin in market.coins if provider in coin.names]
    assert len(ids) == len(set(ids))


def test_addresses_are_unique_and_well_formed(market: Market) -> None:
    places = [place for coin in market.coins for place in coin.addresses]
    assert len(places) == len(set(places)) > 4_000
    for chain, address in places:
        assert chain in CHAIN_BY_ID
        assert ADDRESSES.get(chain, ADDRESSES["evm"]).fullmatch(address), (chain, address)


def test_only_tokens_have_addresses(market: Market) -> None:
    assert all(coin.kind == "token" for coin in market.coins if coin.addresses)


def test_what_a_coin_moves_with_exists(real: list[Coin]) -> None:
    known = {coin.key for coin in real} | {"usd", "eur", "xau"}
    assert {coin.moves_with for coin in real} <= known
    assert {coin.twin_of for coin in real if coin.twin_of} <= known


def test_a_smaller_market_is_the_beginning_of_a_larger_one(market: Market) -> None:
    assert Market(SEED, 1_500).coins == market.coins[:1_500]


def test_another_seed_makes_another_tail_behind_the_same_real_coins(market: Market, real: list[Coin]) -> None:
    other = Market(SEED + 1, 1_500)
    assert other.coins[: len(real)] == market.coins[: len(real)]
    assert other.coins[len(real) :] != market.coins[len(real) : 1_500]


def test_symbols_collide_about_as_often_as_in_the_real_lists() -> None:
    coins = Market(SEED, 17_000).coins
    counts = Counter(coin.names["coingecko"].symbol for coin in coins if "coingecko" in coin.names)
    shared = [count for count in counts.values() if count > 1]
    assert sum(shared) / counts.total() == pytest.approx(6_652 / 17_000, abs=0.05)
    assert sum(shared) / len(shared) == pytest.approx(6_652 / 2_310, abs=0.5)


@pytest.mark.parametrize("later", [0, 61, 3_600, 100 * DAY])
def test_providers_agree_within_half_a_percent(market: Market, views: list[View], later: float) -> None:
    now, compared = NOW + later, 0
    for coin in market.coins:
        prices = [v.price(coin, v.as_of(coin, now)) for v in views if v.provider in coin.names]
        seen = [price for price in prices if price is not None]
        if len(seen) > 1:
            compared += 1
            assert max(seen) / min(seen) - 1 <= 0.005
    assert compared > 2_000


def test_providers_do_not_simply_copy_each_other(market: Market, views: list[View]) -> None:
    bitcoin = next(coin for coin in market.coins if coin.key == "bitcoin")
    assert len({view.price(bitcoin, view.as_of(bitcoin, NOW)) for view in views}) == 3


def test_each_provider_lags_by_less_than_two_minutes(market: Market, views: list[View]) -> None:
    lags = [NOW - v.as_of(c, NOW) for v in views for c in market.coins[:500] if v.provider in c.names]
    assert min(lags) >= 0
    assert 60 < max(lags) < 120


def test_standing_is_ordered_by_market_cap_with_the_unranked_last(market: Market, views: list[View]) -> None:
    standing = views[0].standing(NOW)
    caps = [market.market_cap(coin, standing.at) for coin in standing.coins]
    ranked = [cap for cap in caps if cap is not None]
    assert caps[: len(ranked)] == sorted(ranked, reverse=True)
    assert len(ranked) == len(standing.ranks) < len(caps)
    assert standing.ranks[standing.coins[0].key] == 1


def test_a_coin_that_stopped_trading_keeps_its_last_price_and_time(market: Market, views: list[View]) -> None:
    stopped = [c for c in market.coins if c.stopped_at is not None and c.price_usd and "coingecko" in c.names]
    assert stopped
    for coin in stopped:
        assert views[0].as_of(coin, NOW) == views[0].as_of(coin, NOW + DAY) == coin.stopped_at
        assert market.price(coin, NOW) == market.price(coin, NOW + 50 * DAY)


def test_every_active_coin_that_somebody_trades_has_a_price_now(views: list[View]) -> None:
    for view in views:
        for coin in view.coins:
            price = view.price(coin, view.as_of(coin, NOW))
            assert (price is not None and price > 0) is (coin.price_usd is not None), coin


def test_before_its_listing_a_coin_has_no_price(market: Market) -> None:
    bitcoin = market.coins[0]
    assert market.price(bitcoin, bitcoin.listed_at - 1) is None
    assert market.price(bitcoin, bitcoin.listed_at) is not None


def test_wrapped_coins_move_with_their_original(market: Market) -> None:
    by_key = {coin.key: coin for coin in market.coins}
    ratios = set()
    for at in (ANCHOR, NOW, NOW + 300 * DAY):
        wrapped, plain = market.price(by_key["wrapped-bitcoin"], at), market.price(by_key["bitcoin"], at)
        assert wrapped is not None
        assert plain is not None
        ratios.add(round(wrapped / plain, 9))
    assert len(ratios) == 1
