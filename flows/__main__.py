"""The workshop's front door: `python -m flows --help` lists what it does."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

from cyclopts import App, Parameter
from rich.console import Console
from rich.markdown import Markdown

from flows import match_lists
from flows.errors import SourceError
from flows.history import bar
from flows.history.backfilling import backfill as bring_in
from flows.history.listings import TOP_N, Wanted
from flows.history.progress import Progress
from flows.market_csv import refresh_csv
from flows.pipeline import run_etl
from flows.replay import replay as replay_kept
from flows.report import backfill_report, etl_report, publish_report, replay_report
from flows.sandbox.serve import serve
from flows.sandbox.settings import SandboxSettings
from flows.stack.prefect_server import serve_prefect
from flows.stack.prefect_worker import RUNS_AT_ONCE, give_way, serve_worker
from flows.stack.settings import StackSettings
from flows.stack.supervisor import up as supervise
from flows.status import StatusSettings, read_status
from flows.status_page import print_status
from flows.unification import unify_and_publish
from flows.workshop import collect_seldom, open_workshop
from models.db import DatabaseUnavailable
from models.front_door import door, enter
from models.logs import log_to_stderr
from models.outcomes import RunOutcome
from models.postgres_programs import PostgresError
from models.settings import LogSettings
from models.tracing import start_tracing

app = door("python -m flows", "Bring in, refresh, reconcile: the workshop of Kasparro.")
T = TypeVar("T")
run = App(name="run", help="Run a job once, here, without a Prefect server.")
app.command(run)


@app.command
def up() -> int:
    """Start everything in this terminal and say where to click; Ctrl-C stops it."""
    return supervise(StackSettings())


@app.command
def status(*, json: Annotated[bool, Parameter(negative=())] = False) -> int:
    """Say how sources do, what ran last and which versions are here; exit code 1 where something is wrong.

    Parameters
    ----------
    json
        For a program to read.
    """
    found = asyncio.run(read_status(StatusSettings()))
    print_status(found, Console(), as_json=json)
    return 1 if found.troubles else 0


@app.command
def server() -> None:
    """Become the Prefect server, with its UI."""
    serve_prefect(StackSettings())


@app.command
def worker(*, single_host: bool = False, runs_at_once: int = RUNS_AT_ONCE) -> None:
    """Deploy prefect.yaml, then become a Prefect worker.

    Parameters
    ----------
    single_host
        This is the only worker there is: runs left over from before are closed first.
    runs_at_once
        How many runs it has at a time at most: each takes about 200 MB.
    """
    serve_worker(StackSettings(), single_host=single_host, runs_at_once=runs_at_once)


@app.command
def sandbox(
    *,
    port: int | None = None,
    host: str = "127.0.0.1",
    seed: int = 20260101,
    size: int = 20_000,
    speed: float = 1.0,
    replay: Path | None = None,
    scenario: Path | None = None,
) -> None:
    """Serve the three simulated providers on one port.

    Parameters
    ----------
    port
        SANDBOX_PORT unless given.
    speed
        How many market seconds pass in one of ours.
    replay
        A folder of recorded answers to serve instead of the simulated market.
    scenario
        A TOML or JSON file of faults that its answers shall have: see docs/sandbox.md.
    """
    settings = SandboxSettings(seed, size, speed, replay, scenario=scenario)
    serve(port or StackSettings().sandbox_port, host, settings)


@app.command
def match(
    left: str,
    right: str,
    *,
    out: Path,
    contracts: Annotated[list[str] | None, Parameter(consume_multiple=True, negative=())] = None,
    explain: Annotated[bool, Parameter(negative=())] = False,
    truth: Path | None = None,
) -> int:
    """Match two recorded lists and write a line for every left listing: no database, no Prefect.

    Parameters
    ----------
    left, right
        `source:path`, such as coingecko:list.json; what kind of list it is shows by its shape.
    out
        The CSV file to write.
    contracts
        Recorded `/contracts/{platform}` answers of CoinPaprika, as `platform:path`.
    explain
        Write the candidates that lost, and why, beside the reasons.
    truth
        Known pairs to score against: prints how much is right, and every miss with its reasons.
    """
    return match_lists.match(left, right, out, contracts or (), explain, truth)


@run.command
def etl(
    *, source: Annotated[list[str] | None, Parameter(negative=())] = None, top_n: int | None = None
) -> int:
    """Bring in the sources, unify and publish.

    Parameters
    ----------
    source
        Only this source; may be repeated.
    top_n
        Ask for this many coins instead of each source's `<NAME>_TOP_N`.
    """

    async def job() -> int:
        async with open_workshop(upgrade=True) as shop:
            report = await run_etl(shop, source, top_n=top_n)
        _show(etl_report(report))
        return 1 if report.outcome is RunOutcome.FAILED else 0

    return _work(job())


@run.command
def backfill(
    *,
    uid: Annotated[list[str] | None, Parameter(negative=())] = None,
    top_n: int = TOP_N,
    source: Annotated[list[str] | None, Parameter(negative=())] = None,
    since: date | None = None,
    currency: Annotated[list[str] | None, Parameter(negative=())] = None,
    refresh: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Bring in the daily prices of the past that are missing.

    Parameters
    ----------
    uid
        Only of this asset; may be repeated.
    top_n
        Of this many assets by rank, where none is named.
    source
        Only from this source; may be repeated.
    since
        From this day on; as early as each provider's plan allows unless given.
    currency
        Bring in the rates of this currency as well, so that candles can be told in it; may be repeated.
    refresh
        Ask again for what was asked before.
    """
    wanted = Wanted(tuple(uid or ()), top_n, tuple(source or ()), since, refresh, tuple(currency or ()))

    async def job() -> int:
        progress = Progress()
        async with open_workshop(upgrade=True) as shop, bar.shown(progress, Console(stderr=True)):
            report = await bring_in(shop, wanted, progress)
        _show(backfill_report(report))
        return 1 if report.outcome is RunOutcome.FAILED else 0

    return _work(job())


@run.command(name="refresh-csv")
def refresh() -> int:
    """Write data/crypto_market.csv from CoinCap's API."""

    async def job() -> int:
        async with open_workshop(upgrade=True) as shop:
            report = await refresh_csv(shop)
        _show(f"**{report.outcome}**: {report.error or f'{report.rows} rows in {report.path}'}")
        return 1 if report.outcome is RunOutcome.FAILED else 0

    return _work(job())


@app.command
def replay(*, source: str | None = None, since: datetime | None = None) -> int:
    """Understand again what was received and kept, with today's parsers, and publish: nobody is asked anything.

    Parameters
    ----------
    source
        Only this source.
    since
        Only what was received from this moment on (UTC unless it says otherwise).
    """
    if since is not None and since.tzinfo is None:
        since = since.replace(tzinfo=UTC)

    async def job() -> int:
        async with open_workshop(upgrade=True) as shop:
            report = await replay_kept(shop, source, since)
        _show(replay_report(report))
        return 1 if report.outcome is RunOutcome.SKIPPED else 0

    return _work(job())


@run.command
def unify() -> None:
    """Decide anew which listings are the same asset, and publish."""

    async def job() -> None:
        async with open_workshop(upgrade=True) as shop:
            report = await unify_and_publish(shop)
        _show(publish_report(report))

    _work(job())


def _work(job: Coroutine[Any, Any, T]) -> T:
    give_way()
    return asyncio.run(job)


def _show(markdown: str) -> None:
    Console().print(Markdown(markdown))


def _prepare() -> None:
    log_to_stderr(LogSettings())
    start_tracing("kasparro-flows")
    collect_seldom()


if __name__ == "__main__":
    enter(app, SourceError, DatabaseUnavailable, PostgresError, ValueError, prepare=_prepare)
