"""The sandbox's time: real by default, movable and frozen for tests."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """Simulated UNIX seconds that pass `speed` times as fast as real ones."""

    def __init__(self, speed: float = 1.0) -> None:
        self.set(None, speed)

    def set(self, at: datetime | None, speed: float) -> None:
        """Move to `at` (None: the real time) and go on from there at `speed`."""
        self.speed = speed
        self._started = time.monotonic()
        self._origin = time.time() if at is None else at.timestamp()

    def now(self) -> float:
        """Tell the time in simulated UNIX seconds."""
        return self._origin + (time.monotonic() - self._started) * self.speed

    def today(self) -> datetime:
        """Tell the simulated time as a datetime."""
        return datetime.fromtimestamp(self.now(), UTC)
