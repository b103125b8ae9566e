"""What this process counted since it began, for whoever wonders how it answers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Counters:
    """Plain numbers; /stats/debug shows them."""

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
