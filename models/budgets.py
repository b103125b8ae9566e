"""A source's budget: how many requests a minute, how much a month, and whose turn it is. Pure arithmetic.

A tenth of what the provider lets through in its window may go at once, the rest is spread over it: so no window ever
sees more than the plan allows. Half of that tenth is for current prices alone, and of the month as much as they will
need until its end: history takes what is left, and never has them wait.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import ceil

from models.outcomes import Purpose

AT_ONCE = 0.1
"""The part of a window's requests that may go at once."""
SHRUNK_AT_MOST = 16
"""To so small a part of the plan's rate refusals may shrink it."""
RECOVERY_SECONDS = 3600
"""In this time a rate that was shrunk to nothing would be the plan's again."""
LONGEST_PAUSE_SECONDS = 86_400.0
"""Whatever a provider asks for, after a day it is asked again."""
DAY_SECONDS = 86_400
_NEARLY = 1e-6


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the plan and the settings allow."""

    requests_per_minute: float
    a_month: int | None = None
    """Calls or credits; None: no end."""
    window_seconds: float = 60
    """Over so long the provider counts requests."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How a source's budget stands: a row of `source_budgets`."""

    requests_per_minute: float
    allowed_per_minute: float
    tokens: float
    refilled_at: datetime
    period_ends_at: datetime
    a_month: int | None = None
    spent_current: int = 0
    spent_history: int = 0
    shrunk_at: datetime | None = None
    paused_until: datetime | None = None
    paused_because: str | None = None
    exhausted_because: str | None = None
    """What the provider said; nothing is asked until the period ends."""
    pass_every_seconds: int | None = None
    pass_began_at: datetime | None = None
    pass_spent: int = 0
    """Since the last pass of current prices began."""
    pass_cost: int | None = None
    """What a whole pass takes, without what is asked once a day."""
    daily_cost: int = 0
    next_at: datetime | None = None
    next_because: str | None = None

    @property
    def left(self) -> int | None:
        """What is left of the month; None: there is no end."""
        if self.a_month is None:
            return None
        return max(0, self.a_month - self.spent_current - self.spent_history)

    @property
    def closed(self) -> str:
        """Until when nothing is asked once the month is used up."""
        return f"nothing is asked until {self.period_ends_at:%Y-%m-%d %H:%M} UTC"

    @property
    def exhausted(self) -> str | None:
        """What the provider said of a month that is used up, and until when that holds."""
        return None if self.exhausted_because is None else f"{self.exhausted_because}; {self.closed}"

    def need(self, at: datetime) -> float:
        """Reckon what current prices take from here to the period's end; half of it all while nobody knows."""
        if self.pass_cost is None or not self.pass_every_seconds:
            return (self.a_month or 0) / 2
        ahead = max(0.0, (self.period_ends_at - at).total_seconds())
        passes, days = ceil(ahead / self.pass_every_seconds), ceil(ahead / DAY_SECONDS)
        return self.pass_cost * passes + self.daily_cost * days


@dataclass(frozen=True, slots=True)
class Taken:
    """One request that may go now, and what was put down for it."""

    purpose: Purpose
    at: datetime
    hold: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now, but after so many seconds; with a reason where the provider wants it."""

    seconds: float
    because: str | None = None


@dataclass(frozen=True, slots=True)
class Spent:
    """Nothing more in this period."""

    because: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of a request, and what its answer says about the budget."""

    cost: int
    pause_seconds: float | None = None
    because: str = "the provider asked for it"
    is_refusal: bool = False
    """It was one too many."""
    limit: int | None = None
    remaining: int | None = None
    is_exhausted: bool = False


def opened(allowance: Allowance, now: datetime) -> Budget:
    """Open a budget of which nothing is used."""
    rate = allowance.requests_per_minute
    return Budget(rate, rate, burst(rate, allowance), now, period_end(now), allowance.a_month)


def take(
    budget: Budget, allowance: Allowance, purpose: Purpose, hold: int, now: datetime
) -> tuple[Budget, Taken | Wait | Spent]:
    """Take one request that is expected to cost `hold`, or say how long to wait, or that there is no more."""
    budget = advance(budget, allowance, now)
    at = budget.refilled_at
    if (why := _spent(budget, purpose, hold)) is not None:
        return budget, Spent(why)
    if budget.paused_until is not None:
        return budget, Wait((budget.paused_until - at).total_seconds(), budget.paused_because)
    lacking = 1 + _reserve(budget, allowance, purpose) - budget.tokens
    if lacking > _NEARLY:
        return budget, Wait(lacking / _per_second(budget.allowed_per_minute) + _NEARLY)
    paid = _pay(replace(budget, tokens=max(0.0, budget.tokens - 1)), purpose, hold)
    return paid, Taken(purpose, at, hold)


def settle(budget: Budget, allowance: Allowance, taken: Taken, heard: Heard, now: datetime) -> Budget:
    """Put down what a request really cost, and obey what its answer said."""
    budget = _pay(advance(budget, allowance, now), taken.purpose, heard.cost - taken.hold)
    if heard.is_exhausted:
        budget = replace(budget, exhausted_because=heard.because)
    if heard.is_refusal and (budget.shrunk_at is None or taken.at >= budget.shrunk_at):
        budget = _shrunk(budget, heard)
    if heard.remaining is not None:
        budget = replace(budget, tokens=min(budget.tokens, max(0.0, heard.remaining)))
    if heard.pause_seconds:
        until = budget.refilled_at + timedelta(seconds=min(heard.pause_seconds, LONGEST_PAUSE_SECONDS))
        if budget.paused_until is None or until > budget.paused_until:
            budget = replace(budget, paused_until=until, paused_because=heard.because)
    return budget


def advance(budget: Budget, allowance: Allowance, now: datetime) -> Budget:
    """Let the time pass since the budget was last looked at. Clocks that differ never bring anything back."""
    at = max(now, budget.refilled_at)
    for step in (_replanned, _renewed, _refilled, _resumed):
        budget = step(budget, allowance, at)
    return budget


def burst(rate: float, allowance: Allowance) -> float:
    """How many requests may go at once."""
    return max(1.0, AT_ONCE * rate * allowance.window_seconds / 60)


def period_end(at: datetime) -> datetime:
    """Return the first moment of the next month, in UTC."""
    first = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)


def _replanned(budget: Budget, allowance: Allowance, _: datetime) -> Budget:
    """Take over another plan at once, whatever was said about the old one."""
    rate = allowance.requests_per_minute
    if budget.a_month != allowance.a_month:
        budget = replace(budget, a_month=allowance.a_month, exhausted_because=None)
    if budget.requests_per_minute == rate:
        return budget
    return replace(
        budget,
        requests_per_minute=rate,
        allowed_per_minute=rate,
        tokens=min(budget.tokens, burst(rate, allowance)),
        shrunk_at=None,
        exhausted_because=None,
    )


def _renewed(budget: Budget, _: Allowance, at: datetime) -> Budget:
    if at < budget.period_ends_at:
        return budget
    return replace(
        budget, period_ends_at=period_end(at), spent_current=0, spent_history=0, exhausted_because=None
    )


def _refilled(budget: Budget, allowance: Allowance, at: datetime) -> Budget:
    """Fill the bucket at the rate that was allowed, and let the rate recover."""
    rate, planned = budget.allowed_per_minute, budget.requests_per_minute
    passed = (at - budget.refilled_at).total_seconds()
    tokens = min(burst(rate, allowance), budget.tokens + _per_second(rate) * passed)
    recovered = min(planned, rate + planned * passed / RECOVERY_SECONDS)
    return replace(budget, tokens=tokens, allowed_per_minute=recovered, refilled_at=at)


def _resumed(budget: Budget, _: Allowance, at: datetime) -> Budget:
    over = budget.paused_until is not None and budget.paused_until <= at
    return replace(budget, paused_until=None, paused_because=None) if over else budget


def _shrunk(budget: Budget, heard: Heard) -> Budget:
    """Halve the rate and empty the bucket; to less, where the provider says what it lets through."""
    least = min(budget.requests_per_minute, max(1.0, budget.requests_per_minute / SHRUNK_AT_MOST))
    told = [budget.allowed_per_minute / 2, *([float(heard.limit)] if heard.limit else [])]
    return replace(budget, allowed_per_minute=max(least, min(told)), tokens=0.0, shrunk_at=budget.refilled_at)


def _spent(budget: Budget, purpose: Purpose, hold: int) -> str | None:
    """Say why there is nothing more in this period, if so."""
    if budget.exhausted is not None:
        return budget.exhausted
    if budget.left is None:
        return None
    if hold > budget.left:
        return f"the month's budget of {budget.a_month:,} is used up ({budget.left:,} left); {budget.closed}"
    need = budget.need(budget.refilled_at)
    if purpose is Purpose.HISTORY and hold + need > budget.left:
        return (
            f"the month has nothing left for history: of its budget of {budget.a_month:,} there are "
            f"{budget.left:,} left, and current prices need {ceil(need):,} until {budget.period_ends_at:%Y-%m-%d}"
        )
    return None


def _reserve(budget: Budget, allowance: Allowance, purpose: Purpose) -> float:
    """How much must stay in the bucket: half of it, where it holds two or more, is for current prices alone."""
    if purpose is Purpose.CURRENT:
        return 0.0
    most = burst(budget.allowed_per_minute, allowance)
    return max(0.0, min(most / 2, most - 1))


def _pay(budget: Budget, purpose: Purpose, cost: int) -> Budget:
    if purpose is Purpose.HISTORY:
        return replace(budget, spent_history=max(0, budget.spent_history + cost))
    return replace(
        budget,
        spent_current=max(0, budget.spent_current + cost),
        pass_spent=max(0, budget.pass_spent + cost),
    )


def _per_second(rate: float) -> float:
    """How fast the bucket fills: what may go at once is not given twice."""
    return (1 - AT_ONCE) * rate / 60
