"""A short selection of the faults; `make faults` tries all of them, several times each."""

from __future__ import annotations

import pytest

from tests.e2e.faults.catalogue import CASES
from tests.e2e.faults.load import SHORT, load
from tests.e2e.faults.postgres import Unavailable
from tests.e2e.faults.soak import leaks, soak
from tests.e2e.faults.trial import attempt
from tests.e2e.faults.world import World

SEED = 1


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.in_short])
def test_the_next_run_leaves_what_an_undisturbed_one_would(world: World, name: str) -> None:
    try:
        trial = attempt(world, CASES[name], SEED)
    except Unavailable as reason:
        pytest.skip(str(reason))
    assert trial.difference.counts == (0, 0), trial.difference.told()


def test_readers_meet_no_error_and_no_torn_answer_while_runs_publish(world: World) -> None:
    assert load(world, SHORT).wrong == []


@pytest.mark.slow
def test_half_an_hour_of_runs_leaks_nothing(world: World) -> None:
    assert leaks(soak(world, minutes=30)) == []
