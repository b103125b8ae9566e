"""Alerts are looked at in the publishing transaction: once for each crossing, whatever crashes."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from sqlalchemy import text

from flows.alerting.check import check_alerts
from models.outcomes import AlertCondition, ChangeWindow
from models.rulings import Merge
from models.store.alerts import NoSuchAlert, delete_alert
from models.store.decisions import carry_out
from models.store.publish import publishing
from tests.integration.alerts.conftest import STANDING, TOLD, alert, price
from tests.integration.decisions.world import NOW, World

ABOVE, BELOW, CHANGE = AlertCondition.ABOVE, AlertCondition.BELOW, AlertCondition.CHANGE_PCT


async def keys(world: World) -> list[str]:
    """Tell what is in the outbox."""
    return [row[0] for row in await world.rows(TOLD)]


async def test_once_for_each_crossing_with_a_margin_for_coming_back(world: World) -> None:
    await price(world, "100")
    number = await alert(world, ABOVE, Decimal(110))
    told = []
    for usd in ("105", "110", "112", "109.5", "111", "108", "110.5", "50"):
        await price(world, usd)
        await world.publish()  # the same once more
        told.append(len(await keys(world)))
    assert told == [0, 1, 1, 1, 1, 1, 2, 2]
    assert await keys(world) == [f"alert:{number}:1", f"alert:{number}:2"]
    assert await world.rows(STANDING) == [("armed", 2)]
    (row, _) = await world.rows(TOLD)
    assert row[1:5] == ("price_alert", "kept", 0, "Bitcoin (BTC) is above 110 USD")


async def test_one_who_asks_late_is_told_at_the_next_publication(world: World) -> None:
    await price(world, "100")
    await alert(world, BELOW, Decimal(150))
    await world.publish()
    assert await world.rows(STANDING) == [("fired", 1)]


async def test_an_old_price_fires_nothing_and_rearms_nothing(world: World) -> None:
    await price(world, "100", minutes_ago=125)
    await alert(world, ABOVE, Decimal(90))
    await world.publish()
    assert await keys(world) == []
    await price(world, "100")
    assert len(await keys(world)) == 1


async def test_sources_that_disagree_fire_nothing(world: World) -> None:
    await price(world, "100")
    await alert(world, ABOVE, Decimal(120))
    await world.land(
        ("coingecko", "bitcoin", "BTC", "Bitcoin", "100"),
        ("coinpaprika", "btc-bitcoin", "BTC", "Bitcoin", "150"),
    )
    await world.publish()
    ((seen, confidence),) = await world.rows("SELECT price_usd, price_confidence FROM assets")
    assert seen > 120
    assert confidence < 0.4
    assert await keys(world) == []


async def test_a_change_is_measured_over_its_window(world: World) -> None:
    await price(world, "100")
    await alert(world, CHANGE, Decimal(-5), ChangeWindow.H24)
    await alert(world, CHANGE, Decimal(-5), ChangeWindow.D7)
    await world.publish()
    assert await keys(world) == [], "nobody told a change: that is not a change of zero, nor one of less"
    async with world.sessions.begin() as session:
        await session.execute(text("UPDATE landed_quotes SET percent_change_24h = -6.5"))
    await world.publish()
    assert await world.rows(STANDING) == [("fired", 1), ("armed", 0)]


async def test_another_currency_is_converted_by_a_rate_of_today(world: World) -> None:
    await price(world, "100")
    rate = "INSERT INTO fx_rates VALUES (:code, :at, 'coingecko', :code, 'fiat', :units)"
    async with world.sessions.begin() as session:
        for code, units in (("usd", 60_000), ("eur", 54_000)):
            await session.execute(text(rate), {"code": code, "units": units, "at": NOW})
    await alert(world, ABOVE, Decimal(95), None, "eur")
    await world.publish()
    assert await world.rows(STANDING) == [("armed", 0)], "100 dollars are 90 euros"
    await price(world, "106")
    assert [row[4] for row in await world.rows(TOLD)] == ["Bitcoin (BTC) is above 95 EUR"]
    async with world.sessions.begin() as session:
        await session.execute(text("UPDATE fx_rates SET observed_at = observed_at - interval '25 hours'"))
    await price(world, "50")
    assert await world.rows(STANDING) == [("fired", 1)], "by an old rate nothing is known"


async def test_an_alert_follows_its_asset_to_the_successor(world: World) -> None:
    await price(world, "100")
    await world.land(("coinpaprika", "old-coin", "OLD", "Old Coin", "1"))
    await world.publish()
    await alert(world, ABOVE, Decimal(90), uid="old-coin")
    await world.publish()
    assert await keys(world) == []
    await carry_out(world.sessions, Merge("old-coin", "bitcoin"), "anna", NOW)
    await price(world, "101")
    assert [row[4] for row in await world.rows(TOLD)] == ["Bitcoin (BTC) is above 90 USD"]


async def test_a_crash_before_the_commit_takes_price_state_and_notification_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await price(world, "100")
    await alert(world, ABOVE, Decimal(110))

    async def crash(*args: object) -> int:
        assert await check_alerts(*args) == 1  # type: ignore[arg-type]
        raise RuntimeError("the machine fails here")

    with monkeypatch.context() as broken:
        broken.setattr("flows.unification.check_alerts", crash)
        with pytest.raises(RuntimeError):
            await price(world, "120")
    assert (await world.numbers("bitcoin"))[0] == 100
    assert (await world.rows(STANDING), await keys(world)) == ([("armed", 0)], [])
    await world.publish()
    assert (await world.numbers("bitcoin"))[0] == 120
    assert await world.rows(STANDING) == [("fired", 1)]
    assert len(await keys(world)) == 1


async def test_publications_at_once_tell_it_once(world: World) -> None:
    await price(world, "100")
    await alert(world, ABOVE, Decimal(90))
    await asyncio.gather(*(world.publish() for _ in range(3)))
    assert len(await keys(world)) == 1


async def test_a_deletion_waits_for_a_publication_instead_of_breaking_it(world: World) -> None:
    await price(world, "100")
    number = await alert(world, ABOVE, Decimal(90))
    async with publishing(world.sessions) as session:
        await session.execute(text("SELECT 1 FROM price_alerts"))
        deletion = asyncio.create_task(delete_alert(world.sessions, number, "anna", NOW))
        await asyncio.sleep(0.2)
        await session.execute(text("UPDATE price_alerts SET state = 'fired'"))
    await deletion
    await world.publish()
    assert await keys(world) == []
    with pytest.raises(NoSuchAlert):
        await delete_alert(world.sessions, number, "anna", NOW)
