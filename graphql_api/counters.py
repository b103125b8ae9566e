"""What this process counted since it began: /stats/debug and /metrics show it."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass, field

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds up to which durations are told apart."""


@dataclass(slots=True)
class Timings:
    """How often something took how long. `counts` has one number for each of `BOUNDS`, and one for what took longer."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds


@dataclass(slots=True)
class Counters:
    """Plain numbers: counting must cost a request nothing that it would notice."""

    cache_hits: int = 0
    cache_misses: int = 0
    cache_joined: int = 0
    """Requests that waited for what another had asked already."""
    cache_bypasses: int = 0
    """Requests while somebody published, or nothing was heard from the database."""
    cache_stand_ins: int = 0
    """Answers of before, given while the database was away."""
    planned: int = 0
    fallbacks: Counter[str] = field(default_factory=Counter)
    """Operations that Strawberry's own execution answered, by the reason."""
    errors: Counter[str] = field(default_factory=Counter)
    """What GraphQL's clients were told went wrong, by its code."""
    requests: defaultdict[tuple[str, int], Timings] = field(default_factory=lambda: defaultdict(Timings))
    """How long answers took to begin, by operation and status."""
    lag: Timings = field(default_factory=Timings)
    """How late the event loop came round to what it was to do."""
