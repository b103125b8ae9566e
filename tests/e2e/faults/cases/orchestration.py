"""The same under Prefect: its server, its worker, a run's process and the API are killed, cut off, or come twice.

The API is read from all the while: it needs neither Prefect nor that nobody writes.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from tests.e2e.conftest import eventually
from tests.e2e.faults.moments import Missed, any_moment, await_moment
from tests.e2e.faults.reading import Answer, ask, reading
from tests.e2e.faults.registry import case
from tests.e2e.faults.world import World

AWAY_SECONDS = (0.0, 5.0)


def _under_run(world: World, chance: random.Random) -> str:
    """Have Prefect start a run, and return at some moment of it."""
    run = world.whole.trigger()
    await_moment(world, None, any_moment(chance), chance)
    return run


def _until_quiet(world: World) -> None:
    """Wait until no run goes on: one that outlived its worker ends by itself."""
    eventually(lambda: not world.whole.flows, 150)


@case("flow-killed", "kill -9 of a run's process under Prefect", under_prefect=True)
def flow_killed(world: World, chance: random.Random) -> None:
    """Kill it; its worker sees that."""
    run = _under_run(world, chance)
    pids = world.whole.flows
    if not pids:
        raise Missed("it was over before")
    os.kill(pids[0], signal.SIGKILL)
    world.whole.until_ended(run)


def _end(world: World, chance: random.Random, door: str, how: signal.Signals) -> None:
    with _readers(world, *([Answer.NOTHING] if door == "api" else [])):
        _under_run(world, chance)
        world.whole.end(door, how)
        time.sleep(chance.uniform(*AWAY_SECONDS))
        world.whole.open(door)
        _until_quiet(world)
        eventually(lambda: ask(world.whole.api_url) is Answer.FRESH)


@contextmanager
def _readers(world: World, *also: Answer) -> Iterator[None]:
    """Read from the API for the length of the block: it answers with the data all the while, or `also` so."""
    eventually(lambda: ask(world.whole.api_url) is Answer.FRESH)
    with reading(world.whole.api_url) as heard:
        yield
    assert heard[Answer.FRESH], heard
    assert heard.keys() <= {Answer.FRESH, *also}, heard


for _door, _name in (("worker", "Prefect's worker"), ("server", "Prefect's server"), ("api", "the API")):
    for _how, _word in ((signal.SIGKILL, "killed"), (signal.SIGTERM, "terminated")):
        _said = "kill -9" if _how is signal.SIGKILL else "SIGTERM"
        case(
            f"{_door}-{_word}",
            f"{_said} of {_name} under a run",
            in_short=_how is signal.SIGKILL,
            under_prefect=True,
        )(partial(_end, door=_door, how=_how))


@case("two-triggers", "two runs asked of Prefect at once, and one by hand", under_prefect=True)
def two_triggers(world: World, chance: random.Random) -> None:
    """Ask twice, and do not wait for either before starting one without Prefect."""
    asked = [world.whole.trigger(), world.whole.trigger()]
    time.sleep(chance.uniform(0, 4))
    world.run()
    for run in asked:
        world.whole.until_ended(run)


@case("two-workers", "two of Prefect's workers, of which one is killed", under_prefect=True)
def two_workers(world: World, chance: random.Random) -> None:
    """Start another worker, kill the first under a run, and put that one in its place again."""
    world.whole.open("second worker")
    _under_run(world, chance)
    world.whole.end("worker", signal.SIGKILL)
    _until_quiet(world)
    world.whole.end("second worker", signal.SIGTERM)
    world.whole.open("worker")


@case(
    "server-cut-off",
    "the network between Prefect's server and all others is cut, under a run",
    under_prefect=True,
)
def server_cut_off(world: World, chance: random.Random) -> None:
    """Cut it for some seconds."""
    with _readers(world):
        _under_run(world, chance)
        world.whole.to_server.cut()
        time.sleep(chance.uniform(*AWAY_SECONDS))
        world.whole.to_server.mend()
        _until_quiet(world)
