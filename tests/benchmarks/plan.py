"""How much is measured: the full plan is for the record, the quick one to see whether a change went the right way."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tests.benchmarks.ground.seed import Size


class Part(StrEnum):
    """A part of the benchmark that can be run alone."""

    READ = "read"
    UNSEEN = "unseen"
    LOAD = "load"
    SCALING = "scaling"
    ETL = "etl"


@dataclass(frozen=True, slots=True)
class Plan:
    """Sizes, rounds and seconds."""

    minutes: int
    """About how long all of it takes on two cores."""
    market: Size
    rounds: int
    seconds: int
    """Of one run of the load generator."""
    connections: tuple[int, ...]
    headline: int
    """The number of connections that results.json tells of."""
    unseen: int
    """Documents that nobody has seen before, for each question and server."""
    quotes: int
    merged_by_orm: int
    """Rows for `session.merge`, which is too slow for all of them: rows a second are compared."""
    points: int
    scales: tuple[Size, ...]
    scaling_rounds: int
    etl_rounds: int


FULL = Plan(
    minutes=18,
    market=Size(5_000, 2_000_000),
    rounds=3,
    seconds=2,
    connections=(1, 16, 64),
    headline=64,
    unseen=60,
    quotes=20_000,
    merged_by_orm=5_000,
    points=1_000_000,
    scales=(
        Size(1_000, 1_000_000), Size(10_000, 1_000_000), Size(100_000, 1_000_000), Size(1_000, 10_000_000),
    ),
    scaling_rounds=3,
    etl_rounds=3,
)  # fmt: skip
QUICK = Plan(
    minutes=4,
    market=Size(2_000, 600_000),
    rounds=3,
    seconds=1,
    connections=(64,),
    headline=64,
    unseen=20,
    quotes=20_000,
    merged_by_orm=1_000,
    points=200_000,
    scales=(Size(500, 200_000), Size(5_000, 200_000), Size(500, 2_000_000)),
    scaling_rounds=3,
    etl_rounds=1,
)
