"""A small world to break: a PostgreSQL, a market that stands still, wires to both, and runs as processes.

Every trial begins from a copy of the same database, in one of the states of `Start`, and its next run sees the
market half an hour later. What an undisturbed run makes of that is found out once, and kept to compare with.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from unittest.mock import patch

import httpx
import psycopg

from flows.market_csv import refresh_csv
from flows.pipeline import run_etl
from flows.workshop import Workshop, open_workshop
from models import migrate
from tests.e2e.conftest import eventually, free_port
from tests.e2e.faults.comparing import Rows, rows_of
from tests.e2e.faults.postgres import Postgres
from tests.e2e.faults.whole import Whole, open_whole
from tests.e2e.faults.wire import Wire

SIZE = "1200"
ALL = "2000"
"""Of every coin there is: of the largest ones, others may be asked for from one minute to the next."""
LONG_AGO, LATER = timedelta(hours=2), timedelta(minutes=30)
BEFORE_HISTORY = "0006"
AGES_DO_NOT_MATTER = str(10 * 365 * 86_400)
"""Quotes weigh less as they age: with a window of years, a run that comes some minutes later finds the same prices."""
RUN_SECONDS = 150
DATABASE = "subject"


class Start(StrEnum):
    """What there is when a trial begins."""

    BARE = "a database without tables"
    EMPTY = "tables without rows"
    BEGUN = "the rows of a run half an hour ago"
    OLDER = "those rows in the tables of an older revision"
    DUE = "those rows, and the lists of all coins are due again"


class Job(subprocess.Popen[str]):
    """A process that does not outlive its block."""

    def __exit__(self, *ending: object) -> None:
        """Kill it if it is still there, as after a failure in the block."""
        self.kill()
        super().__exit__(*ending)  # type: ignore[arg-type]


class World:
    """What a case may break, and how to run, look and begin anew."""

    def __init__(self, folder: Path, sandbox: str, postgres: Postgres) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.postgres = postgres
        self.to_upstream = Wire(("127.0.0.1", int(sandbox.rpartition(":")[2])))
        self.to_postgres = Wire(postgres.socket)
        self.data = folder / "data"
        self._at = datetime.now(UTC) - LONG_AGO
        self._undisturbed: dict[Start, Rows] = {}
        self._opened = ExitStack()
        self._prepare()

    @property
    def url(self) -> str:
        """The database of the trial, past the wire: for those who look on."""
        return self.postgres.named(DATABASE)

    @property
    def environment(self) -> dict[str, str]:
        """What every process of the trial is started with."""
        return os.environ | self.told | {"KASPARRO_HOME": str(self.folder / "home")}

    @property
    def told(self) -> dict[str, str]:
        """What all of them are told of this world."""
        return {
            "SANDBOX_URL": f"http://127.0.0.1:{self.to_upstream.port}",
            "DATABASE_URL": f"postgresql://postgres@127.0.0.1:{self.to_postgres.port}/{DATABASE}",
            "DATA_DIR": str(self.data),
            "RETRY_PATIENCE_SECONDS": "5",
            "BENCH_LONGEST_SECONDS": "1",  # who refused a key is asked again by the next run
            "FRESH_FOR_SECONDS": AGES_DO_NOT_MATTER,
            "COINGECKO_TOP_N": ALL,
            "COINCAP_TOP_N": ALL,
        }

    @cached_property
    def whole(self) -> Whole:
        """Prefect's processes and the API, started when they are first asked for."""
        opened = open_whole(self.folder, self.told, self.postgres.socket)
        return self._opened.enter_context(opened)

    def close(self) -> None:
        """End everything that was started in it."""
        self._opened.close()
        self.to_postgres.close()
        self.to_upstream.close()

    def start(self, *command: str, **environment: str) -> Job:
        """Start a process of ours: `flows run etl` unless told otherwise."""
        return Job(
            [sys.executable, "-m", *(command or ("flows", "run", "etl"))],
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *command: str) -> str:
        """Run one to its end; returns what it said, and raises that where it fails."""
        with self.start(*command) as process:
            said, _ = process.communicate(timeout=RUN_SECONDS)
        if process.returncode:
            raise AssertionError(f"{' '.join(command) or 'the run'} ended with {process.returncode}: {said}")
        return said

    def run_inside(self, **environment: str) -> object:
        """Run in this process: where nothing is killed, most of the work would be to start another."""
        return self._inside(run_etl, environment)

    def refresh_inside(self, **environment: str) -> None:
        """Refresh CoinCap's file in this process."""
        self._inside(refresh_csv, environment)

    def _inside(self, job: Callable[[Workshop], Awaitable[object]], environment: Mapping[str, str]) -> object:
        async def done() -> object:
            async with open_workshop() as shop:
                return await job(shop)

        with patch.dict(os.environ, {**self.environment, **environment}):
            return asyncio.run(done())

    def begin(self, start: Start) -> None:
        """Put everything back to where trials begin."""
        self.to_postgres.mend()
        self.to_upstream.mend()
        httpx.delete(f"{self.sandbox}/_sandbox/answers").raise_for_status()
        self.postgres.start()
        if "whole" in vars(self):
            self.whole.end_flows()
        self.postgres.execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", DATABASE)
        self.postgres.copy_database(_template(start), DATABASE)
        shutil.copytree(self.folder / "later", self.data, dirs_exist_ok=True)

    def undisturbed(self, start: Start) -> Rows:
        """Return what a run without any fault makes of a start. Begins anew when it has to find out."""
        if start not in self._undisturbed:
            self.begin(start)
            self.run()
            self._undisturbed[start] = rows_of(self.url)
        return self._undisturbed[start]

    def ask(self, statement: str) -> list[tuple[object, ...]]:
        """Look into the database."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(statement).fetchall()

    def look_after(self) -> None:
        """Vacuum and analyze: PostgreSQL itself does within minutes, but tables copied just now have no statistics."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")

    @contextmanager
    def befallen(self, *orders: Mapping[str, object]) -> Iterator[None]:
        """Have the providers answer as orders say, for the length of the block. One that nobody met is a failure."""
        faults = f"{self.sandbox}/_sandbox/faults"
        httpx.post(faults, json={"faults": orders}).raise_for_status()
        yield
        standing = httpx.get(faults).raise_for_status().json()["on"]
        assert all(one["given"] for one in standing), f"nobody met a fault: {standing}"
        httpx.delete(faults).raise_for_status()

    def forget_lists(self) -> None:
        """Let the lists of all coins be due again, as they are every day."""
        self.ask("UPDATE etl_checkpoints SET completed_at = NULL WHERE feed = 'identity' RETURNING source")

    def forget_pauses(self) -> None:
        """Let the pauses be over that providers asked for, and the month begin anew."""
        self.ask("DELETE FROM source_budgets RETURNING source")

    def _prepare(self) -> None:
        """Make the states that trials begin from, as databases to be copied."""
        self.move_market(timedelta())
        self.postgres.copy_database("template0", _template(Start.BARE))
        self.postgres.copy_database(_template(Start.BARE), _template(Start.EMPTY))
        migrate.upgrade(self.postgres.named(_template(Start.EMPTY)))
        self.postgres.copy_database(_template(Start.EMPTY), DATABASE)
        self.run("flows", "run", "refresh-csv")
        self.run()
        for start in (Start.BEGUN, Start.OLDER):
            self.postgres.copy_database(DATABASE, _template(start))
        self.forget_lists()
        self.postgres.copy_database(DATABASE, _template(Start.DUE))
        migrate.downgrade(self.postgres.named(_template(Start.OLDER)), BEFORE_HISTORY)
        self.move_market(LATER)
        self.run("flows", "run", "refresh-csv")
        shutil.copytree(self.data, self.folder / "later")

    @contextmanager
    def earlier(self, by: timedelta) -> Iterator[None]:
        """Have it earlier in the market for the length of the block."""
        self.move_market(-by)
        yield
        self.move_market(by)

    def move_market(self, by: timedelta) -> None:
        """Let time pass in the market, which then stands still again."""
        self._at += by
        order = {"at": self._at.isoformat(), "speed": 0}
        httpx.put(f"{self.sandbox}/_sandbox/clock", json=order).raise_for_status()


def _template(start: Start) -> str:
    return f"start_{start.name.lower()}"


@contextmanager
def open_world(folder: Path) -> Iterator[World]:
    """Build a world in a folder, and take it down again."""
    postgres = Postgres(folder / "postgres")
    try:
        with _sandbox() as sandbox:
            world = World(folder, sandbox, postgres)
            try:
                yield world
            finally:
                world.close()
    finally:
        postgres.stop()


@contextmanager
def _sandbox() -> Iterator[str]:
    url = f"http://127.0.0.1:{(port := free_port())}"
    # Providers are other machines: here they come last.
    command = ["nice", sys.executable, "-m", "flows", "sandbox", "--port", str(port), "--size", SIZE]
    with subprocess.Popen(command) as process:
        try:
            eventually(lambda: _answers(f"{url}/_sandbox/health"))
            yield url
        finally:
            process.terminate()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False
