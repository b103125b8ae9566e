"""When current prices are asked for next, so that a source's month lasts to its end. Pure arithmetic.

While what is left covers the schedule, every pass goes. Where it does not, passes are spread evenly over what is left
of the month: what the last one took decides how long it lasts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from models.budgets import Allowance, Budget, advance


@dataclass(frozen=True, slots=True)
class PassCost:
    """What a whole pass takes: each time, and what is asked once a day where it was asked (None: it was not)."""

    each: int
    daily: int | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """No pass yet."""

    at: datetime
    because: str
    is_used_up: bool = False
    """The provider said that there is nothing more in this period."""


def begin_pass(
    budget: Budget, allowance: Allowance, every_seconds: int, now: datetime, *, insists: bool = False
) -> tuple[Budget, Later | None]:
    """Begin a pass, or say when the next is due. `every_seconds` is the schedule.

    Who `insists` asks also a provider that said that nothing is left: it may have changed its mind.
    """
    budget = _paced(replace(advance(budget, allowance, now), pass_every_seconds=every_seconds))
    at = budget.refilled_at
    if insists:
        budget = replace(budget, exhausted_because=None)
    if budget.exhausted is not None:
        return budget, Later(budget.period_ends_at, budget.exhausted, is_used_up=True)
    if budget.next_at is not None and budget.next_at > at:
        return budget, Later(budget.next_at, budget.next_because or "")
    return replace(budget, pass_began_at=at, pass_spent=0, next_at=None, next_because=None), None


def end_pass(budget: Budget, allowance: Allowance, cost: PassCost | None, now: datetime) -> Budget:
    """End a pass: what it cost where it was whole, None where it was not."""
    budget = advance(budget, allowance, now)
    if cost is not None:
        daily = budget.daily_cost if cost.daily is None else cost.daily
        budget = replace(budget, pass_cost=cost.each, daily_cost=daily)
    return _paced(budget)


def slowed_until(budget: Budget, at: datetime) -> datetime | None:
    """Say until when the next pass waits so that the month lasts; None: it goes with the schedule."""
    left, cost = budget.left, budget.pass_spent if budget.pass_cost is None else budget.pass_cost
    if left is None:
        return None
    if left < max(1, cost):
        return budget.period_ends_at
    if budget.pass_began_at is None or not cost or left >= budget.need(at):
        return None
    ahead = budget.period_ends_at - budget.pass_began_at
    return budget.pass_began_at + ahead * (budget.pass_spent / (left + budget.pass_spent))


def _paced(budget: Budget) -> Budget:
    next_at = slowed_until(budget, budget.refilled_at)
    if next_at is None:
        return replace(budget, next_at=None, next_because=None)
    because = (
        f"slowed so that the month's budget of {budget.a_month:,} lasts ({budget.left:,} left): "
        f"next at {next_at:%Y-%m-%d %H:%M} UTC"
    )
    return replace(budget, next_at=next_at, next_because=because)
