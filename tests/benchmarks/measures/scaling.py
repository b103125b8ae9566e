"""How Q3 and Q5 of ours fare as the market grows: the same server on databases of several sizes, and the plans."""

from __future__ import annotations

from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from tests.benchmarks import ours
from tests.benchmarks.asking.wrk import shoot
from tests.benchmarks.contenders.roster import COLD
from tests.benchmarks.ground.postgres import fresh_database
from tests.benchmarks.ground.seed import Size, seed, uid
from tests.benchmarks.measures.arena import Arena, Say, arena
from tests.benchmarks.plan import Plan

QUESTIONS = ("Q3", "Q4", "Q5")
POINTS_ASKED_FOR = 250
CONNECTIONS = 1


def asked(size: Size) -> list[str]:
    """List the questions that a market of this size can answer in full: Q4 wants enough points of each asset."""
    return [name for name in QUESTIONS if name != "Q4" or size.points >= POINTS_ASKED_FOR * size.assets]


@dataclass(slots=True)
class Scaling:
    """Medians of latency by size and question, and how Postgres finds the rows."""

    p50_ms: defaultdict[tuple[Size, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    plans: dict[tuple[Size, str], str] = field(default_factory=dict)
    buffers: dict[tuple[Size, str], int] = field(default_factory=dict)
    """8 KiB pages touched."""

    def median_ms(self, size: Size, question: str) -> float | None:
        """Return the median of the rounds' medians."""
        found = self.p50_ms[size, question]
        return median(found) if found else None

    def growth(self, question: str, small: Size, large: Size) -> float | None:
        """Return how many times as long it takes in a larger market: the median of the rounds' ratios."""
        pairs = zip(self.p50_ms[large, question], self.p50_ms[small, question], strict=False)
        ratios = [one / other for one, other in pairs]
        return median(ratios) if ratios else None


def scale(server_url: str, folder: Path, plan: Plan, say: Say) -> Scaling:
    """Seed a database of each size, serve them all at once, and measure in interleaved rounds."""
    scaling = Scaling()
    with ExitStack() as stack:
        arenas: dict[Size, Arena] = {}
        for size in plan.scales:
            url = stack.enter_context(fresh_database(server_url))
            say(f"scaling: {size}, seeded in {seed(url, size):.0f} s")
            own = folder / f"{size.assets}-{size.points}"
            own.mkdir()
            arenas[size] = stack.enter_context(arena(url, size, own, lambda _: None, (COLD,)))
            _explain(scaling, url, size)
        for number in range(plan.scaling_rounds + 1):
            for question in QUESTIONS:
                for size in (size for size in plan.scales if question in asked(size)):
                    place = arenas[size].places[0]
                    shot = shoot(
                        f"{place.program.url}/graphql", place.requests[question], CONNECTIONS, plan.seconds
                    )
                    if number:  # the first round is for warming up
                        scaling.p50_ms[size, question].append(shot.p50_ms)
    return scaling


def _explain(scaling: Scaling, url: str, size: Size) -> None:
    with psycopg.connect(url) as connection:
        middle = uid(size.assets // 2)
        found = connection.execute(
            "SELECT market_cap_usd, id FROM assets WHERE uid = %s", [middle]
        ).fetchone()
        cap, key = found or (Decimal(0), 0)
        statements = ours.statements(middle, cap, middle, key)
        for name, statement in ((name, statements[name]) for name in asked(size)):
            explain = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF, FORMAT {}) "
            connection.execute("SET jit = off")
            connection.execute(statement)  # what it reads is in memory from here on
            told = connection.execute(explain.format("TEXT") + statement).fetchall()
            scaling.plans[size, name] = "\n".join(str(line) for (line,) in told)
            measured = connection.execute(explain.format("JSON") + statement).fetchone()
            scaling.buffers[size, name] = _touched(measured[0][0]["Plan"]) if measured else 0


def _touched(plan: dict[str, Any]) -> int:
    return int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])
