"""One price from several: inside its inputs, honest about what it left out."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from flows.matching.entries import Entry
from flows.matching.merge import NONE_FRESH, SINGLE_SOURCE, WEIGHTED_MEDIAN, merge_asset, unify_price
from models.records import AssetIdentity, Listing, Quote

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WINDOW = timedelta(minutes=15)


def quoted(source: str, price: str, *, minutes: float = 1, **numbers: Decimal | int) -> Entry:
    quote = Quote(source, "x", NOW - timedelta(minutes=minutes), Decimal(price), **numbers)  # type: ignore[arg-type]
    return Entry(
        Listing(source, "x", symbol="btc", name=f"Bitcoin of {source}"), quote, is_fresh=minutes <= 15
    )


prices = st.decimals("0.00000001", "1000000", allow_nan=False, allow_infinity=False, places=8)
sources = st.sampled_from(["coingecko", "coinpaprika", "coincap", "mine", "yours"])
quotes = st.builds(
    lambda source, price, minutes: quoted(source, str(price), minutes=minutes),
    sources,
    prices,
    st.floats(-5, 60),
)
assets = st.lists(quotes, max_size=5, unique_by=lambda entry: entry.key)


@given(assets)
def test_the_price_lies_between_the_inputs_used(entries: list[Entry]) -> None:
    found = unify_price(entries, NOW, WINDOW)
    used = [one.price_usd for one in found.inputs if one.is_used]
    assert len(found.inputs) == len(entries)
    assert 0 <= found.confidence <= 1
    if found.price_usd is None:
        assert not used
        assert (found.method, found.spread, found.as_of, found.confidence) == (NONE_FRESH, None, None, 0)
    else:
        assert min(used) <= found.price_usd <= max(used)
        assert (found.spread is None) == (len(used) == 1)


@given(assets, st.randoms(use_true_random=False))
def test_the_order_of_inputs_changes_nothing(entries: list[Entry], random: object) -> None:
    shuffled = list(entries)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert unify_price(shuffled, NOW, WINDOW) == unify_price(entries, NOW, WINDOW)


def test_one_source_alone_gives_its_price_with_less_confidence() -> None:
    alone = unify_price([quoted("coingecko", "100")], NOW, WINDOW)
    two = unify_price([quoted("coingecko", "100"), quoted("coinpaprika", "100.1")], NOW, WINDOW)
    assert (alone.price_usd, alone.method, alone.spread) == (Decimal(100), SINGLE_SOURCE, None)
    assert two.method == WEIGHTED_MEDIAN
    assert 0 < alone.confidence < two.confidence


def test_an_old_number_is_never_dressed_as_new() -> None:
    found = unify_price([quoted("coingecko", "100", minutes=16)], NOW, WINDOW)
    assert found.price_usd is None
    assert "stale" in found.inputs[0].reason
    assert found.inputs[0].price_usd == Decimal(100)


def test_the_price_is_as_old_as_its_oldest_input() -> None:
    found = unify_price(
        [quoted("coingecko", "100", minutes=2), quoted("coinpaprika", "101", minutes=9)], NOW, WINDOW
    )
    assert found.as_of == NOW - timedelta(minutes=9)


def test_an_outlier_is_shown_and_left_out() -> None:
    entries = [quoted("coingecko", "100"), quoted("coinpaprika", "101"), quoted("coincap", "900")]
    found = unify_price(entries, NOW, WINDOW)
    assert found.price_usd is not None
    assert 100 <= found.price_usd <= 101
    left_out = [one for one in found.inputs if not one.is_used]
    assert [one.source for one in left_out] == ["coincap"]
    assert left_out[0].reason.startswith("outlier")
    assert found.confidence < unify_price(entries[:2], NOW, WINDOW).confidence


def test_of_two_that_disagree_the_one_that_left_its_own_median_is_out() -> None:
    entries = [quoted("coingecko", "100"), quoted("coinpaprika", "900")]
    recent = {("coingecko", "x"): Decimal(99), ("coinpaprika", "x"): Decimal(101)}
    assert unify_price(entries, NOW, WINDOW, recent).price_usd == Decimal(100)
    both = unify_price(entries, NOW, WINDOW)
    assert all(one.is_used for one in both.inputs)
    assert both.confidence < 0.3


def test_a_more_trusted_majority_weighs_more() -> None:
    entries = [quoted("coingecko", "100"), quoted("coinpaprika", "100"), quoted("yours", "110")]
    assert unify_price(entries, NOW, WINDOW).price_usd == Decimal(100)


def test_fields_come_from_the_most_trusted_listing_that_has_them() -> None:
    entries = [
        quoted("mine", "3", volume_usd_24h=Decimal(3), rank=3),
        quoted("coinpaprika", "3", market_cap_usd=Decimal(2), rank=2),
        quoted("coingecko", "3", minutes=99, rank=1, max_supply=Decimal(9)),
    ]
    asset = merge_asset(
        AssetIdentity("bitcoin", "BTC", "Bitcoin"), entries, unify_price(entries, NOW, WINDOW)
    )
    assert (asset.uid, asset.symbol, asset.name) == ("bitcoin", "BTC", "Bitcoin of coingecko")
    assert (asset.rank, asset.market_cap_usd, asset.volume_usd_24h) == (2, Decimal(2), Decimal(3))
    assert asset.max_supply is None
    assert asset.percent_change_1h is None


def test_an_asset_without_listings_keeps_its_identity() -> None:
    asset = merge_asset(AssetIdentity("gone", "GON", "Gone"), [], unify_price([], NOW, WINDOW))
    assert (asset.uid, asset.symbol, asset.name, asset.price.price_usd) == ("gone", "GON", "Gone", None)
