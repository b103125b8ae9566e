"""Processes that are killed or told to end while a run is under way."""

from __future__ import annotations

import random
import signal
import time
from functools import partial

from tests.e2e.faults.moments import Missed, Moment, any_moment, await_moment
from tests.e2e.faults.registry import case
from tests.e2e.faults.world import DATABASE, World

BACKENDS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
STARTUP_SECONDS = 3.0


def _end_run(world: World, chance: random.Random, moment: Moment, how: signal.Signals) -> None:
    with world.start() as run:
        await_moment(world, run, moment, chance)
        run.send_signal(how)
        run.communicate(timeout=60)
    if run.returncode == 0:
        raise Missed("it ended well all the same")


for _moment in Moment:
    case(
        f"run-killed-{_moment}",
        f"kill -9 of a run while it is {_moment}",
        in_short=_moment is Moment.PUBLISHING,
    )(partial(_end_run, moment=_moment, how=signal.SIGKILL))


@case("run-terminated", "SIGTERM of a run at any moment")
def run_terminated(world: World, chance: random.Random) -> None:
    """End a run as a container's stop does."""
    _end_run(world, chance, any_moment(chance), signal.SIGTERM)


@case("refresh-killed", "kill -9 of refresh-csv, which writes the file that the next run reads")
def refresh_killed(world: World, chance: random.Random) -> None:
    """Kill it somewhere between its start and its end, then let the schedule bring the next one."""
    (world.data / "crypto_market.csv").unlink()
    with world.start("flows", "run", "refresh-csv") as refresh:
        time.sleep(chance.uniform(0.5, STARTUP_SECONDS))
        refresh.kill()
    world.run("flows", "run", "refresh-csv")


def _end_postgres(world: World, chance: random.Random, how: signal.Signals) -> None:
    with world.start() as run:
        await_moment(world, run, any_moment(chance), chance)
        world.postgres.signal(how)
        run.communicate(timeout=120)
    world.postgres.until_down()
    world.postgres.start()


case("postgres-killed", "kill -9 of PostgreSQL under a run", in_short=True)(
    partial(_end_postgres, how=signal.SIGKILL)
)
case("postgres-stopped", "PostgreSQL told to stop at once (SIGINT) under a run")(
    partial(_end_postgres, how=signal.SIGINT)
)
case("postgres-terminated", "PostgreSQL told to stop after its clients (SIGTERM) under a run")(
    partial(_end_postgres, how=signal.SIGTERM)
)


@case("backend-killed", "kill -9 of one of PostgreSQL's processes: it restarts all of them")
def backend_killed(world: World, chance: random.Random) -> None:
    """Kill the process that serves one of a run's connections."""
    with world.start() as run:
        await_moment(world, run, any_moment(chance), chance)
        pids = [pid for (pid,) in world.ask(BACKENDS)]
        if not pids:
            raise Missed("the run had no connection")
        world.postgres.signal_to(chance.choice(pids), signal.SIGKILL)
        run.communicate(timeout=120)
    world.postgres.until_answers()


@case("connections-ended", "all of a run's connections are ended by the server")
def connections_ended(world: World, chance: random.Random) -> None:
    """End them as an administrator or a failover does."""
    with world.start() as run:
        await_moment(world, run, any_moment(chance), chance)
        world.postgres.end_connections(DATABASE)
        run.communicate(timeout=120)
