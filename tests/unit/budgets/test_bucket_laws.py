"""Laws of the bucket: whoever asks when, the rate holds, and history never takes what current prices would get."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import ceil

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.budgets import (
    AT_ONCE,
    LONGEST_PAUSE_SECONDS,
    RECOVERY_SECONDS,
    Allowance,
    Budget,
    Heard,
    Spent,
    Taken,
    Wait,
    advance,
    burst,
    opened,
    settle,
    take,
)
from models.outcomes import Purpose

START = datetime(2026, 6, 10, 12, tzinfo=UTC)
CURRENT, HISTORY = Purpose.CURRENT, Purpose.HISTORY
ALLOWED = Allowance(100)

rates = st.integers(1, 2_000)
windows = st.sampled_from([1.0, 60.0])
asks = st.lists(st.tuples(st.floats(0, 20), st.sampled_from(Purpose)), min_size=1, max_size=150)


def after(seconds: float) -> datetime:
    """Return the moment so long after the start."""
    return START + timedelta(seconds=seconds)


def granted(allowed: Allowance, steps: list[tuple[float, Purpose]]) -> list[tuple[float, Purpose]]:
    """Ask after each of these gaps; return which asks were granted, and when."""
    budget, at, got = opened(allowed, START), 0.0, []
    for gap, purpose in steps:
        at += gap
        budget, verdict = take(budget, allowed, purpose, 1, after(at))
        if isinstance(verdict, Taken):
            got.append((at, purpose))
    return got


@given(rates, windows, asks)
def test_no_stretch_of_time_sees_more_than_may_go_at_once_and_the_rate(
    rate: int, window: float, steps: list[tuple[float, Purpose]]
) -> None:
    allowed = Allowance(rate, None, window)
    times = [at for at, _ in granted(allowed, steps)]
    for first, begun in enumerate(times):
        for last in range(first, len(times)):
            most = burst(rate, allowed) + (1 - AT_ONCE) * rate / 60 * (times[last] - begun)
            assert last - first + 1 <= most + 0.01


@settings(deadline=None)
@given(rates, windows)
def test_no_window_of_the_provider_sees_more_than_the_plan(rate: int, window: float) -> None:
    allowed = Allowance(rate, None, window)
    budget, at, count = opened(allowed, START), 0.0, 0
    while at < window:
        budget, verdict = take(budget, allowed, CURRENT, 1, after(at))
        count, at = (count + 1, at) if isinstance(verdict, Taken) else (count, at + verdict.seconds)
    assert count <= ceil(rate * window / 60)
    assert count >= 0.7 * rate * window / 60 - 1, "most of the plan can be used"


bursts = st.lists(
    st.tuples(st.sampled_from([0.0, 0.0, 0.0, 1.0, 10.0]), st.sampled_from(Purpose)), min_size=1, max_size=80
)


@given(st.integers(5, 100), bursts)
@example(16, [(0.0, CURRENT), (0.0, CURRENT), (1.0, CURRENT), (1.0, CURRENT)])
def test_history_takes_nothing_that_current_prices_would_get(
    rate: int, steps: list[tuple[float, Purpose]]
) -> None:
    """By any moment current prices got no less beside history than alone with the part of the bucket that is theirs."""
    allowed = Allowance(rate)
    size = burst(rate, allowed)
    reserve = max(0.0, min(size / 2, size - 1))
    beside = [at for at, purpose in granted(allowed, steps) if purpose is CURRENT]
    tokens, at, before, alone = reserve, 0.0, 0.0, 0
    for gap, purpose in steps:
        at += gap
        tokens, before = min(reserve, tokens + (1 - AT_ONCE) * rate / 60 * (at - before)), at
        if purpose is CURRENT and tokens >= 1:
            tokens, alone = tokens - 1, alone + 1
        assert sum(got <= at for got in beside) >= alone


def test_history_leaves_half_of_what_may_go_at_once() -> None:
    got = granted(ALLOWED, [(0, HISTORY)] * 30 + [(0, CURRENT)] * 30)
    assert [purpose for _, purpose in got] == [HISTORY] * 5 + [CURRENT] * 5


@given(rates, windows, st.sampled_from(Purpose), st.lists(st.floats(0, 5), max_size=30))
def test_who_waits_as_long_as_told_gets_it(
    rate: int, window: float, purpose: Purpose, gaps: list[float]
) -> None:
    allowed = Allowance(rate, None, window)
    budget, at = opened(allowed, START), START
    for gap in gaps:
        at += timedelta(seconds=gap)
        budget, verdict = take(budget, allowed, purpose, 1, at)
        if isinstance(verdict, Wait):
            at += timedelta(seconds=verdict.seconds)
            budget, verdict = take(budget, allowed, purpose, 1, at)
        assert isinstance(verdict, Taken)


@given(rates, st.floats(-1e6, 0))
def test_a_clock_that_goes_back_brings_nothing_back(rate: int, back: float) -> None:
    allowed = Allowance(rate)
    budget = replace(opened(allowed, START), tokens=0.0)
    assert advance(budget, allowed, after(back)) == budget


def used(budget: Budget, allowed: Allowance, at: datetime, heard: Heard) -> Budget:
    """Take a request and hear what its answer says."""
    budget, taken = take(budget, allowed, CURRENT, 1, at)
    assert isinstance(taken, Taken)
    return settle(budget, allowed, taken, heard, at)


REFUSED = Heard(1, pause_seconds=30, because="HTTP 429: too many", is_refusal=True)


def test_a_refusal_halves_the_rate_which_comes_back_within_the_hour() -> None:
    budget = used(opened(ALLOWED, START), ALLOWED, START, REFUSED)
    assert (budget.allowed_per_minute, budget.tokens) == (50, 0)
    half_way = advance(budget, ALLOWED, after(RECOVERY_SECONDS / 4))
    assert half_way.allowed_per_minute == 75
    assert advance(half_way, ALLOWED, after(RECOVERY_SECONDS)).allowed_per_minute == 100


def test_refusals_of_requests_that_went_together_count_once() -> None:
    budget, one = take(opened(ALLOWED, START), ALLOWED, CURRENT, 1, START)
    budget, two = take(budget, ALLOWED, CURRENT, 1, START)
    assert isinstance(one, Taken)
    assert isinstance(two, Taken)
    for taken in (one, two):
        budget = settle(budget, ALLOWED, taken, REFUSED, after(1))
    assert budget.allowed_per_minute == 50


@given(st.lists(st.floats(0, 3_600), max_size=30), st.one_of(st.none(), st.integers(0, 10_000)))
def test_refusals_leave_a_rate_that_somebody_can_live_on(gaps: list[float], limit: int | None) -> None:
    budget, at = opened(ALLOWED, START), START
    for gap in gaps:
        at += timedelta(seconds=gap)
        taken = Taken(CURRENT, at, 1)
        budget = settle(budget, ALLOWED, taken, replace(REFUSED, limit=limit), at)
        assert 1 <= budget.allowed_per_minute <= 100


def test_a_limit_that_the_provider_names_is_kept_to() -> None:
    budget = used(opened(ALLOWED, START), ALLOWED, START, replace(REFUSED, limit=30))
    assert budget.allowed_per_minute == 30


def test_a_pause_is_for_everybody_and_ends() -> None:
    budget = used(opened(ALLOWED, START), ALLOWED, START, REFUSED)
    for purpose in Purpose:
        _, verdict = take(budget, ALLOWED, purpose, 1, after(10))
        assert verdict == Wait(20, "HTTP 429: too many")
    budget, verdict = take(budget, ALLOWED, CURRENT, 1, after(30))
    assert isinstance(verdict, Taken)
    assert (budget.paused_until, budget.paused_because) == (None, None)


def test_a_shorter_pause_ends_no_longer_one() -> None:
    budget, one = take(opened(ALLOWED, START), ALLOWED, CURRENT, 1, START)
    assert isinstance(one, Taken)
    for seconds in (300, 5):
        budget = settle(budget, ALLOWED, one, replace(REFUSED, pause_seconds=seconds), START)
    assert budget.paused_until == after(300)


def test_no_pause_is_longer_than_a_day() -> None:
    budget = used(opened(ALLOWED, START), ALLOWED, START, replace(REFUSED, pause_seconds=1e15))
    assert budget.paused_until == after(LONGEST_PAUSE_SECONDS)


def test_what_the_provider_says_remains_is_all_there_is() -> None:
    budget = used(opened(ALLOWED, START), ALLOWED, START, Heard(1, remaining=2))
    assert budget.tokens == 2


@pytest.mark.parametrize("rate", [50, 200])
def test_another_rate_holds_at_once(rate: int) -> None:
    shrunk = used(opened(ALLOWED, START), ALLOWED, START, REFUSED)
    budget = advance(shrunk, Allowance(rate), after(1))
    assert (budget.requests_per_minute, budget.allowed_per_minute) == (rate, rate)


def test_a_provider_that_says_it_is_used_up_is_left_alone_until_the_month_ends() -> None:
    budget = used(
        opened(ALLOWED, START), ALLOWED, START, Heard(1, because="HTTP 402: none left", is_exhausted=True)
    )
    _, verdict = take(budget, ALLOWED, CURRENT, 1, datetime(2026, 6, 30, 23, 59, tzinfo=UTC))
    assert verdict == Spent("HTTP 402: none left; nothing is asked until 2026-07-01 00:00 UTC")
    _, verdict = take(budget, ALLOWED, CURRENT, 1, datetime(2026, 7, 1, tzinfo=UTC))
    assert isinstance(verdict, Taken)
    for other in (Allowance(100, 50_000), Allowance(500)):
        _, verdict = take(budget, other, CURRENT, 1, after(1))
        assert isinstance(verdict, Taken), "another plan is asked at once"
