"""Of the runs that a schedule asked for while nothing ran, one is left for each deployment."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flows.stack.duties import Run, superfluous

due = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.uuids().map(str),
            "deployment_id": st.sampled_from(["etl", "refresh-csv"]),
            "auto_scheduled": st.booleans(),
            "expected_start_time": st.datetimes().map(lambda at: at.isoformat()),
        }
    ),
    unique_by=lambda run: run["id"],
)


@given(due)
def test_what_a_person_asked_for_stays_and_else_the_newest_alone(runs: list[Run]) -> None:
    gone = superfluous(runs)
    left = [run for run in runs if run not in gone]
    assert all(run["auto_scheduled"] for run in gone)
    for deployment in {run["deployment_id"] for run in runs}:
        own = [run for run in runs if run["deployment_id"] == deployment]
        by_hand = [run for run in own if not run["auto_scheduled"]]
        newest = max(run["expected_start_time"] for run in own)
        kept = [run for run in left if run["deployment_id"] == deployment]
        if by_hand:
            assert kept == by_hand
        else:
            assert [run["expected_start_time"] for run in kept] == [newest]


@given(due)
def test_the_order_in_which_they_are_told_says_which_of_equals_and_nothing_else(runs: list[Run]) -> None:
    assert len(superfluous(runs)) == len(superfluous(runs[::-1]))
