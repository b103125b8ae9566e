"""Runs that come together, and tables that are brought up to date under them."""

from __future__ import annotations

import random
import time
from contextlib import ExitStack

from tests.e2e.faults.moments import any_moment, await_moment
from tests.e2e.faults.registry import case
from tests.e2e.faults.world import Start, World

MIGRATES_WITHIN_SECONDS = 2.0


@case("two-runs", "two runs started by hand at once")
def two_runs(world: World, chance: random.Random) -> None:
    """Start one, and another within the same second."""
    _together(world, chance, ("flows", "run", "etl"), ("flows", "run", "etl"))


@case("run-and-unify", "a run, and two unify by hand, at once")
def run_and_unify(world: World, chance: random.Random) -> None:
    """Let three want to publish."""
    _together(world, chance, ("flows", "run", "etl"), *[("flows", "run", "unify")] * 2)


@case("sources-apart", "each source's own run by hand, all at once")
def sources_apart(world: World, chance: random.Random) -> None:
    """Let every source come by itself, beside a run of all."""
    names = ("coingecko", "coinpaprika", "coincap")
    _together(
        world, chance, ("flows", "run", "etl"), *[("flows", "run", "etl", "--source", name) for name in names]
    )


def _together(world: World, chance: random.Random, *commands: tuple[str, ...]) -> None:
    with ExitStack() as running:
        runs = []
        for command in commands:
            runs.append(running.enter_context(world.start(*command)))
            time.sleep(chance.uniform(0, 1))
        for run in runs:
            said, _ = run.communicate(timeout=150)
            assert run.returncode == 0, said


@case(
    "migration-killed",
    "kill -9 of a migration half-way",
    starts=(Start.BARE, Start.OLDER),
    in_short=True,
)
def migration_killed(world: World, chance: random.Random) -> None:
    """Kill it at any time of its two seconds; the next run brings the tables up to date itself."""
    with world.start("models", "upgrade") as upgrade:
        time.sleep(chance.uniform(0.3, MIGRATES_WITHIN_SECONDS))
        upgrade.kill()


@case("upgrade-under-run", "an upgrade while a run goes on that has just upgraded", starts=(Start.OLDER,))
def upgrade_under_run(world: World, chance: random.Random) -> None:
    """Upgrade under a run, as a new version that is installed does."""
    with world.start() as run:
        await_moment(world, run, any_moment(chance), chance)
        world.run("models", "upgrade")
        said, _ = run.communicate(timeout=150)
        assert run.returncode == 0, said
