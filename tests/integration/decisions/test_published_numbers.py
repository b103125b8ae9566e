"""What publication adds to the matcher: listings without a price, candidates that lost, prices judged by their past."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tests.integration.decisions.world import LIVE, NOW, World


async def test_a_rare_symbol_is_rare_among_all_coins_not_only_among_priced_ones(world: World) -> None:
    """The only priced coin of a symbol is not the only coin: the other source's is the one that is called like it."""
    await world.land(
        ("coingecko", "moonbeam", "MOON", "Moonbeam", "1.0"),
        ("coingecko", "moon-rabbit", "MOON", "Moon Rabbit", None),
        ("coinpaprika", "moon-moon-rabbit", "MOON", "Moon Rabbit", "0.5"),
    )
    await world.publish()
    found = await world.accepted()
    assert found["coinpaprika", "moon-moon-rabbit"] == found["coingecko", "moon-rabbit"] == "moon-rabbit"
    assert found["coingecko", "moonbeam"] == "moonbeam"


async def test_what_has_no_price_and_is_near_nothing_is_not_published(world: World) -> None:
    await world.land(
        ("coingecko", "bitcoin", "BTC", "Bitcoin", "60000"),
        ("coingecko", "unheard-of", "UNH", "Unheard Of", None),
        ("coinpaprika", "unh-unheard-of", "UNH", "Unheard Of", None),
    )
    await world.publish()
    assert set((await world.accepted()).values()) == {"bitcoin"}


async def test_candidates_that_lost_are_kept_with_their_reasons(world: World) -> None:
    await world.land(
        ("coingecko", "atlas", "ATL", "Atlas", "1.0"),
        ("coinpaprika", "atl-atlas", "ATL", "Atlas", "1.0"),
        ("coinpaprika", "atl-atlas-protocol", "ATL", "Atlas Protocol", "9.0"),
    )
    await world.publish()
    first = await world.rows(LIVE)
    others = [row for row in first if row[3] != "accepted"]
    assert others
    assert {row[4] for row in others} == {"matcher"}
    reasons = await world.rows(
        "SELECT reasons FROM asset_links WHERE state <> 'accepted' AND retired_at IS NULL"
    )
    assert all("ATL" in " ".join(told) for (told,) in reasons)
    version = (await world.publish()).version
    assert (await world.publish()).version == version
    assert await world.rows(LIVE) == first


async def test_of_two_prices_far_apart_the_one_that_left_its_own_past_is_left_out(world: World) -> None:
    coins = [("coingecko", "bitcoin", "BTC", "Bitcoin"), ("coinpaprika", "btc-bitcoin", "BTC", "Bitcoin")]
    for hours in range(6, 0, -1):
        at = NOW - timedelta(hours=hours)
        await world.land(*((*coin, str(60_000 + hours)) for coin in coins), at=at)
    await world.publish()
    assert (await world.numbers("bitcoin"))[1] == "weighted_median"
    await world.land((*coins[0], "60010"), (*coins[1], "6000"))
    await world.publish()
    price, method, inputs = await world.numbers("bitcoin")
    assert (price, method) == (Decimal(60010), "single_source")
    (out,) = [used for used in inputs if not used["is_used"]]
    assert (out["source"], out["price_usd"]) == ("coinpaprika", "6000")
    assert "from its own recent median" in out["reason"]
