"""Reading under load: interleaved rounds of every question, number of connections and contender."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

import httpx

from tests.benchmarks.asking.questions import QUESTIONS
from tests.benchmarks.asking.wrk import Shot, shoot
from tests.benchmarks.contenders.roster import WARM
from tests.benchmarks.errors import LoadError
from tests.benchmarks.ground.processes import postmaster, server_cpu
from tests.benchmarks.measures.arena import DATA, Arena, Place, Say
from tests.benchmarks.plan import Plan

NAMES = (*(question.name for question in QUESTIONS), DATA)
WARM_UP_SECONDS = 1
SLOW = 4
"""How much longer a round is where the answers are so slow that few came."""
WARM_UP_CONNECTIONS = 16
FILL_SECONDS = 10
"""For each question, at most: a server that is slower than that fills its cache in the rounds."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of the load generator, with the CPU time that an answer took, in milliseconds."""

    shot: Shot
    server_ms: float
    postgres_ms: float | None


@dataclass(frozen=True, slots=True)
class Key:
    """Who was asked what, over how many connections."""

    contender: str
    question: str
    connections: int


@dataclass(slots=True)
class Reading:
    """What was measured, and what went wrong."""

    rounds: defaultdict[Key, list[Measured]] = field(default_factory=lambda: defaultdict(list))
    rss_mb: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def rps(self, key: Key) -> float | None:
        """Return the median of answers a second."""
        return self._median([one.shot.rps for one in self.rounds[key]])

    def p50_ms(self, key: Key) -> float | None:
        """Return the median of the rounds' medians."""
        return self._median([one.shot.p50_ms for one in self.rounds[key]])

    def p99_ms(self, key: Key) -> float | None:
        """Return the median of the rounds' 99th percentiles."""
        return self._median([one.shot.p99_ms for one in self.rounds[key]])

    def server_ms(self, key: Key) -> float | None:
        """Return the server's CPU time for an answer."""
        return self._median([one.server_ms for one in self.rounds[key]])

    def postgres_ms(self, key: Key) -> float | None:
        """Return Postgres' CPU time for an answer; None also where it runs elsewhere."""
        return self._median([one.postgres_ms for one in self.rounds[key] if one.postgres_ms is not None])

    def ratio(self, question: str, connections: int, contender: str, other: str) -> float | None:
        """Return how many times as many answers one gives as another: the median of the rounds' ratios."""
        ours = self.rounds[Key(contender, question, connections)]
        theirs = self.rounds[Key(other, question, connections)]
        pairs = zip(ours, theirs, strict=False)
        ratios = [one.shot.rps / their.shot.rps for one, their in pairs]
        return median(ratios) if ratios else None

    @staticmethod
    def _median(values: Sequence[float]) -> float | None:
        return median(values) if values else None


def read(found: Arena, database_url: str, plan: Plan, say: Say) -> Reading:
    """Measure everybody."""
    range_ = _Range(plan.seconds, postmaster(database_url))
    _warm_up(found)
    for number in range(plan.rounds):
        for connections in plan.connections:
            for name in NAMES:
                for place in _turned(found.asked(name), number):
                    range_.shoot(place, Key(place.contender.name, name, connections))
        say(f"reading: round {number + 1} of {plan.rounds} is done")
    range_.reading.rss_mb = {place.contender.name: place.program.rss_mb() for place in found.places}
    return range_.reading


@dataclass(slots=True)
class _Range:
    """Where the rounds are shot: it knows who is slow and needs more time."""

    seconds: int
    server: int | None
    reading: Reading = field(default_factory=Reading)
    slow: set[Key] = field(default_factory=set)

    def shoot(self, place: Place, key: Key) -> None:
        """Measure one contender once."""
        try:
            measured = self._once(place, key)
            if key not in self.slow and not measured.shot.is_fair(key.connections):
                self.slow.add(key)
                measured = self._once(place, key)
            self.reading.rounds[key].append(measured)
        except LoadError as why:
            self.reading.failures.append(f"{place.contender.title}, {key.question}: {why}")

    def _once(self, place: Place, key: Key) -> Measured:
        seconds = self.seconds * (SLOW if key in self.slow else 1)
        cpu, postgres = place.program.cpu_seconds(), server_cpu(self.server)
        shot = shoot(_url(place, key.question), place.requests[key.question], key.connections, seconds)
        after, answers = server_cpu(self.server), max(shot.requests, 1)
        used = None if postgres is None or after is None else (after - postgres) / answers * 1000
        return Measured(shot, (place.program.cpu_seconds() - cpu) / answers * 1000, used)


def _turned(places: Sequence[Place], number: int) -> list[Place]:
    """Let somebody else begin in each round."""
    first = number % len(places) if places else 0
    return [*places[first:], *places[:first]]


def _url(place: Place, name: str) -> str:
    return place.program.url + ("" if name == DATA else "/graphql")


def _warm_up(found: Arena) -> None:
    """Let compilers, caches and pools settle; fill the response cache with everything that will be asked."""
    for name in NAMES:
        for place in found.asked(name):
            if place.contender is WARM:
                _ask_all(place, name)
            shoot(_url(place, name), place.requests[name], WARM_UP_CONNECTIONS, WARM_UP_SECONDS)


def _ask_all(place: Place, name: str) -> None:
    json = {"content-type": "application/json"}
    deadline = time.monotonic() + FILL_SECONDS
    with httpx.Client(base_url=place.program.url, timeout=60) as client:
        for line in place.requests[name].read_bytes().splitlines():
            if time.monotonic() > deadline:
                break
            if line.startswith(b"/"):
                client.get(line.decode())
            else:
                client.post("/graphql", content=line, headers=json)
