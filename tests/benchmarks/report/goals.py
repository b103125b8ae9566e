"""What the figures must reach, and whether they do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any

Record = dict[str, Any]
Value = float | None


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound on one figure."""

    says: str
    found: Callable[[Record], Value]
    at_least: float | None = None
    at_most: float | None = None

    def is_met(self, value: float) -> bool:
        """Tell whether a figure is within the bound."""
        above = self.at_least is None or value >= self.at_least
        return above and (self.at_most is None or value <= self.at_most)


def _at(record: Record, *path: str) -> Any:  # noqa: ANN401 - JSON is any
    for name in path:
        record = (record or {}).get(name)  # type: ignore[assignment]
    return record


def _all(record: Record, section: str, name: str) -> list[float]:
    return [one[name] for one in (_at(record, section) or {}).values() if one and one.get(name) is not None]


def _if_any(reduce: Callable[[Iterable[float]], float], values: list[float]) -> Value:
    return reduce(values) if values else None


def _worst_p99(record: Record) -> Value:
    pairs = [
        (_at(record, "cold", name, "p99_ms"), _at(record, "peers", "postgraphile", name, "p99_ms"))
        for name in _at(record, "cold") or {}
    ]
    return _if_any(max, [ours / theirs for ours, theirs in pairs if ours and theirs])


def _worst_growth(record: Record) -> Value:
    growths = [_at(record, "scaling", what, name) for what in ("assets", "points") for name in ("Q3", "Q5")]
    return _if_any(max, [growth for growth in growths if growth is not None])


GOALS = (
    Goal("cold, the slowest question: times PostGraphile's answers a second",
         lambda r: _if_any(min, _all(r, "cold", "vs_postgraphile")), at_least=1.5),
    Goal("cold, the median question: times PostGraphile's",
         lambda r: _if_any(median, _all(r, "cold", "vs_postgraphile")), at_least=3),
    Goal("cold, the worst question's p99 as a part of PostGraphile's", _worst_p99, at_most=1),
    Goal("cold, resident memory in MB", lambda r: _at(r, "rss_mb", "kasparro"), at_most=150),
    Goal("warm, the slowest question: times PostGraphile's",
         lambda r: _if_any(min, _all(r, "warm", "vs_postgraphile")), at_least=10),
    Goal("warm, a page of `/data`: times the FastAPI build's",
         lambda r: _at(r, "data_page", "kasparro_warm", "vs_fastapi"), at_least=10),
    Goal("a document never seen before, the worst question: PostGraphile's time as a multiple of ours",
         lambda r: _if_any(min, _all(r, "unseen_document", "vs_postgraphile")), at_least=1),
    Goal("Q3 and Q5, p50 in the largest market as a multiple of the smallest's", _worst_growth, at_most=2),
    Goal("20,000 quotes, all changed: part of raw COPY's rows a second",
         lambda r: _at(r, "load", "quotes_vs_copy"), at_least=0.5),
    Goal("20,000 quotes, all changed: times dlt's merge", lambda r: _at(r, "load", "quotes_vs_dlt"), at_least=5),
    Goal("20,000 quotes, none changed: times as fast as all changed",
         lambda r: _at(r, "load", "unchanged_vs_changed"), at_least=2),
    Goal("history: part of raw COPY's rows a second", lambda r: _at(r, "load", "points_vs_copy"), at_least=0.5),
    Goal("a whole run, the first into an empty database: seconds from Running to its end",
         lambda r: _at(r, "etl_run", "first", "seconds"), at_most=5),
    Goal("a whole run, peak memory in MB", lambda r: _at(r, "etl_run", "first", "peak_rss_mb"), at_most=200),
)  # fmt: skip
