"""One fault tried once: begin, break, let the next run come, compare."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

from tests.e2e.conftest import eventually
from tests.e2e.faults.comparing import Difference, compare, rows_of
from tests.e2e.faults.moments import Missed
from tests.e2e.faults.registry import Case
from tests.e2e.faults.world import Start, World

MISSES_AT_MOST = 5
RUNS_AT_MOST = 3
PAUSE_SECONDS = 1
_LAST = "SELECT outcome FROM etl_runs WHERE flow = 'etl' ORDER BY id DESC LIMIT 1"
_OPEN = "SELECT flow, source, started_at FROM etl_runs WHERE outcome = 'running'"


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it."""

    seed: int
    start: Start
    difference: Difference
    seconds: float
    """From the moment the fault was lifted to the end of the first clean run."""
    runs: int
    """How many runs that took."""


def attempt(world: World, case: Case, seed: int) -> Trial:
    """Try a case. Raises `Unavailable` where this machine cannot."""
    chance = random.Random(f"{case.name} {seed}")  # noqa: S311 - the same every time is the point
    start = chance.choice(case.starts)
    undisturbed = world.undisturbed(start)
    _inject(world, case, start, chance)
    lifted = time.monotonic()
    runs = _recover(world, case)
    seconds = time.monotonic() - lifted
    found = compare(
        undisturbed, rows_of(world.url), written_down=case.written_down, drawn_from=case.drawn_from
    )
    return Trial(seed, start, found, seconds, runs)


def _inject(world: World, case: Case, start: Start, chance: random.Random) -> None:
    for _ in range(MISSES_AT_MOST):
        world.begin(start)
        try:
            case.inject(world, chance)
        except Missed as missed:
            last = missed
        else:
            return
    raise AssertionError(f"{case.name}: {MISSES_AT_MOST} times the fault came too late; {last}")


def _recover(world: World, case: Case) -> int:
    """Run until a run is clean; returns how many it took. Nothing may be left open after it."""
    for count in range(1, RUNS_AT_MOST + 1):
        said = _run(world, case)
        if world.ask(_LAST) == [("success",)]:
            assert not (left := world.ask(_OPEN)), f"left open after a clean run: {left}"
            return count
        time.sleep(PAUSE_SECONDS)
    raise AssertionError(f"{RUNS_AT_MOST} runs after the fault, and none was clean; the last said: {said}")


def _run(world: World, case: Case) -> object:
    if case.inside:
        return world.run_inside()
    return _under_prefect(world) if case.under_prefect else world.run()


def _under_prefect(world: World) -> str:
    """Have Prefect start the next run; returns how it ended, as Prefect says."""
    eventually(lambda: world.whole.deployment, 60)
    return world.whole.until_ended(world.whole.trigger())
