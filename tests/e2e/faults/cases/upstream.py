"""Providers that answer wrongly, slowly or not at all: every fault of the sandbox's catalogue.

Where a fault befalls, and how it is ordered there, is what the integration tests expect of it: see `expected`.
"""

from __future__ import annotations

import random
from datetime import timedelta
from functools import partial

from flows.sandbox.faults.catalogue import FAULTS
from flows.sandbox.faults.reply import Fault, Kind
from tests.e2e.faults.registry import ORDINARY, SETTLED, case
from tests.e2e.faults.world import Start, World
from tests.fixtures.bad_answers import CAP
from tests.integration.faults.expected import EXPECTED, IDENTITY

QUICK = {"READ_TIMEOUT_SECONDS": "2", "ANSWER_TIMEOUT_SECONDS": "4", "RETRY_ATTEMPTS": "2"}
"""A provider that says nothing is given up soon: what is late for two seconds is late for ever."""


AGO = {"clock_ahead": timedelta(minutes=70)}
A_WHILE_AGO = timedelta(minutes=10)
"""How long ago wrong things were told. What a clock told that was an hour fast must be past by now, as it is in time."""
TOLD = ("raw_records", "fx_rates", "asset_links")
"""Where everything is kept that was ever told, and every doubt that it gave rise to, retired by now."""
LIES = ("held_quotes", "held_points")
"""Where prices are kept that a guard held. They may have spoken for a link, or against it."""
MORE_TOLD = {
    "renamed_ids": {"listings", "landed_quotes", "quotes"},
    "unknown_field": {"source_drift"},
}
MORE_DRAWN = {"renamed_ids": {"assets", "asset_links"}}
"""Others' assets and links may differ where there are more coins of the same names."""
GROUPS = {
    Kind.TRANSPORT: "a provider's right answers come late, cut, badly packed or as a bomb",
    Kind.ANSWER: "a provider answers with each error, limit, refusal or page that any has been seen to answer",
    Kind.DATA: "a provider tells what is wrong, twice, half, stale or not at all",
}


def _befall(world: World, chance: random.Random, fault: Fault) -> None:
    """Let a run meet it whatever it asks for, then let the pause be over that it may have asked for.

    What tells something wrong tells it some minutes ago: a provider is not believed twice for the same moment.
    """
    expected = EXPECTED[fault.name]
    ago = AGO.get(fault.name, A_WHILE_AGO) if fault.kind is Kind.DATA else timedelta()
    order = {
        "path_prefix": expected.path,
        "fault": fault.name,
        "from_request": expected.from_request,
        "times": 0,
        "seconds": expected.seconds,
        "seed": chance.randrange(1_000),
    }
    with world.earlier(ago), world.befallen(order):
        if expected.path == CAP:
            world.refresh_inside(**QUICK)
        world.run_inside(**QUICK)
    if expected.path == CAP:
        world.refresh_inside()
    if expected.path == IDENTITY:
        world.forget_lists()
    world.forget_pauses()


def _told_in(fault: Fault) -> set[str]:
    """Name the tables in which something is kept of a fault, as it should be."""
    told = {"rejected_records"}
    if fault.kind is Kind.DATA:
        told.update(TOLD, LIES if EXPECTED[fault.name].lies else ())
    return told | MORE_TOLD.get(fault.name, set())


def _drawn_from(fault: Fault) -> set[str]:
    """Name the tables that are drawn from all that was ever told."""
    if fault.kind is not Kind.DATA:
        return set()
    by_prices = {"asset_links"} if EXPECTED[fault.name].lies else set()
    return {"price_points", "price_candles"} | by_prices | MORE_DRAWN.get(fault.name, set())


def _starts(fault: Fault) -> tuple[Start, ...]:
    if EXPECTED[fault.name].path == IDENTITY:
        return (Start.DUE,)
    return SETTLED if fault.kind is Kind.DATA else ORDINARY


def _enter(fault: Fault) -> None:
    case(
        f"upstream-{fault.name.replace('_', '-')}",
        f"a provider's answers: {fault.sentence.removesuffix('.')}",
        starts=_starts(fault),
        written_down=_told_in(fault),
        drawn_from=_drawn_from(fault),
        inside=True,
        once=fault.kind is not Kind.DATA,
        group=GROUPS[fault.kind],
    )(partial(_befall, fault=fault))


for _fault in FAULTS.values():
    _enter(_fault)
