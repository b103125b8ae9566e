"""`make faults`: break a running system in every way in the catalogue, and count what the next run leaves wrong.

Every process is real and everything is on this machine. Exit code 1 where a row was lost or doubled, or where the
next runs did not mend it.
"""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from tests.e2e.faults.catalogue import CASES
from tests.e2e.faults.load import load as read_under_load
from tests.e2e.faults.load import p99
from tests.e2e.faults.registry import Case, Unavailable
from tests.e2e.faults.soak import leaks
from tests.e2e.faults.soak import soak as run_on_and_on
from tests.e2e.faults.table import Tried, draw
from tests.e2e.faults.trial import attempt
from tests.e2e.faults.world import World, open_world

app = App(name="python -m tests.e2e.faults", help=__doc__)
console = Console(markup=False, highlight=False, soft_wrap=True)


@app.default
def faults(
    *,
    case: Annotated[list[str] | None, Parameter(negative=())] = None,
    seeds: int = 3,
    first_seed: int = 1,
    short: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Try the faults.

    Parameters
    ----------
    case
        Only this one, or those whose names begin so; may be repeated.
    seeds
        How often each is tried, each time at other moments.
    first_seed
        The first of them: what it draws, it draws again.
    short
        Only those that `make test` tries.
    """
    chosen = [
        one
        for one in CASES.values()
        if (not case or one.name.startswith(tuple(case))) and (one.in_short or not short)
    ]
    if not chosen:
        sys.exit(f"no fault is called {case}: there are {', '.join(CASES)}")
    with _world() as world:
        tried = [_try(world, one, range(first_seed, first_seed + seeds)) for one in chosen]
    Console(width=200).print(draw(tried))
    return 0 if all(one.is_good for one in tried) else 1


@app.command
def load() -> int:
    """Read and subscribe while ten runs follow each other: no error, no torn answer, p99 within three times idle."""
    with _world() as world:
        found = read_under_load(world)
    late = found.late
    for phase, seconds in found.seconds.items():
        console.print(
            f"{phase}: p50 {median(seconds) * 1000:.0f} ms, p99 {p99(seconds) * 1000:.0f} ms of {len(seconds):,} reads;"
            f" the readers themselves were late by p99 {p99(late[phase]) * 1000:.0f} ms"
        )
    told, versions = found.heard.told.total(), len(found.truth)
    console.print(
        f"{found.heard.answers.total():,} answers and {told} updates over {versions} versions, {found.torn} torn"
    )
    console.print(f"statuses: {dict(found.heard.statuses)}")
    return _told(found.problems)


@app.command
def soak(*, minutes: float = 30) -> int:
    """Run every ten seconds for a long time: memory, open files and connections stay as they are."""
    with _world() as world:
        samples = run_on_and_on(world, minutes)
    for name in samples[0].memory:
        memory = " ".join(f"{one.memory[name]:.0f}" for one in samples[:: max(1, len(samples) // 10)])
        files = " ".join(str(one.files[name]) for one in samples[:: max(1, len(samples) // 10)])
        console.print(f"{name}: {memory} MB; {files} files")
    console.print(f"{len(samples)} runs; connections {samples[0].connections} to {samples[-1].connections}")
    return _told(leaks(samples))


@contextmanager
def _world() -> Iterator[World]:
    with tempfile.TemporaryDirectory(prefix="kasparro-faults-") as folder, open_world(Path(folder)) as world:
        yield world


def _told(problems: list[str]) -> int:
    for problem in problems:
        console.print(problem)
    return 1 if problems else 0


def _try(world: World, case: Case, seeds: range) -> Tried:
    tried = Tried(case)
    for seed in seeds:
        try:
            trial = attempt(world, case, seed)
        except Unavailable as reason:
            tried.skipped = str(reason)
            console.print(f"{case.name}: skipped, {reason}")
            return tried
        except Exception as failure:  # noqa: BLE001 - one that fails, however, leaves the others to be tried
            tried.failures.append(repr(failure))
            console.print(f"{case.name}, seed {seed}: FAILED, {failure!r}")
            continue
        tried.trials.append(trial)
        lost, doubled = trial.difference.counts
        console.print(
            f"{case.name}, seed {seed}, on {trial.start}: {lost} lost, {doubled} doubled, {trial.seconds:.1f} s"
        )
        if told := trial.difference.told():
            console.print(told)
    return tried


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to end: nothing that was started is left behind"))
    sys.exit(app())
