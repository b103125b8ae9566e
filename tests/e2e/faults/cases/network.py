"""The network between a run and what it needs: reset, cut for a while, or silent."""

from __future__ import annotations

import random
import time
from functools import partial

from tests.e2e.faults.moments import Moment, any_moment, await_moment
from tests.e2e.faults.registry import case
from tests.e2e.faults.wire import Wire
from tests.e2e.faults.world import World

FEW_SECONDS = (0.2, 6.0)


def _moment(wire: str, chance: random.Random) -> Moment:
    """Choose a moment at which a run needs this wire."""
    return Moment.FETCHING if wire == "to_upstream" else any_moment(chance)


def _cut(world: World, chance: random.Random, wire: str) -> None:
    cuttable: Wire = getattr(world, wire)
    with world.start() as run:
        await_moment(world, run, _moment(wire, chance), chance)
        cuttable.cut()
        time.sleep(chance.uniform(*FEW_SECONDS))
        cuttable.mend()
        run.communicate(timeout=150)


def _stall(world: World, chance: random.Random, wire: str) -> None:
    stalling: Wire = getattr(world, wire)
    with world.start() as run:
        await_moment(world, run, _moment(wire, chance), chance)
        with stalling.stalled():
            time.sleep(chance.uniform(*FEW_SECONDS))
        run.communicate(timeout=150)


for _to, _whom in (("to_postgres", "PostgreSQL"), ("to_upstream", "the providers")):
    _written = ("rejected_records",) if _to == "to_upstream" else ()
    _name = _to.removeprefix("to_")
    case(
        f"network-cut-{_name}",
        f"the network between a run and {_whom} is cut for up to 6 s",
        written_down=_written,
        in_short=_to == "to_postgres",
    )(partial(_cut, wire=_to))
    case(
        f"network-silent-{_name}",
        f"the network between a run and {_whom} says nothing for up to 6 s, then it is reset",
        written_down=_written,
    )(partial(_stall, wire=_to))
