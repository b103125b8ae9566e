"""When to strike: a run is watched from outside until it does something, and then for a random while longer."""

from __future__ import annotations

import random
import time
from enum import StrEnum

import psycopg

from tests.e2e.faults.world import Job, World

BEGINS_WITHIN_SECONDS = 90
LOOK_EVERY_SECONDS = 0.002


class Missed(Exception):  # noqa: N818 - reads as what happened
    """The run was over before the fault came: another moment must be tried."""


class Moment(StrEnum):
    """What a run is doing, as its database shows it."""

    FETCHING = "fetching"
    LANDING = "landing"
    MERGING = "merging"
    PUBLISHING = "publishing"


_SHOWN = {
    Moment.FETCHING: "SELECT 1 FROM etl_runs WHERE flow = 'ingest' AND outcome = 'running'",
    Moment.LANDING: "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle'"
    " AND query ILIKE 'COPY%'",
    Moment.MERGING: "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle'"
    " AND query ILIKE 'MERGE%'",
    Moment.PUBLISHING: "SELECT 1 FROM etl_runs WHERE flow = 'unify' AND outcome = 'running'",
}
_LASTS_SECONDS = {
    Moment.FETCHING: 1.0,
    Moment.LANDING: 0.1,
    Moment.MERGING: 0.1,
    Moment.PUBLISHING: 0.8,
}
"""For about so long it goes on, and the random while lies within."""


def any_moment(chance: random.Random) -> Moment:
    """Draw one."""
    return chance.choice(list(Moment))


def await_moment(world: World, process: Job | None, moment: Moment, chance: random.Random) -> None:
    """Return at a random time while a run does this. Raises `Missed` where the process ends before, or none comes."""
    deadline = time.monotonic() + BEGINS_WITHIN_SECONDS
    with psycopg.connect(world.url, autocommit=True) as connection:
        while not connection.execute(_SHOWN[moment]).fetchone():
            _require_alive(process)
            if time.monotonic() > deadline:
                raise Missed(f"nobody was seen {moment}")
            time.sleep(LOOK_EVERY_SECONDS)
    time.sleep(chance.uniform(0, _LASTS_SECONDS[moment]))
    _require_alive(process)


def _require_alive(process: Job | None) -> None:
    if process and process.poll() is not None:
        said, _ = process.communicate()
        raise Missed(f"the run was over before: {said[-500:]}")
