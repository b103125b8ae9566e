"""Readers and subscribers while runs publish: no error, no torn answer, and reading hardly slower.

Between two runs the database is asked what each version's prices are. An answer says which version it is of: every
price in it must be that version's, or it mixes two.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import orjson

from tests.e2e.api_process import api_process
from tests.e2e.faults.crowd import Heard, crowd
from tests.e2e.faults.world import Start, World

READERS, SUBSCRIBERS = 200, 20
WITHIN_TIMES_IDLE = 3
APART = timedelta(minutes=5)
_VERSION = "SELECT version FROM dataset_version"
_ASSETS = "SELECT uid, price_usd FROM assets"
_QUOTES = "SELECT source || ' ' || source_id, price_usd FROM quotes JOIN listings ON id = listing_id"

Prices = Mapping[str, Decimal | None]


@dataclass(frozen=True, slots=True)
class Course:
    """How long the load lasts."""

    warm_seconds: float = 10
    idle_seconds: float = 20
    runs: int = 10


WHOLE, SHORT = Course(), Course(warm_seconds=2, idle_seconds=2, runs=2)


@dataclass(slots=True)
class Load:
    """What was asked of whom, and what they met."""

    course: Course
    truth: dict[int, Prices] = field(default_factory=dict)
    phases: list[tuple[str, float]] = field(default_factory=list)
    """What began when, by the clock that all processes share."""
    heard: Heard = field(default_factory=Heard)

    def begin(self, phase: str) -> None:
        """Say that from now on something else goes on."""
        self.phases.append((phase, time.monotonic()))

    @property
    def seconds(self) -> dict[str, list[float]]:
        """How long answers took, by what went on when they were asked for."""
        return self._by_phase([(read.at, read.seconds) for read in self.heard.reads])

    @property
    def late(self) -> dict[str, list[float]]:
        """How late the readers themselves were."""
        return self._by_phase([(read.at, read.late) for read in self.heard.reads])

    @property
    def torn(self) -> int:
        """How many answers said something that is not of the version they named."""
        pages = [(orjson.loads(body)["data"], count) for body, count in self.heard.answers.items()]
        updates = [(orjson.loads(word)["payload"]["data"], count) for word, count in self.heard.told.items()]
        said = [(one["datasetVersion"], one["first"]["nodes"] + one["again"]["nodes"], n) for one, n in pages]
        said += [
            (one["priceUpdates"]["datasetVersion"], one["priceUpdates"]["assets"], n) for one, n in updates
        ]
        return sum(n for version, assets, n in said if not self._is_of(version, assets))

    @property
    def wrong(self) -> list[str]:
        """List what was not as promised, however fast the machine is."""
        bad = {status: count for status, count in self.heard.statuses.items() if status != "200"}
        said = {
            f"answers that were not 200: {bad}": bad,
            f"{self.torn} torn answers": self.torn,
            "nobody read anything": not self.heard.answers,
            "no subscriber was told anything": not self.heard.told,
            "nothing was published": len(self.truth) <= self.course.runs,
        }
        return [problem for problem, is_one in said.items() if is_one]

    @property
    def problems(self) -> list[str]:
        """List what was not as promised, with how much slower reading was."""
        ratio = p99(self.seconds["during runs"]) / p99(self.seconds["idle"])
        slow = [f"reads took {ratio:.1f} times as long during runs"] if ratio > WITHIN_TIMES_IDLE else []
        return self.wrong + slow

    def _by_phase(self, measured: Sequence[tuple[float, float]]) -> dict[str, list[float]]:
        found: dict[str, list[float]] = {phase: [] for phase, _ in self.phases}
        for at, value in measured:
            begun = [phase for phase, since in self.phases if since <= at]
            if begun:
                found[begun[-1]].append(value)
        return found

    def _is_of(self, version: int, assets: list[dict[str, Any]]) -> bool:
        said = {one["uid"]: _price(one["price"]) for one in assets}
        for one in assets:
            said |= {f"{q['source']} {q['sourceId']}": _price(q) for q in one.get("quotes", ())}
        return said.items() <= self.truth.get(version, {}).items()


def p99(values: Sequence[float]) -> float:
    """The value that one of a hundred is above."""
    return sorted(values)[int(len(values) * 0.99)]


def load(world: World, course: Course = WHOLE) -> Load:
    """Read and subscribe, at first while nothing runs, then while runs follow each other."""
    world.begin(Start.BEGUN)
    world.look_after()
    found = Load(course)
    _learn(world, found)
    with (
        api_process(world.url, RATE_LIMIT="", DATABASE_READ_CONNECTIONS="8") as api,
        crowd(api.url, READERS, SUBSCRIBERS) as end,
    ):
        found.begin("warming up")
        time.sleep(course.warm_seconds)
        found.begin("idle")
        time.sleep(course.idle_seconds)
        found.begin("during runs")
        for _ in range(course.runs):
            world.move_market(APART)
            world.run()
            _learn(world, found)
        found.heard = end()
    return found


def _learn(world: World, found: Load) -> None:
    """Ask the database, while nothing runs, what the prices of its version are."""
    ((version,),) = world.ask(_VERSION)
    found.truth[int(str(version))] = dict(world.ask(_ASSETS) + world.ask(_QUOTES))  # type: ignore[arg-type]


def _price(said: dict[str, Any] | None) -> Decimal | None:
    price = said and said["priceUsd"]
    return Decimal(price) if price is not None else None
