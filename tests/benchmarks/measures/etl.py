"""A whole run over the three providers of the sandbox, and the loop of a FastAPI build over the same pages beside it."""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psycopg

from tests.benchmarks import ours
from tests.benchmarks.errors import RunError
from tests.benchmarks.ground.postgres import fresh_database
from tests.benchmarks.ground.processes import Finished, free_port, run_to_end, running
from tests.benchmarks.measures.arena import Say
from tests.benchmarks.plan import Plan

FIRST, AGAIN, LOOP, LOOP_AGAIN = "first", "again", "fastapi_loop", "fastapi_loop_again"
LOOP_COMMAND = (sys.executable, "-m", "tests.benchmarks.contenders.merge_loop")


@dataclass(frozen=True, slots=True)
class Run:
    """One run: from its Running state to its end, and what its process took."""

    seconds: float
    process_seconds: float
    peak_mb: float
    listings: int


@dataclass(slots=True)
class EtlRuns:
    """Runs by kind: into an empty database, and again."""

    runs: defaultdict[str, list[Run]] = field(default_factory=lambda: defaultdict(list))

    def middle(self, kind: str) -> Run | None:
        """Return the medians of a kind."""
        found = self.runs[kind]
        if not found:
            return None
        return Run(
            median(run.seconds for run in found),
            median(run.process_seconds for run in found),
            max(run.peak_mb for run in found),
            found[-1].listings,
        )


def run_whole(server_url: str, folder: Path, plan: Plan, say: Say) -> EtlRuns:
    """Run both ways in turn, each into an empty database and then again."""
    found = EtlRuns()
    port = free_port()
    sandbox = f"http://127.0.0.1:{port}"
    data = folder / "data"
    data.mkdir()
    told = ours.LISTINGS_ASKED_FOR | {
        "SANDBOX_URL": sandbox, "DATA_DIR": str(data), "KASPARRO_HOME": str(folder / "home"), "UPSTREAM": "SANDBOX",
    }  # fmt: skip
    with running((*ours.SANDBOX, "--port", str(port)), {}, port, folder / "sandbox.log"):
        with fresh_database(server_url) as url:
            _run(ours.REFRESH_CSV, told | {"DATABASE_URL": url}, folder / "refresh.log")
        file = next(data.glob("*.csv"))
        loop = (*LOOP_COMMAND, sandbox, str(file), ours.LISTINGS_ASKED_FOR["COINPAPRIKA_TOP_N"])
        for number in range(plan.etl_rounds):
            for command, kinds in ((ours.ETL, (FIRST, AGAIN)), (loop, (LOOP, LOOP_AGAIN))):
                with fresh_database(server_url) as url:
                    for kind in kinds:
                        ended = _run(command, told | {"DATABASE_URL": url}, folder / f"{kind}.log")
                        found.runs[kind].append(_told(url, ended))
            say(f"whole runs: round {number + 1} of {plan.etl_rounds} is done")
    return found


def _run(command: tuple[str, ...], environment: dict[str, str], log: Path) -> Finished:
    ended = run_to_end(command, environment, log)
    if ended.code:
        end = log.read_text(errors="replace")[-800:]
        raise RunError(f"{' '.join(command[1:4])} ended with exit code {ended.code}:\n{end}")
    return ended


def _told(url: str, ended: Finished) -> Run:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT extract(epoch FROM finished_at - started_at)::float8, (SELECT count(*) FROM landed_quotes)"
            " FROM etl_runs WHERE flow = 'etl' ORDER BY id DESC LIMIT 1"
        ).fetchone()
    seconds, listings = row or (0.0, 0)
    return Run(seconds, ended.seconds, ended.peak_mb, listings)
