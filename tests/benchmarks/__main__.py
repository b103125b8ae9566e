"""`make bench`: seed, start every contender, measure in interleaved rounds, and write down what was found.

The full run writes RESULTS.md, PLANS.md and results.json beside this file; a quick one writes them to
.kasparro/benchmarks, so that it never takes the place of a record. Everything that it starts ends with it.
"""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import orjson
from cyclopts import App, Parameter
from rich.console import Console

from tests.benchmarks.asking import wrk
from tests.benchmarks.errors import BenchmarkError
from tests.benchmarks.ground.machine import describe
from tests.benchmarks.ground.postgres import fresh_database, server, version
from tests.benchmarks.ground.processes import ROOT
from tests.benchmarks.ground.seed import seed
from tests.benchmarks.measures.arena import arena, require_whole_answers
from tests.benchmarks.measures.etl import run_whole
from tests.benchmarks.measures.load import load
from tests.benchmarks.measures.read import read
from tests.benchmarks.measures.scaling import scale
from tests.benchmarks.measures.unseen import measure_unseen
from tests.benchmarks.plan import FULL, QUICK, Part, Plan
from tests.benchmarks.report import record
from tests.benchmarks.report.pages import draw, draw_plans

KEPT = Path(__file__).parent
QUICKLY = ROOT / ".kasparro" / "benchmarks"
WITH_LOAD = {Part.READ, Part.UNSEEN, Part.SCALING}
app = App(name="python -m tests.benchmarks", help=__doc__)


class Measurements:
    """One run of the benchmark: what it measures, and what it has found so far."""

    def __init__(self, plan: Plan, kept: Path, folder: Path) -> None:
        """Begin with what was found before: a part that is measured alone changes only its own sections."""
        self.plan, self.kept, self.folder = plan, kept, folder
        self.began = time.monotonic()
        self.console = Console(markup=False, highlight=False, soft_wrap=True)
        before = kept / "results.json"
        self.found: record.Record = orjson.loads(before.read_bytes()) if before.exists() else {}

    def say(self, text: str) -> None:
        """Tell how far it is."""
        self.console.print(f"[{time.monotonic() - self.began:4.0f} s] {text}")

    def keep(self, part: Part, sections: record.Record) -> None:
        """Take a part's sections over, and write everything down: what comes after may fail."""
        how = "quickly" if self.plan is QUICK else "in full"
        about = {**self.found.get("about", {}), part.value: f"{datetime.now(UTC):%Y-%m-%d}, {how}"}
        self.found |= {**sections, "about": about}
        self.kept.mkdir(parents=True, exist_ok=True)
        (self.kept / "results.json").write_bytes(orjson.dumps(self.found, option=orjson.OPT_INDENT_2) + b"\n")
        (self.kept / "RESULTS.md").write_text(draw(self.found), encoding="utf-8")

    def measure(self, parts: Sequence[Part]) -> None:
        """Measure the parts in their order."""
        with server(self.folder) as url:
            self.found["machine"] = describe(version(url))
            if Part.READ in parts or Part.UNSEEN in parts:
                with fresh_database(url) as database:
                    self._read(database, parts)
            if Part.LOAD in parts:
                with fresh_database(url) as database:
                    self.keep(Part.LOAD, record.of_loading(load(database, self.folder, self.plan, self.say)))
            if Part.SCALING in parts:
                self._scale(url)
            if Part.ETL in parts:
                self.keep(Part.ETL, record.of_etl(run_whole(url, self.folder, self.plan, self.say)))

    def _read(self, database: str, parts: Sequence[Part]) -> None:
        took = seed(database, self.plan.market)
        self.say(f"reading: {self.plan.market}, seeded in {took:.0f} s")
        with arena(database, self.plan.market, self.folder, self.say) as everybody:
            require_whole_answers(everybody)
            self.found["absent"] = everybody.absent
            if Part.UNSEEN in parts:
                self.keep(Part.UNSEEN, record.of_unseen(measure_unseen(everybody, self.plan)))
                self.say("documents never seen before are done")
            if Part.READ in parts:
                reading = read(everybody, database, self.plan, self.say)
                self.keep(Part.READ, record.of_reading(reading, self.plan))

    def _scale(self, url: str) -> None:
        scaling = scale(url, self.folder, self.plan, self.say)
        plans = [(f"{name}, {size}", plan) for (size, name), plan in scaling.plans.items()]
        self.kept.mkdir(parents=True, exist_ok=True)
        (self.kept / "PLANS.md").write_text(draw_plans(plans), encoding="utf-8")
        self.keep(Part.SCALING, record.of_scaling(scaling, self.plan))


@app.default
def bench(
    *,
    quick: Annotated[bool, Parameter(negative=())] = False,
    only: Annotated[list[Part] | None, Parameter(negative=())] = None,
) -> None:
    """Measure, print the tables and write them down.

    Parameters
    ----------
    quick
        A smaller market and shorter rounds: minutes. For a first look, not for the record.
    only
        Only this part; may be repeated.
    """
    plan, parts = (QUICK if quick else FULL), list(only or Part)
    if not wrk.is_installed() and WITH_LOAD & set(parts):
        sys.exit(wrk.MISSING)
    with _stopped_by_signals(), tempfile.TemporaryDirectory(prefix="kasparro-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # Postgres may run as an account of its own
        run = Measurements(plan, QUICKLY if quick else KEPT, folder)
        run.say(f"about {plan.minutes} minutes on two quiet cores, if all parts are run")
        run.measure(parts)
        run.console.print(draw(run.found))


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Let a polite end be like Ctrl-C: whatever was started is stopped on the way out."""

    def stop(number: int, _frame: object) -> NoReturn:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


if __name__ == "__main__":
    try:
        app()
    except BenchmarkError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("stopped")
