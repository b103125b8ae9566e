"""The rule that `soak` judges by lets through what stays, and names what grows."""

from __future__ import annotations

import pytest

from tests.e2e.faults.soak import Sample, leaks

RUNS = 90


def _samples(mb_a_run: float = 0, files_a_run: float = 0, connections_a_run: float = 0) -> list[Sample]:
    """Make up half an hour: a first third in which everything warms up, and then so much more with each run."""
    return [
        Sample(
            memory={"api": 100 + min(run, RUNS / 3) + mb_a_run * run},
            files={"api": 16 + round(files_a_run * run)},
            connections=2 + round(connections_a_run * run),
        )
        for run in range(RUNS)
    ]


def test_what_warms_up_and_then_stays_is_no_leak() -> None:
    assert leaks(_samples()) == []


@pytest.mark.parametrize(
    ("grows", "told"),
    [
        ({"mb_a_run": 0.5}, "api grew from"),
        ({"files_a_run": 0.2}, "api had"),
        ({"connections_a_run": 0.2}, "PostgreSQL had"),
    ],
)
def test_what_grows_with_every_run_is_named(grows: dict[str, float], told: str) -> None:
    (said,) = leaks(_samples(**grows))
    assert said.startswith(told)


def test_half_an_hour_without_runs_shows_nothing() -> None:
    assert leaks(_samples()[:5]) == ["5 runs are too few to tell"]
