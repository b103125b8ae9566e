"""A PostgreSQL that lives, and gives a run no connection, no lock or no time."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg

from tests.e2e.faults.moments import Missed, any_moment, await_moment
from tests.e2e.faults.registry import case
from tests.e2e.faults.world import DATABASE, World

WRITTEN = ("listings", "raw_records", "landed_quotes", "price_points", "quotes", "assets", "etl_runs")
"""Tables of which a run writes at least some."""
SLOTS = 60
WAITING = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@contextmanager
def _refusing(world: World) -> Iterator[None]:
    world.postgres.execute("ALTER DATABASE {} ALLOW_CONNECTIONS false", DATABASE)
    try:
        yield
    finally:
        world.postgres.execute("ALTER DATABASE {} ALLOW_CONNECTIONS true", DATABASE)


@case("refuses-at-start", "PostgreSQL refuses connections when a run begins")
def refuses_at_start(world: World, _chance: random.Random) -> None:
    """Start a run that cannot get in: it must say so and end."""
    with _refusing(world), world.start() as run:
        said, _ = run.communicate(timeout=60)
    assert run.returncode, said
    assert "DATABASE_URL" in said, said


@case("refuses-later", "PostgreSQL refuses further connections, and ends those there are, under a run")
def refuses_later(world: World, chance: random.Random) -> None:
    """Shut the door behind a run, and throw it out."""
    with world.start() as run:
        await_moment(world, run, any_moment(chance), chance)
        with _refusing(world):
            world.postgres.end_connections(DATABASE)
            run.communicate(timeout=120)


@case(
    "too-many-connections",
    "others take every connection that PostgreSQL has left, under a run",
)
def too_many_connections(world: World, chance: random.Random) -> None:
    """Take all slots at a random time of a run, some seconds long."""
    with world.start() as run, ExitStack() as held:
        time.sleep(chance.uniform(0.5, 4))
        if run.poll() is not None:
            raise Missed("it was over before")
        for _ in range(SLOTS):
            try:
                held.enter_context(psycopg.connect(world.postgres.url))
            except psycopg.OperationalError:
                break
        time.sleep(chance.uniform(1, 5))
        held.close()
        run.communicate(timeout=120)


def _hold_lock(world: World, chance: random.Random, seconds: float, **environment: str) -> str:
    """Hold one of the tables locked for a time, once a run is under way; returns what the run said."""
    with world.start(**environment) as run:
        await_moment(world, run, any_moment(chance), chance)
        with psycopg.connect(world.url) as holder:
            holder.execute(f"LOCK TABLE {chance.choice(WRITTEN)} IN ACCESS EXCLUSIVE MODE")
            time.sleep(seconds)
            holder.rollback()
        said, _ = run.communicate(timeout=120)
    return said


@case("table-locked", "somebody holds a table locked for seconds, under a run")
def table_locked(world: World, chance: random.Random) -> None:
    """Let a run wait for a lock."""
    _hold_lock(world, chance, chance.uniform(1, 6))


@case(
    "statement-timeout",
    "statements take longer than DATABASE_STATEMENT_TIMEOUT_SECONDS, under a run",
)
def statement_timeout(world: World, chance: random.Random) -> None:
    """Let it wait for a lock for longer than a statement may take."""
    said = _hold_lock(world, chance, 4, DATABASE_STATEMENT_TIMEOUT_SECONDS="1")
    if "statement timeout" not in said:
        raise Missed("no statement was in the way of the lock")


@case("deadlock", "a run and somebody else each wait for what the other one has locked")
def deadlock(world: World, chance: random.Random) -> None:
    """Lock what a page's transaction writes last, wait until one waits for it, then ask for what it wrote first."""
    with psycopg.connect(world.url) as rival, world.start() as run:
        time.sleep(chance.uniform(0, 1))
        rival.execute("LOCK TABLE etl_checkpoints IN SHARE ROW EXCLUSIVE MODE")
        while not world.ask(WAITING):
            if run.poll() is not None:
                raise Missed("it was over before")
            time.sleep(0.01)
        try:
            rival.execute("LOCK TABLE raw_records IN ACCESS EXCLUSIVE MODE")
        except psycopg.errors.DeadlockDetected:
            told = "deadlock detected"
        else:
            told = ""
        rival.rollback()
        said, _ = run.communicate(timeout=120)
    assert "deadlock detected" in told + said, said
