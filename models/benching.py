"""When a source that fails is left alone, and for how long. Pure arithmetic.

A job that failed so many times in a row is benched: scheduled runs pass it over for a while, which doubles with each
failure more. What only a person can mend is benched at once, for the longest while. One run that brings something in
ends it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from models.outcomes import RunOutcome

DOUBLINGS_AT_MOST = 32
"""More would be no number of seconds that a date can bear."""


@dataclass(frozen=True, slots=True)
class Bench:
    """How much is borne, as the settings say it."""

    after: int
    """Failures in a row; 0: whatever happens, every run tries."""
    first_seconds: float
    longest_seconds: float

    def seconds(self, failures: int) -> float:
        """Say for how long so many failures in a row bench."""
        if not self.after or failures < self.after:
            return 0.0
        doublings = min(failures - self.after, DOUBLINGS_AT_MOST)
        return min(self.first_seconds * 2.0**doublings, self.longest_seconds)


@dataclass(frozen=True, slots=True)
class End:
    """How a run of a job ended. One that was skipped is none."""

    outcome: RunOutcome
    reason: str | None = None
    remedy: str | None = None
    is_its_fault: bool = True
    """Whether a failure counts: the source was asked, and what went wrong did so there."""
    is_for_a_person: bool = False
    """Whether trying again cannot help until a person did something."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a job stands: a row of `source_jobs`."""

    outcome: RunOutcome
    failures: int = 0
    failing_since: datetime | None = None
    benched_until: datetime | None = None
    reason: str | None = None
    remedy: str | None = None


def after(before: Standing | None, end: End, bench: Bench | None, now: datetime) -> Standing:
    """Say how a job stands after a run. `bench` is None for what asks nobody: that is always tried."""
    told = Standing(end.outcome, reason=end.reason, remedy=end.remedy)
    if end.outcome is not RunOutcome.FAILED:
        return told
    was = before or told
    told = replace(
        told,
        failures=was.failures + end.is_its_fault,
        failing_since=was.failing_since or now,
        benched_until=was.benched_until,
    )
    if bench is None or not end.is_its_fault:
        return told
    seconds = _seconds(end, bench, told.failures)
    return replace(told, benched_until=now + timedelta(seconds=seconds) if seconds else None)


def _seconds(end: End, bench: Bench, failures: int) -> float:
    if end.is_for_a_person and bench.after:
        return bench.longest_seconds
    return bench.seconds(failures)
