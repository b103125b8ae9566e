"""How far a backfill is: written by those who do it, looked at by whoever shows it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class SourceProgress:
    """How far one source is, in listings, answers and points."""

    listings: int = 0
    done: int = 0
    """Listings of which nothing is left to ask."""
    failed: int = 0
    """Listings that could not be read: the next backfill asks for them again."""
    answers: int = 0
    points: int = 0
    new: int = 0
    """Points that history had not."""
    rejected: int = 0
    rates: int = 0
    """Rates of currencies that history had not."""
    state: str = "waiting"


@dataclass(slots=True)
class Progress:
    """How far a whole backfill is, by source."""

    sources: dict[str, SourceProgress] = field(default_factory=dict)

    @property
    def percent(self) -> float:
        """How many of a hundred listings are done."""
        listings = sum(one.listings for one in self.sources.values())
        return 100 * sum(one.done for one in self.sources.values()) / listings if listings else 0.0
