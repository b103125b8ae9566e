"""What people decide holds at once, outranks the matcher for ever, and can be taken back."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from models.db import database
from models.queries.assets import current_asset
from models.rulings import Accept, Merge, Reject, Ruling, Split
from models.store.decisions import carry_out
from models.store.standing import AlreadyDecided, DecisionRefused, Entangled, NothingThere
from models.store.undoing import take_back
from tests.integration.decisions.world import LIVE, NOW, UIDS, Coin, World

ALICE = "alice"
GECKO_BTC: Coin = ("coingecko", "bitcoin", "BTC", "Bitcoin", "60000")
PAPRIKA_BTC: Coin = ("coinpaprika", "btc-bitcoin", "BTC", "Bitcoin", "60010")
GECKO_FRAX: Coin = ("coingecko", "frax", "FRAX", "Frax", "1.0")
PAPRIKA_SHARE: Coin = ("coinpaprika", "fxs-frax-share", "FXS", "Frax Share", "5")
MARKET = (GECKO_BTC, PAPRIKA_BTC, GECKO_FRAX, PAPRIKA_SHARE)


@pytest.fixture
async def market(world: World) -> World:
    """Bitcoin from two sources, two coins of one project from one each, published."""
    await world.land(*MARKET)
    await world.publish()
    assert await world.accepted() == {
        ("coingecko", "bitcoin"): "bitcoin",
        ("coinpaprika", "btc-bitcoin"): "bitcoin",
        ("coingecko", "frax"): "frax",
        ("coinpaprika", "fxs-frax-share"): "frax-share",
    }
    return world


async def decide(world: World, ruling: Ruling, by: str = ALICE) -> int:
    """Decide as a person would through the API."""
    return await carry_out(world.sessions, ruling, by, datetime.now(UTC))


async def undo(world: World, decision_id: int, by: str = ALICE) -> None:
    """Undo as a person would through the API."""
    await take_back(world.sessions, decision_id, by, datetime.now(UTC))


async def decisions(world: World) -> list[tuple[object, ...]]:
    """List what was decided."""
    return await world.rows("SELECT id, action, decided_by, undone_by FROM decisions ORDER BY id")


async def answers_for(world: World, uid: str) -> str:
    """Tell which uid answers for a uid."""
    async with world.sessions() as session:
        key = await session.scalar(current_asset(uid))
    ((found,),) = await world.rows(f"SELECT uid FROM assets WHERE id = {key}")
    return str(found)


async def test_a_yes_holds_at_once_and_after_every_run(market: World) -> None:
    await decide(market, Accept(("coinpaprika", "fxs-frax-share"), "frax"))
    for _ in range(2):
        assert (await market.accepted())["coinpaprika", "fxs-frax-share"] == "frax"
        assert await answers_for(market, "frax-share") == "frax"
        await market.publish()
    assert [row for row in await market.rows(LIVE) if row[1] == "fxs-frax-share"] == [
        ("coinpaprika", "fxs-frax-share", "frax", "accepted", ALICE)
    ]


async def test_a_no_makes_an_asset_of_its_own_and_no_run_brings_it_back(market: World) -> None:
    await decide(market, Reject(("coinpaprika", "btc-bitcoin"), "bitcoin"))
    assert await market.numbers("bitcoin") == (None, None, []), (
        "the price was drawn with the listing that left"
    )
    for _ in range(2):
        await market.publish()
        assert (await market.accepted())["coinpaprika", "btc-bitcoin"] == "bitcoin-2"
    price, method, _ = await market.numbers("bitcoin")
    assert (price, method) == (Decimal(60000), "single_source")
    assert (await market.numbers("bitcoin-2"))[0] == Decimal(60010)


async def test_a_merge_gives_a_uid_up_and_history_follows(market: World) -> None:
    await decide(market, Merge("frax-share", "frax"))
    assert await answers_for(market, "frax-share") == "frax"
    await market.publish()
    assert (await market.accepted())["coinpaprika", "fxs-frax-share"] == "frax"
    points = await market.rows(
        "SELECT l.source FROM price_points p JOIN listings l ON l.id = p.listing_id"
        " JOIN asset_links k ON k.listing_id = l.id AND k.state = 'accepted' AND k.retired_at IS NULL"
        " JOIN assets a ON a.id = k.asset_id WHERE a.uid = 'frax' ORDER BY 1"
    )
    assert points == [("coingecko",), ("coinpaprika",)]


async def test_a_split_takes_the_uid_it_is_told_or_the_one_that_was_given_up(market: World) -> None:
    listing = ("coinpaprika", "btc-bitcoin")
    first = await decide(market, Split("bitcoin", (listing,), "another-bitcoin"))
    assert (await market.accepted())[listing] == "another-bitcoin"
    await undo(market, first)
    assert (await market.accepted())[listing] == "bitcoin"
    assert await answers_for(market, "another-bitcoin") == "bitcoin"
    await decide(market, Split("bitcoin", (listing,)))
    assert (await market.accepted())[listing] == "another-bitcoin", "its uid comes back to it"
    await market.publish()
    assert (await market.accepted())[listing] == "another-bitcoin"


@pytest.mark.parametrize(
    "ruling",
    [
        Accept(("coinpaprika", "fxs-frax-share"), "frax"),
        Reject(("coinpaprika", "btc-bitcoin"), "bitcoin"),
        Merge("frax-share", "frax"),
        Split("bitcoin", (("coingecko", "bitcoin"),), "lone"),
    ],
    ids=["accept", "reject", "merge", "split"],
)
async def test_undone_everything_is_as_before(market: World, ruling: Ruling) -> None:
    before = await market.rows(LIVE)
    decision = await decide(market, ruling)
    assert await market.rows(LIVE) != before
    await undo(market, decision, "bob")
    assert await market.rows(LIVE) == before
    await market.publish()
    assert await market.rows(LIVE) == before
    assert (await decisions(market))[0][3] == "bob"


async def test_a_decision_is_undone_only_before_those_it_rests_on(market: World) -> None:
    first = await decide(market, Accept(("coinpaprika", "fxs-frax-share"), "frax"))
    second = await decide(market, Merge("frax", "bitcoin"))
    with pytest.raises(Entangled, match=f"before the later {second}"):
        await undo(market, first)
    await undo(market, second)
    await undo(market, first)
    assert (await market.accepted())["coinpaprika", "fxs-frax-share"] == "frax-share"
    with pytest.raises(DecisionRefused, match="undone already, by alice"):
        await undo(market, first)


REFUSED: dict[str, tuple[Ruling, type[DecisionRefused], str]] = {
    "an unknown listing": (Accept(("coinpaprika", "nobody"), "frax"), NothingThere, "no listing 'nobody'"),
    "an unknown asset": (Reject(("coingecko", "frax"), "nothing"), NothingThere, "no asset 'nothing'"),
    "the only listing": (Reject(("coingecko", "frax"), "frax"), DecisionRefused, "left empty"),
    "all listings": (Split("frax", (("coingecko", "frax"),)), DecisionRefused, "left empty"),
    "a stranger": (Split("bitcoin", (("coingecko", "frax"),)), DecisionRefused, "one of the asset's"),
    "nothing": (Split("bitcoin", ()), DecisionRefused, "one at least"),
    "itself": (Merge("frax", "frax"), DecisionRefused, "the same asset already"),
    "a taken uid": (
        Split("bitcoin", (("coingecko", "bitcoin"),), "frax"),
        DecisionRefused,
        "never used again",
    ),
    "no uid": (Split("bitcoin", (("coingecko", "bitcoin"),), "Not A Uid"), DecisionRefused, "is no uid"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_makes_no_sense_is_refused_and_changes_nothing(market: World, case: str) -> None:
    ruling, error, told = REFUSED[case]
    before = await market.rows(LIVE), await market.rows(UIDS)
    with pytest.raises(error, match=told):
        await decide(market, ruling)
    assert (await market.rows(LIVE), await market.rows(UIDS)) == before
    assert await decisions(market) == []


async def test_the_same_again_is_told_with_the_name_of_who_said_it(market: World) -> None:
    await decide(market, Accept(("coinpaprika", "fxs-frax-share"), "frax"))
    with pytest.raises(AlreadyDecided, match="alice has decided so"):
        await decide(market, Accept(("coinpaprika", "fxs-frax-share"), "frax"), by="bob")


async def test_many_decide_at_once_over_few_connections(market: World, database_url: str) -> None:
    listing = ("coinpaprika", "fxs-frax-share")
    async with database(database_url, pool_size=2) as sessions:
        asked = [carry_out(sessions, Accept(listing, "frax"), f"person {n}", NOW) for n in range(6)]
        ended = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 20)
    assert [type(end).__name__ for end in ended].count("AlreadyDecided") == 5
    assert len(await decisions(market)) == 1


async def test_each_decision_is_a_new_version_and_wakes_whoever_listens(market: World) -> None:
    ((before,),) = await market.rows("SELECT version FROM dataset_version")
    await decide(market, Merge("frax-share", "frax"))
    assert await market.rows("SELECT version FROM dataset_version") == [(before + 1,)]


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_people_do_and_undo_everything_stays_sound(market: World, seed: int) -> None:
    """Random decisions, undone at random, with runs between: the invariants hold, and undoing all restores all."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    before = await market.rows(LIVE)
    made: list[int] = []
    for _ in range(14):
        if made and chance.random() < 0.25:
            with suppress(Entangled):
                await undo(market, chosen := chance.choice(made))
                made.remove(chosen)
        else:
            with suppress(DecisionRefused):
                made.append(await decide(market, await any_ruling(market, chance)))
        await expect_sound(market)
        if chance.random() < 0.3:
            held = await human_links(market)
            await market.publish()
            await expect_sound(market)
            assert await human_links(market) == held, "no run changes what a person decided"
    for decision in reversed(made):
        await undo(market, decision)
    await market.publish()
    await expect_sound(market)
    assert await market.rows(LIVE) == before


async def any_ruling(world: World, chance: random.Random) -> Ruling:
    """Think of something that a person could say."""
    accepted = await world.accepted()
    listing, uid = chance.choice(list(accepted)), chance.choice(list(accepted.values()))
    own = accepted[listing]
    said: list[Ruling] = [
        Accept(listing, uid),
        Reject(listing, own),
        Reject(listing, uid),
        Merge(own, uid),
        Split(own, (listing,)),
    ]
    return chance.choice(said)


async def human_links(world: World) -> list[tuple[object, ...]]:
    """List the links that people decided."""
    return [row for row in await world.rows(LIVE) if row[4] != "matcher"]


async def expect_sound(world: World) -> None:
    """Expect one accepted link for every listing, to an asset that is not given up, and an answer for every uid."""
    once = (
        "SELECT count(*) FILTER (WHERE n = 1) = count(*) FROM (SELECT l.id, count(k.id) n FROM listings l LEFT JOIN"
        " asset_links k ON k.listing_id = l.id AND k.state = 'accepted' AND k.retired_at IS NULL GROUP BY l.id) x"
    )
    assert await world.rows(once) == [(True,)]
    astray = (
        "SELECT count(*) FROM asset_links k JOIN assets a ON a.id = k.asset_id"
        " WHERE k.state <> 'rejected' AND k.retired_at IS NULL AND a.retired_at IS NOT NULL"
    )
    assert await world.rows(astray) == [(0,)]
    assert await world.rows(
        "SELECT count(*) FROM assets WHERE (successor_id IS NULL) <> (retired_at IS NULL)"
    ) == [(0,)]
    for uid, _ in await world.rows(UIDS):
        assert await answers_for(world, uid)
