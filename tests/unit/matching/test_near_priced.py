"""Which listings are matched at all: those with a price, and those that could rival one."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from flows.matching.block import NearPriced, block_keys
from flows.matching.entries import Entry
from flows.matching.normalize import profile
from models.records import Listing, Quote

AT = datetime(2026, 6, 26, tzinfo=UTC)
listings = st.builds(
    Listing,
    source=st.sampled_from(["coingecko", "coinpaprika"]),
    source_id=st.sampled_from(["alpha", "alp-alpha", "beta", "gamma", "delta-9"]),
    symbol=st.sampled_from(["ALP", "BET", None]),
    name=st.sampled_from(["Alpha", "Beta Token", "Gamma", None]),
)
worlds = st.lists(
    st.tuples(listings, st.booleans()), max_size=10, unique_by=lambda one: (one[0].source, one[0].source_id)
)


def _entry(listing: Listing, *, is_priced: bool) -> Entry:
    quote = Quote(listing.source, listing.source_id, price_usd=Decimal(1), fetched_at=AT)
    return replace(Entry(listing), quote=quote if is_priced else None)


@given(worlds)
def test_a_listing_is_matched_that_has_a_price_or_shares_a_key_with_one_that_has(
    world: list[tuple[Listing, bool]],
) -> None:
    entries = [_entry(listing, is_priced=is_priced) for listing, is_priced in world]
    priced_first = sorted(entries, key=lambda entry: entry.quote is None)
    near = NearPriced()
    taken = {entry.key for entry in priced_first if near.takes(entry)}
    priced = [block_keys(profile(entry)) for entry in entries if entry.quote]
    assert taken == {
        entry.key
        for entry in entries
        if entry.quote or any(block_keys(profile(entry)) & keys for keys in priced)
    }
