"""The machine itself: no room on its disk, and a clock that jumps."""

from __future__ import annotations

import random
import time
from pathlib import Path

from tests.e2e.faults.moments import any_moment, await_moment
from tests.e2e.faults.postgres import Unavailable
from tests.e2e.faults.registry import case
from tests.e2e.faults.world import World

FAKETIME = ("faketime/libfaketime.so.1", "libfaketime.so.1")
HOURS = 3


@case("disk-full", "no room on PostgreSQL's disk for some seconds, under a run", in_short=True)
def disk_full(world: World, chance: random.Random) -> None:
    """Fill the disk under a run; PostgreSQL may end of it, and is started again."""
    world.postgres.require_disk()
    with world.start() as run:
        await_moment(world, run, any_moment(chance), chance)
        with world.postgres.full_disk():
            time.sleep(chance.uniform(0.5, 5))
        run.communicate(timeout=120)
    world.postgres.start()
    world.postgres.until_answers()


@case("clock-stepped", f"a run's clock jumps by up to {HOURS} hours back or forward")
def clock_stepped(world: World, chance: random.Random) -> None:
    """Step the clock under a run; the next one has the right time again."""
    clock = world.folder / "clock"
    clock.write_text("+0")
    with world.start(**_faked(clock)) as run:
        await_moment(world, run, any_moment(chance), chance)
        clock.write_text(f"{chance.uniform(-HOURS, HOURS) * 3600:+.0f}")
        said, _ = run.communicate(timeout=150)
    assert run.returncode == 0, said


def _faked(clock: Path) -> dict[str, str]:
    for folder in (*Path("/usr/lib").glob("*-linux-gnu"), Path("/usr/local/lib")):
        for name in FAKETIME:
            if (library := folder / name).exists():
                return {
                    "LD_PRELOAD": str(library),
                    "FAKETIME_TIMESTAMP_FILE": str(clock),
                    "FAKETIME_NO_CACHE": "1",
                    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                }
    raise Unavailable("libfaketime is not installed (Debian: apt install faketime)")
