"""Whole months at a fake clock: they last to their end, prices stay evenly fresh, and history takes what is left."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.budgets import Allowance, Budget, Heard, Spent, Taken, Wait, opened, period_end, settle, take
from models.outcomes import Purpose
from models.pace import PassCost, begin_pass, end_pass

JUNE = datetime(2026, 6, 1, tzinfo=UTC)
CURRENT, HISTORY = Purpose.CURRENT, Purpose.HISTORY
FREE = Allowance(600, 4_000)
"""CoinCap's free plan, in credits."""
CREDITS = 51
"""What CoinCap's 250 first assets cost."""


@dataclass(slots=True)
class World:
    """A source on a schedule, its budget, and a clock."""

    allowed: Allowance
    calls: list[int]
    """What each call of a pass costs."""
    every: int = 1_200
    at: datetime = JUNE
    daily: int = 0
    """Calls once a day, beside."""
    passes: list[datetime] = field(default_factory=list)
    refused: int = 0
    identity_at: datetime | None = None
    budget: Budget = field(init=False)

    def __post_init__(self) -> None:
        self.budget = opened(self.allowed, self.at)

    def tick(self) -> bool:
        """Let the schedule come once; tell whether there was a pass."""
        self.budget, later = begin_pass(self.budget, self.allowed, self.every, self.at)
        if later is None:
            self.passes.append(self.at)
            with_daily = self.identity_at is None or self.at - self.identity_at >= timedelta(days=1)
            costs = [*self.calls, *([1] * self.daily if with_daily else [])]
            is_whole = all(self.ask(CURRENT, cost) for cost in costs)
            self.identity_at = self.at if with_daily else self.identity_at
            paid = PassCost(sum(self.calls), self.daily if with_daily else None) if is_whole else None
            self.budget = end_pass(self.budget, self.allowed, paid, self.at)
        return later is None

    def ask(self, purpose: Purpose, cost: int) -> bool:
        """Make one request, waiting for its turn in no time."""
        at = max(self.at, self.budget.refilled_at)
        while True:
            self.budget, verdict = take(self.budget, self.allowed, purpose, cost, at)
            match verdict:
                case Wait():
                    at += timedelta(seconds=verdict.seconds)
                case Spent():
                    self.refused += purpose is CURRENT
                    return False
                case Taken():
                    self.budget = settle(self.budget, self.allowed, verdict, Heard(cost), at)
                    return True

    def run(self, until: datetime, history: int = 0) -> None:
        """Follow the schedule until then; `history` calls are tried after each tick."""
        while self.at < until:
            self.tick()
            for _ in range(history):
                if not self.ask(HISTORY, 1):
                    break
            self.at += timedelta(seconds=self.every)

    def gaps(self, since: datetime) -> list[float]:
        """Say how many hours lay between passes, from then on."""
        late = [at for at in self.passes if at >= since]
        return [(after - before).total_seconds() / 3600 for before, after in pairwise(late)]


def spent(budget: Budget) -> int:
    """Add up what is spent of the month."""
    return budget.spent_current + budget.spent_history


def test_coincaps_free_month_lasts_and_its_prices_are_evenly_fresh() -> None:
    world = World(FREE, [CREDITS])
    world.run(datetime(2026, 6, 30, 23, 59, tzinfo=UTC))
    assert world.refused == 0
    assert 3_900 <= spent(world.budget) <= 4_000
    settled = world.gaps(JUNE + timedelta(hours=1))
    assert 9 <= min(settled) <= max(settled) <= 10.5, "30 days for 78 passes is one every 9.2 hours"
    assert world.budget.next_because
    assert "slowed so that the month's budget of 4,000 lasts" in world.budget.next_because


@pytest.mark.parametrize(
    ("start", "days"), [(datetime(2028, 2, 1, tzinfo=UTC), 29), (datetime(2027, 2, 1, tzinfo=UTC), 28)]
)
def test_a_february_of_either_length_lasts(start: datetime, days: int) -> None:
    world = World(FREE, [CREDITS], at=start)
    assert period_end(start) == start + timedelta(days=days)
    world.run(start + timedelta(days=days, minutes=-1))
    assert world.refused == 0
    assert 3_900 <= spent(world.budget) <= 4_000


def test_the_next_month_begins_anew_and_at_an_even_distance() -> None:
    world = World(FREE, [CREDITS])
    world.run(datetime(2026, 8, 1, tzinfo=UTC))
    assert world.refused == 0
    around = [gap for gap in world.gaps(datetime(2026, 6, 29, tzinfo=UTC)) if gap]
    assert max(around) <= 14
    july = [at for at in world.passes if at.month == 7]
    assert 76 <= len(july) <= 78


def test_ten_thousand_calls_cover_ten_pages_a_run() -> None:
    """At 22 minutes that would be 21,600 calls and 60 for the lists."""
    world = World(Allowance(100, 10_000), [1] * 11, every=1_320, daily=2)
    world.run(datetime(2026, 6, 30, 23, 59, tzinfo=UTC))
    assert world.refused == 0
    assert 9_800 <= spent(world.budget) <= 10_000
    assert max(world.gaps(JUNE)) <= 1.6, "720 hours for 904 passes is one every 48 minutes"


def test_a_month_that_covers_the_schedule_slows_nothing_even_where_lists_cost_much() -> None:
    world = World(Allowance(600, 20_000), [1], every=1_320, daily=60)
    world.run(datetime(2026, 6, 30, 23, 59, tzinfo=UTC))
    assert set(world.gaps(JUNE)) == {1_320 / 3600}


def test_a_budget_just_large_enough_slows_nothing() -> None:
    world = World(Allowance(600, 72 * 30 * 2), [1, 1])
    world.run(datetime(2026, 6, 30, 23, 59, tzinfo=UTC))
    assert set(world.gaps(JUNE)) == {1_200 / 3600}
    assert spent(world.budget) == 72 * 30 * 2


def test_begun_late_the_month_has_more_for_each_day() -> None:
    world = World(FREE, [CREDITS], at=datetime(2026, 6, 20, tzinfo=UTC))
    world.run(datetime(2026, 6, 30, 23, 59, tzinfo=UTC))
    assert world.refused == 0
    assert max(world.gaps(datetime(2026, 6, 20, 1, tzinfo=UTC))) <= 4


def test_a_plan_that_is_raised_counts_at_once() -> None:
    world = World(FREE, [CREDITS])
    world.run(datetime(2026, 6, 15, tzinfo=UTC))
    world.tick()
    world.at += timedelta(seconds=world.every)
    assert not world.tick()
    world.allowed = Allowance(600, 4_000_000)
    assert world.tick()
    world.run(datetime(2026, 6, 16, tzinfo=UTC))
    assert set(world.gaps(datetime(2026, 6, 15, 1, tzinfo=UTC))) == {1_200 / 3600}


def test_a_budget_that_is_cut_below_what_is_spent_stops_it_until_the_month_ends() -> None:
    world = World(FREE, [CREDITS])
    world.run(datetime(2026, 6, 15, tzinfo=UTC))
    world.allowed = Allowance(600, 1_000)
    before = len(world.passes)
    world.run(datetime(2026, 7, 1, tzinfo=UTC))
    assert len(world.passes) == before
    assert world.budget.next_at == datetime(2026, 7, 1, tzinfo=UTC)
    world.run(datetime(2026, 7, 2, tzinfo=UTC))
    assert len(world.passes) > before


def test_a_pass_that_failed_cheaply_is_tried_again_soon() -> None:
    world = World(FREE, [CREDITS])
    world.run(datetime(2026, 6, 3, tzinfo=UTC))
    while not world.tick():
        world.at += timedelta(seconds=world.every)
    failed = replace(world.budget, pass_spent=1, spent_current=world.budget.spent_current - CREDITS + 1)
    ended = end_pass(failed, FREE, None, world.at)
    _, later = begin_pass(ended, FREE, world.every, world.at + timedelta(seconds=world.every))
    assert later is None
    _, later = begin_pass(world.budget, FREE, world.every, world.at + timedelta(seconds=world.every))
    assert later is not None, "a whole one is not"


def test_history_takes_what_is_left_and_slows_nothing() -> None:
    world = World(Allowance(600, 10_000), [1, 1], every=1_320, daily=2)
    world.run(datetime(2026, 6, 30, 23, 59, tzinfo=UTC), history=500)
    assert world.refused == 0
    assert set(world.gaps(JUNE)) == {1_320 / 3600}
    assert world.budget.spent_history > 5_000
    assert 9_900 <= spent(world.budget) <= 10_000, "nothing is left over"


def test_a_month_that_is_too_short_for_current_prices_leaves_history_nothing() -> None:
    world = World(FREE, [CREDITS])
    world.tick()
    assert not world.ask(HISTORY, 1)
    _, verdict = take(world.budget, FREE, HISTORY, 1, world.at)
    assert isinstance(verdict, Spent)
    assert "nothing left for history" in verdict.because


def test_until_a_first_pass_half_of_the_month_is_kept_for_current_prices() -> None:
    world = World(Allowance(60_000, 1_000), [1])
    while world.ask(HISTORY, 1):
        pass
    assert world.budget.spent_history == 500


@settings(deadline=None, max_examples=40)
@given(
    a_month=st.integers(0, 3_000),
    calls=st.lists(st.integers(1, 60), min_size=1, max_size=4),
    every=st.integers(3_600, 20_000),
    daily=st.integers(0, 20),
    begun=st.datetimes(datetime(2026, 6, 1), datetime(2026, 6, 29)),  # noqa: DTZ001 - made UTC below
    history=st.integers(0, 200),
)
def test_no_month_is_ever_overspent(
    *, a_month: int, calls: list[int], every: int, daily: int, begun: datetime, history: int
) -> None:
    world = World(Allowance(600, a_month), calls, every=every, at=begun.replace(tzinfo=UTC), daily=daily)
    while world.at < datetime(2026, 7, 5, tzinfo=UTC):
        world.run(world.at + timedelta(seconds=every), history)
        assert spent(world.budget) <= a_month
