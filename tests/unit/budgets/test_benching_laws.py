"""Benching's arithmetic: how long a source that fails is left alone, and what ends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.benching import Bench, End, Standing, after
from models.outcomes import RunOutcome

NOW = datetime(2026, 11, 27, tzinfo=UTC)
USUAL = Bench(after=3, first_seconds=1_320, longest_seconds=21_600)
FAILED = End(RunOutcome.FAILED, "HTTP 500", "wait")
REFUSED = End(RunOutcome.FAILED, "HTTP 401", "mend the key", is_for_a_person=True)
NOT_ITS_FAULT = End(RunOutcome.FAILED, "the database was away", is_its_fault=False)
CLEAN = End(RunOutcome.SUCCESS)

benches = st.builds(
    Bench, after=st.integers(1, 10), first_seconds=st.floats(1, 1e5), longest_seconds=st.floats(1, 1e6)
)
ends = st.sampled_from([FAILED, REFUSED, NOT_ITS_FAULT, CLEAN, End(RunOutcome.PARTIAL, "thin")])


def _after(*ended: End, bench: Bench | None = USUAL) -> Standing | None:
    stands = None
    for one in ended:
        stands = after(stands, one, bench, NOW)
    return stands


def _benched_for(*ended: End, bench: Bench | None = USUAL) -> float:
    stands = _after(*ended, bench=bench)
    assert stands is not None
    return (stands.benched_until - NOW).total_seconds() if stands.benched_until else 0.0


def test_the_third_failure_in_a_row_benches_for_an_interval_and_each_one_more_for_twice_as_long() -> None:
    whiles = [_benched_for(*[FAILED] * often) for often in range(1, 9)]
    assert whiles == [0, 0, 1_320, 2_640, 5_280, 10_560, 21_120, 21_600]


def test_a_key_that_is_refused_benches_at_once_for_the_longest_while() -> None:
    assert _benched_for(REFUSED) == USUAL.longest_seconds
    stands = _after(REFUSED)
    assert stands is not None
    assert (stands.failures, stands.reason, stands.remedy) == (1, "HTTP 401", "mend the key")


@pytest.mark.parametrize("bench", [Bench(0, 1_320, 21_600), None], ids=["switched off", "asks nobody"])
def test_what_is_never_benched_still_counts_its_failures(bench: Bench | None) -> None:
    assert _benched_for(*[FAILED] * 20, REFUSED, bench=bench) == 0
    stands = _after(*[FAILED] * 20, bench=bench)
    assert stands is not None
    assert stands.failures == 20


@given(st.lists(ends), benches)
def test_one_run_that_brings_something_in_ends_it_whatever_came_before(
    before: list[End], bench: Bench
) -> None:
    assert _after(*before, CLEAN, bench=bench) == Standing(RunOutcome.SUCCESS)


@given(st.lists(ends), benches)
def test_what_was_not_its_fault_is_told_and_changes_nothing_else(before: list[End], bench: Bench) -> None:
    was, then = _after(*before, bench=bench), _after(*before, NOT_ITS_FAULT, bench=bench)
    assert then is not None
    assert (then.outcome, then.reason) == (RunOutcome.FAILED, NOT_ITS_FAULT.reason)
    assert (then.failures, then.benched_until) == ((was.failures, was.benched_until) if was else (0, None))


@given(st.integers(0, 10_000), benches)
def test_no_while_is_longer_than_the_longest_or_shorter_than_the_one_before(often: int, bench: Bench) -> None:
    assert bench.seconds(often) <= bench.seconds(often + 1) <= bench.longest_seconds
    assert (bench.seconds(often) > 0) == (often >= bench.after)


@given(st.lists(ends, min_size=1), benches)
def test_the_first_failure_in_a_row_says_since_when(ended: list[End], bench: Bench) -> None:
    stands = None
    since = None
    for number, one in enumerate(ended):
        at = NOW + timedelta(minutes=number)
        stands = after(stands, one, bench, at)
        since = (since or at) if one.outcome is RunOutcome.FAILED else None
    assert stands is not None
    assert stands.failing_since == since
