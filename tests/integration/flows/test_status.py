"""`python -m flows status`: what a person and a program are told, with no Prefect anywhere."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from rich.console import Console

from flows.status import LAST_RUNS, StatusSettings, read_status
from flows.status_page import page_of
from models import migrate
from models.db import Sessions
from models.outcomes import RunOutcome
from tests.factories import NOW, make_budget, make_job, make_run, make_source, publish


@pytest.fixture
async def well(sessions: Sessions) -> Sessions:
    """A database in which all is well."""
    async with sessions.begin() as session:
        await make_run(session, fetched=250)
        await make_run(session, "coingecko", fetched=250)
        await make_job(session, "coingecko")
        await make_budget(session, "coingecko", a_month=10_000, spent_current=2_500)
        await publish(session, version=3)
    return sessions


async def _bench(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await make_run(session, "coinpaprika", outcome=RunOutcome.FAILED, started_at=NOW, error="HTTP 500")
        await make_job(
            session, "coinpaprika", outcome=RunOutcome.FAILED, failures=3, failing_since=NOW,
            benched_until=NOW + timedelta(hours=1), reason="HTTP 500", remedy="wait",
        )  # fmt: skip
        await make_budget(session, "coinpaprika", spent_current=13)


async def _door(url: str, *words: str) -> tuple[int, str]:
    """Go through the front door as a person does, where no Prefect server is."""
    away = {
        "DATABASE_URL": url,
        "PREFECT_API_URL": "http://127.0.0.1:9/api",
        "NO_COLOR": "1",
        "COLUMNS": "120",
    }
    command = [sys.executable, "-m", "flows", "status", *words]
    ended = await asyncio.to_thread(
        subprocess.run, command, env=os.environ | away, capture_output=True, text=True, check=False
    )
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.usefixtures("well")
async def test_where_all_is_well_the_exit_code_is_0_and_a_program_reads_everything(database_url: str) -> None:
    code, said = await _door(database_url, "--json")
    told: dict[str, Any] = json.loads(said)
    assert (code, told["status"], told["reasons"]) == (0, "healthy", [])
    (source,) = told["sources"]
    assert (source["name"], source["state"], source["next_try_at"]) == ("coingecko", "ok", None)
    assert (source["budget"]["left"], source["budget"]["limit"]) == (7_500, 10_000)
    assert source["last_success_at"].endswith("+00:00")
    assert [run["flow"] for run in told["runs"]] == ["ingest", "etl"]
    versions = told["versions"]
    assert (versions["dataset"], versions["upstream"]) == (3, "SANDBOX")
    assert versions["migration"] == versions["newest_migration"]


async def test_where_a_source_is_benched_the_exit_code_is_1_and_a_person_reads_why_and_until_when(
    well: Sessions, database_url: str
) -> None:
    await _bench(well)
    code, said = await _door(database_url)
    until = f"{NOW + timedelta(hours=1):%Y-%m-%d %H:%M}"
    assert code == 1
    assert said.startswith("degraded\n")
    assert f"coinpaprika: HTTP 500 (benched until {until} UTC)" in said
    (line,) = (line for line in said.splitlines() if line.startswith("coinpaprika"))
    assert "benched" in line
    assert until in line
    assert line.rstrip().endswith("no end")
    assert "7,500 of 10,000" in said


async def test_more_runs_than_a_screen_bears_are_left_out(well: Sessions, database_url: str) -> None:
    async with well.begin() as session:
        for _ in range(LAST_RUNS + 5):
            await make_run(session)
    assert len((await read_status(StatusSettings(database_url=database_url))).runs) == LAST_RUNS


async def test_an_empty_database_says_that_nothing_was_published(
    sessions: Sessions, database_url: str
) -> None:
    async with sessions.begin() as session:
        await make_source(session, "coingecko")
    status = await read_status(StatusSettings(database_url=database_url))
    assert status.troubles == ["Nothing was published yet: the first run has not ended."]
    assert [source["state"] for source in status.sources] == ["new"]


@pytest.mark.parametrize("revision", ["0013", "base"])
async def test_tables_that_are_not_the_codes_are_said_with_what_to_do(
    database_url: str, revision: str
) -> None:
    migrate.downgrade(database_url, revision)
    status = await read_status(StatusSettings(database_url=database_url))
    (trouble,) = status.troubles
    assert f"at revision {'None' if revision == 'base' else revision}, the code at" in trouble
    assert "python -m models upgrade" in trouble
    console = Console(width=120)
    with console.capture() as printed:
        console.print(page_of(status))
    assert printed.get().startswith("degraded\n")


async def test_without_a_database_it_is_one_sentence() -> None:
    code, said = await _door("postgresql://nobody@127.0.0.1:9/nothing")
    assert code == 1
    assert "Traceback" not in said
    assert "127.0.0.1" in said
