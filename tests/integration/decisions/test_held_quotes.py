"""Quotes that a guard holds, from landing to publication: kept out, kept whole, and accepted when there is reason to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from flows.settings import FlowSettings
from flows.workshop import open_workshop
from models.outcomes import HoldState
from models.store.holds import HoldSettled, NoSuchHold, reject, release
from tests.factories import make_run
from tests.integration.decisions.world import NOW, Coin, World
from tests.integration.flows.tables import VOLATILE, differences, dump

RUN = timedelta(minutes=20)
HOLDS = "SELECT price_usd, reason, state, times_seen FROM held_quotes ORDER BY id"
HISTORY = "SELECT observed_at, price_usd FROM price_points ORDER BY observed_at"
HELD_BECAUSE = "SELECT held_because FROM quotes"


def coin(price: str, source: str = "coingecko") -> Coin:
    """Bitcoin as a source tells it."""
    return source, f"bitcoin-of-{source}", "btc", "Bitcoin", price


async def passes(world: World, *prices: str, published: bool = True) -> None:
    """Land one coin pass by pass, the last one now; each is published."""
    for number, price in enumerate(prices, start=1 - len(prices)):
        await world.land(coin(price), at=NOW + number * RUN)
        if published:
            await world.publish()


async def price_of(world: World) -> Decimal | None:
    """Tell Bitcoin's unified price."""
    ((price,),) = await world.rows("SELECT price_usd FROM assets")
    return price  # type: ignore[no-any-return] # a column's value


async def holds(world: World) -> Sequence[tuple[object, ...]]:
    """List what is and was held."""
    return await world.rows(HOLDS)


async def test_a_glitch_is_held_and_the_last_good_price_stays(world: World) -> None:
    await passes(world, "100", "100", "10000")
    price, method, (told,) = await world.numbers("bitcoin-of-coingecko")
    assert (price, method) == (100, "single_source")
    assert told["is_used"]
    assert told["reason"] == (
        "used; a newer price is held: its price is 100 times its recent median of 100 US dollars, "
        "as if told in a unit 100 times smaller"
    )
    assert await holds(world) == [(10000, "unit_flip", "held", 1)]
    assert "100 times" in (await world.rows(HELD_BECAUSE))[0][0]
    assert [row[1] for row in await world.rows(HISTORY)] == [100, 100]
    assert await world.rows("SELECT max(high_usd) FROM price_candles") == [(100,)]


async def test_after_a_glitch_everything_is_as_if_it_had_not_been(
    world: World, second_database_url: str, folder: Path
) -> None:
    await passes(world, "100", "101", "10000", "102")
    glitched = await dump(
        world.sessions, ("etl_runs", "held_quotes", "held_points", "dataset_version"), VOLATILE
    )
    settings = FlowSettings(
        database_url=second_database_url, data_dir=folder, first_publication_waits_seconds=0
    )
    async with open_workshop(settings) as shop:
        calm = World(shop)
        for number, price in ((-3, "100"), (-2, "101"), (0, "102")):
            await calm.land(coin(price), at=NOW + number * RUN)
            await calm.publish()
        spared = await dump(
            shop.sessions, ("etl_runs", "held_quotes", "held_points", "dataset_version"), VOLATILE
        )
    assert differences(glitched, spared) == {}
    assert await holds(world) == [(10000, "unit_flip", "withdrawn", 1)]
    assert await world.rows("SELECT price_usd FROM held_points") == [(10000,)], "and nothing is thrown away"


async def test_a_price_that_stays_is_accepted_with_its_third_observation_and_all_of_its_history(
    world: World,
) -> None:
    await passes(world, "100", "2.5", "2.4")
    assert await price_of(world) == 100
    assert (await world.publish()).held == 1
    await world.land(coin("2.6"), at=NOW + RUN)
    report = await world.publish()
    assert (report.held, report.confirmed) == (0, 1)
    assert await price_of(world) == Decimal("2.6")
    assert await holds(world) == [(Decimal("2.6"), "jump", "confirmed", 3)]
    assert [row[1] for row in await world.rows(HISTORY)] == [
        100,
        Decimal("2.5"),
        Decimal("2.4"),
        Decimal("2.6"),
    ]
    assert await world.rows("SELECT min(low_usd), sum(points) FROM price_candles WHERE seconds = 3600") == [
        (Decimal("2.4"), 4)
    ]
    await world.land(coin("2.7"), at=NOW + 2 * RUN)
    assert (await world.publish()).held == 0, (
        "what is near the accepted price passes, whatever the old median"
    )
    assert await price_of(world) == Decimal("2.7")


async def test_the_same_observation_again_is_no_confirmation(world: World) -> None:
    await passes(world, "100", "5000")
    for _ in range(3):
        await world.land(coin("5000"))
        await world.publish()
    assert await holds(world) == [(5000, "jump", "held", 1)]


async def test_a_third_price_is_held_anew(world: World) -> None:
    await passes(world, "100", "5000", "300000")
    assert await holds(world) == [(5000, "jump", "withdrawn", 1), (300000, "jump", "held", 1)]


async def test_an_old_page_that_comes_again_withdraws_nothing(world: World) -> None:
    await passes(world, "100", "101", "5000")
    await world.land(coin("101"), at=NOW - RUN)
    assert await holds(world) == [(5000, "jump", "held", 1)]


async def test_a_doubtful_page_that_is_overtaken_is_not_held_again(world: World) -> None:
    await passes(world, "100", "5000", "101")
    await world.land(coin("5000"), at=NOW - RUN)
    assert await holds(world) == [(5000, "jump", "withdrawn", 1)]
    assert [row[1] for row in await world.rows(HISTORY)] == [100, 101]


async def test_another_source_confirms_at_once(world: World) -> None:
    for number, price in ((-2, "100"), (-1, "101")):
        await world.land(coin(price), coin(price, "coinpaprika"), at=NOW + number * RUN)
    await world.publish()
    await world.land(coin("1.01"), coin("1.02", "coinpaprika"))
    assert (await world.publish()).confirmed == 2
    ((price,),) = await world.rows("SELECT price_usd FROM assets")
    assert Decimal("1.01") <= price <= Decimal("1.02")
    because = await world.rows("SELECT settled_because FROM held_quotes ORDER BY id")
    assert because == [("coinpaprika said so too",), ("coingecko said so too",)]


async def test_repetition_confirms_nothing_that_another_source_contradicts(world: World) -> None:
    for number, price in ((-4, "100"), (-3, "10000"), (-2, "10000"), (-1, "10000"), (0, "10000")):
        await world.land(coin(price), coin("100", "coinpaprika"), at=NOW + number * RUN)
        await world.publish()
    assert await holds(world) == [(10000, "unit_flip", "held", 4)]
    assert await price_of(world) == 100


async def test_publishing_again_changes_nothing(world: World) -> None:
    await passes(world, "100", "10000")
    before, version = await dump(world.sessions, ("etl_runs",)), (await world.publish()).version
    assert differences(before, await dump(world.sessions, ("etl_runs",))) == {}
    assert (await world.publish()).version == version


async def test_a_person_releases_what_is_held(world: World) -> None:
    await passes(world, "100", "10000")
    ((hold_id,),) = await world.rows("SELECT id FROM held_quotes")
    await release(world.sessions, hold_id, "ann", NOW, note="a new unit")
    await world.publish()
    assert await price_of(world) == 10000
    assert [row[1] for row in await world.rows(HISTORY)] == [100, 10000]
    assert await world.rows("SELECT state, settled_by, settled_because FROM held_quotes") == [
        (HoldState.RELEASED, "ann", "a new unit")
    ]
    assert await world.rows(HELD_BECAUSE) == [(None,)]
    with pytest.raises(HoldSettled, match="waits no more: it is released already"):
        await release(world.sessions, hold_id, "bob", NOW)
    with pytest.raises(NoSuchHold, match="no held quote 77"):
        await release(world.sessions, 77, "bob", NOW)


async def rejected(world: World) -> int:
    """Have a price held, and a person reject it; its hold's key."""
    await passes(world, "100", "10000")
    ((hold_id,),) = await world.rows("SELECT id FROM held_quotes")
    assert isinstance(hold_id, int)
    await reject(world.sessions, hold_id, "ann", NOW, note="cents")
    return hold_id


async def say(world: World, *prices: str) -> None:
    """Let the source say prices after that, a run after the other."""
    for number, price in enumerate(prices, start=1):
        await world.land(coin(price), at=NOW + number * RUN)
        await world.publish()


async def test_what_a_person_rejected_stays_out_however_often_and_by_whomever_it_is_said(
    world: World,
) -> None:
    await rejected(world)
    await say(world, "10100", "9900", "10000", "10000")
    await world.land(coin("10000", "coinpaprika"), at=NOW + 4 * RUN)
    await world.publish()
    assert await holds(world) == [(10000, "unit_flip", "rejected", 5)]
    assert await world.rows("SELECT settled_by, settled_because, went_back_at FROM held_quotes") == [
        ("ann", "cents", None)
    ]
    landed = "SELECT price_usd FROM landed_quotes q JOIN listings l ON l.id = listing_id WHERE source = 'coingecko'"
    assert await world.rows(landed) == [(100,)]


async def test_what_was_rejected_stays_out_when_days_have_made_its_past_forgotten(world: World) -> None:
    await rejected(world)
    async with world.sessions.begin() as session:
        await session.execute(text("DELETE FROM price_candles"))
    await say(world, "10000")
    assert await holds(world) == [(10000, "unit_flip", "rejected", 2)]
    await say(world, "10000", "110")
    assert await price_of(world) == 110


async def test_a_rejection_is_over_when_the_source_goes_back_and_the_same_is_then_judged_anew(
    world: World,
) -> None:
    await rejected(world)
    await say(world, "101", "10000")
    assert await holds(world) == [
        (10000, "unit_flip", "rejected", 1),
        (10000, "unit_flip", "held", 1),
    ]
    assert await world.rows("SELECT went_back_at IS NULL FROM held_quotes ORDER BY id") == [(False,), (True,)]
    assert await price_of(world) == 101


async def test_a_person_may_release_what_another_rejected_and_both_are_told(world: World) -> None:
    hold_id = await rejected(world)
    await say(world, "10000")
    with pytest.raises(HoldSettled, match="it is rejected already"):
        await reject(world.sessions, hold_id, "bob", NOW)
    await release(world.sessions, hold_id, "bob", NOW, note="redenominated")
    ((by, because),) = await world.rows("SELECT settled_by, settled_because FROM held_quotes")
    assert (by, because) == (
        "bob",
        f"redenominated; rejected by ann at {NOW:%Y-%m-%d %H:%M} UTC before; cents",
    )
    await world.publish()
    assert await price_of(world) == 10000
    assert [row[1] for row in await world.rows(HISTORY)] == [100, 10000, 10000]


async def test_what_was_rejected_and_went_back_is_released_no_more(world: World) -> None:
    hold_id = await rejected(world)
    await say(world, "101")
    with pytest.raises(HoldSettled, match="it is rejected already"):
        await release(world.sessions, hold_id, "bob", NOW)


async def test_a_source_that_answers_without_news_is_told(world: World) -> None:
    hours = timedelta(hours=1)
    await world.land(coin("100"), at=NOW - 5 * hours)
    await world.land(coin("1", "coinpaprika"))
    async with world.sessions.begin() as session:
        await make_run(session, "coingecko", started_at=NOW - 4 * hours)
    assert (await world.publish()).problems == (), "nobody has asked it of late"
    async with world.sessions.begin() as session:
        await make_run(session, "coingecko")
        await make_run(session, "coinpaprika", started_at=NOW - 4 * hours)
        await make_run(session, "coinpaprika")
    (problem,) = (await world.publish()).problems
    assert problem == (
        "coingecko: it answers, but has had nothing newer for 3 hours; its quotes grow stale: see whether the provider "
        "has frozen"
    )


async def test_a_source_that_was_not_asked_of_late_does_not_stand_still(
    database_url: str, folder: Path
) -> None:
    settings = FlowSettings(
        database_url=database_url,
        data_dir=folder,
        fresh_for_seconds=12 * 3600,
        first_publication_waits_seconds=0,
    )
    async with open_workshop(settings) as shop:
        world = World(shop)
        await world.land(
            *(("coingecko", f"c{n}", f"c{n}", f"Coin {n}", "1") for n in range(10)), at=NOW - 12 * RUN
        )
        await world.land(("coinpaprika", "other", "oth", "Other", "1"))
        assert (await world.publish()).problems == ()
        assert (await world.numbers("c0"))[0] == 1


async def test_a_source_that_stands_still_is_stale_whatever_its_times_say(world: World) -> None:
    coins: list[Coin] = [("coingecko", f"c{n}", f"c{n}", f"Coin {n}", str(n + 1)) for n in range(10)]
    await world.land(*coins, at=NOW - timedelta(hours=4))
    await world.land(*coins)
    report = await world.publish()
    (problem,) = report.problems
    assert problem == (
        "coingecko: every price, market cap and volume has been the same for 3 hours, under new times; its quotes "
        "count as stale until one moves: see whether the provider has frozen"
    )
    price, method, (told,) = await world.numbers("c0")
    assert (price, method) == (None, "none_fresh")
    assert told["reason"] == "stale: coingecko has said the same of every coin for 180 min"
    assert await world.rows("SELECT outcome FROM etl_runs WHERE flow = 'unify'") == [("partial",)]
    await world.land(("coingecko", "c0", "c0", "Coin 0", "1.5"), at=NOW + RUN)
    assert (await world.publish()).problems == ()
    assert (await world.numbers("c0"))[0] == Decimal("1.5")
