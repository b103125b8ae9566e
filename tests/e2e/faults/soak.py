"""Runs for a long time: what lives on grows neither in memory, nor in open files, nor in connections.

Prices move before each run, so that every one writes and publishes, and every version is read.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median

from tests.e2e.faults.world import Start, World

EVERY_SECONDS = 10
APART = timedelta(seconds=20)
"""Half an hour of them stays in the past, in which the market began."""
READS = (
    "{ datasetVersion assets(first: 50) { nodes { uid price { priceUsd } quotes { source priceUsd } } } }",
    '{ asset(uid: "bitcoin") { candles(interval: H1) { close } links { source method score } } }',
    "{ sources { name } runs(first: 10) { nodes { flow outcome } } market { assets } reviewQueue { totalCount } }",
)
RUNS_AT_LEAST = 9
MB_MORE_AT_MOST, SHARE_MORE_AT_MOST = 4, 0.04
MORE_AT_MOST = 3
_CONNECTIONS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One look, between two runs: megabytes and open files by process, and PostgreSQL's connections."""

    memory: dict[str, float]
    files: dict[str, int]
    connections: int


def soak(world: World, minutes: float) -> list[Sample]:
    """Have Prefect start a run every ten seconds, and look after each."""
    world.begin(Start.BEGUN)
    whole, samples = world.whole, []
    deadline = time.monotonic() + minutes * 60
    while (began := time.monotonic()) < deadline:
        world.move_market(APART)
        whole.until_ended(whole.trigger())
        for read in READS:
            whole.query(read)
        samples.append(_sample(world))
        time.sleep(max(0, EVERY_SECONDS - (time.monotonic() - began)))
    return samples


def leaks(samples: Sequence[Sample]) -> list[str]:
    """Compare the last third with the one before it; the first is for warming up.

    Memory by its median; files and connections by their most, for they come and go by fours.
    """
    if len(samples) < RUNS_AT_LEAST:
        return [f"{len(samples)} runs are too few to tell"]
    third = len(samples) // 3
    before, after = samples[third : 2 * third], samples[2 * third :]
    told = []
    for name in samples[0].memory:
        was, came = (median(sample.memory[name] for sample in part) for part in (before, after))
        if came > was * (1 + SHARE_MORE_AT_MOST) + MB_MORE_AT_MOST:
            told.append(f"{name} grew from {was:.0f} to {came:.0f} MB")
        opened, left = (max(sample.files[name] for sample in part) for part in (before, after))
        if left > opened + MORE_AT_MOST:
            told.append(f"{name} had {opened} files open, and then {left}")
    held, then = (max(sample.connections for sample in part) for part in (before, after))
    if then > held + MORE_AT_MOST:
        told.append(f"PostgreSQL had {held} connections, and then {then}")
    return told


def _sample(world: World) -> Sample:
    doors = {name: process.pid for name, process in world.whole.doors.items()}
    ((connections,),) = world.ask(_CONNECTIONS)
    return Sample(
        {name: _memory_mb(pid) for name, pid in doors.items()},
        {name: len(list(Path(f"/proc/{pid}/fd").iterdir())) for name, pid in doors.items()},
        int(str(connections)),
    )


def _memory_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
