"""The table counts every seed, groups what belongs together, and shows what failed or was skipped."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.faults.catalogue import CASES
from tests.e2e.faults.results import Result, keep, kept
from tests.e2e.faults.table import draw


def test_seeds_of_one_fault_are_one_line() -> None:
    results = [Result("two-runs", 1, 0, 1, 3.2, 1), Result("two-runs", 2, 2, 0, 7.9, 2)]
    assert draw(results).splitlines()[2:] == [f"| {CASES['two-runs'].sentence} | 2 | 2 | 1 | 3 to 8 | 2 |"]
    assert [one.is_good for one in results] == [False, False]


def test_faults_of_one_group_are_one_line_of_the_page() -> None:
    results = [Result(name, 1, seconds=4, runs=1) for name in ("upstream-reset", "upstream-bomb")]
    (line,) = draw(results, in_groups=True).splitlines()[2:]
    assert line == f"| {CASES['upstream-bomb'].group} (2) | 1 | 0 | 0 | 4 | 1 |"
    assert len(draw(results).splitlines()) == 4


def test_failures_and_skips_show() -> None:
    failed, skipped = Result("two-runs", 1, failure="it hung"), Result("disk-full", 1, skipped="no leave")
    told = draw([failed, skipped])
    assert "1 FAILED, -" in told
    assert "skipped: no leave" in told
    assert (failed.is_good, skipped.is_good) == (False, True)


def test_the_last_result_of_a_case_and_seed_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "below" / "faults.jsonl"
    results = [Result("two-runs", 1, lost=3), Result("two-runs", 2), Result("two-runs", 1)]
    for result in results:
        keep(path, result)
    assert set(kept(path)) == {results[1], results[2]}
