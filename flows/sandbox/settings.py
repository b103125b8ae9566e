"""What a sandbox is started with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """The whole behaviour of a sandbox: two with equal settings and equal clocks answer the same bytes."""

    seed: int = 20260101
    size: int = 20_000
    """How many coins the market has: the real ones first, then generated ones."""
    speed: float = 1.0
    """Simulated seconds per real second; 0 stands still."""
    replay: Path | None = None
    """A folder of recorded bodies to serve in place of the simulated lists."""
    replay_files: Mapping[str, str] = field(default_factory=dict)
    """Which recording serves a feed where several fit: `{"coingecko/markets": "file.json"}`; default the newest."""
    rate_limits: bool = False
    """Whether the providers' limits per minute and second are enforced."""
    scenario: Path | None = None
    """A file of faults to begin with."""
