"""Every fault of the sandbox's catalogue, through a whole run: told, kept, nothing wrong stored, and forgotten the run after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from flows.sandbox.faults.catalogue import FAULTS
from flows.sandbox.faults.times import FAULTS as OF_TIME
from flows.unification import unify_and_publish
from models.outcomes import RunOutcome
from tests.integration.faults.conftest import COINS, Prices, World
from tests.integration.faults.expected import EXPECTED, IDENTITY, Expected
from tests.integration.flows.tables import count, renew_budgets, rows

CLOCKS = {fault.name for fault in OF_TIME}


def test_no_fault_is_left_out() -> None:
    assert EXPECTED.keys() == FAULTS.keys()


@pytest.mark.parametrize(
    "expected", [pytest.param(EXPECTED[name], id=name) for name in FAULTS if name in EXPECTED]
)
async def test_a_run_that_meets_a_fault(world: World, expected: Expected) -> None:
    before = await world.landed(expected.source)
    await _begin(world, expected)
    report = await world.run(expected.source)
    world.mend()
    assert (report.outcome, report.remedy) == (expected.outcome, expected.remedy), report.error
    assert expected.told in (report.error or "")
    assert bool(report.error) == bool(expected.told)
    await _assert_kept(world, expected)
    if not expected.lies:
        _assert_true(await world.landed(expected.source), world.truth(expected.source), before)
    if expected.outcome is RunOutcome.SUCCESS:
        await _assert_published(world, lies=expected.lies)
    await _assert_mended(world, expected)


async def _begin(world: World, expected: Expected) -> None:
    """Let time pass, and the fault befall what comes next; the clock's faults befall at the real time."""
    world.pass_time()
    await renew_budgets(world.shop.sessions)
    if expected.name in CLOCKS:
        world.move(datetime.now(UTC))
    if expected.path == IDENTITY:
        await _forget_identities(world)
    world.befall(expected)


async def _assert_mended(world: World, expected: Expected) -> None:
    """After the fault the next run is clean, and every price is the one that its provider tells."""
    if expected.name in CLOCKS:
        world.move(datetime.now(UTC) + timedelta(minutes=10))
    await renew_budgets(world.shop.sessions)
    if expected.path == IDENTITY:
        await _forget_identities(world)
    report = await world.run(expected.source)
    assert (report.outcome, report.error) == (RunOutcome.SUCCESS, None)
    landed = await world.landed(expected.source)
    truth = world.truth(expected.source)
    assert {name: landed[name] for name in truth} == truth


def _assert_true(landed: Prices, truth: Prices, before: Prices) -> None:
    """Whatever has landed is what the provider tells now, or what it told before."""
    renamed = {f"{name}-renamed": price for name, price in truth.items()}
    allowed = truth | renamed
    wrong = {
        name: price for name, price in landed.items() if price not in {allowed.get(name), before.get(name)}
    }
    assert wrong == {}


async def _assert_published(world: World, *, lies: bool) -> None:
    """What is published joins only listings that cost the same, give or take what an hour changes."""
    assert (await unify_and_publish(world.shop)).problems == ()
    apart = (
        "SELECT a.uid, min(q.price_usd), max(q.price_usd) FROM assets a"
        " JOIN asset_links k ON k.asset_id = a.id AND k.state = 'accepted' AND k.retired_at IS NULL"
        " JOIN quotes q ON q.listing_id = k.listing_id JOIN listings l ON l.id = k.listing_id"
        " WHERE a.price_usd IS NOT NULL"
        " GROUP BY a.uid HAVING max(q.price_usd) > 1.25 * min(q.price_usd)"
    )
    assert lies or await rows(world.shop.sessions, apart) == []
    assert await count(world.shop.sessions, "SELECT count(*) FROM assets WHERE price_usd > 0") > COINS


async def _assert_kept(world: World, expected: Expected) -> None:
    """What could not be used is there, with its reason; the same body for the same reason is kept once."""
    run = "SELECT id, rejected FROM etl_runs WHERE source = :source ORDER BY id DESC LIMIT 1"
    ((run_id, rejected),) = await rows(world.shop.sessions, run, source=expected.source)
    assert bool(rejected) == bool(expected.reasons)
    own = "SELECT DISTINCT reason FROM rejected_records WHERE run_id = :run"
    assert {reason for (reason,) in await rows(world.shop.sessions, own, run=run_id)} <= expected.reasons
    every = "SELECT reason, payload FROM rejected_records WHERE source = :source"
    kept = await rows(world.shop.sessions, every, source=expected.source)
    assert expected.reasons <= {reason for reason, _ in kept}
    assert expected.kept is None or expected.kept in {
        payload for _, payload in kept if isinstance(payload, str)
    }


async def _forget_identities(world: World) -> None:
    """Have the lists of all coins asked for again, which is done once a day."""
    async with world.shop.sessions.begin() as session:
        await session.execute(text("UPDATE etl_checkpoints SET completed_at = NULL WHERE feed = 'identity'"))
