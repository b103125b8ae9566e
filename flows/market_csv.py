"""Keeping `crypto_market.csv`: what CoinCap's API answers, written whole or not at all. No Prefect here."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread
import structlog

from flows.benches import Job, heed_bench, note_end
from flows.engine import Fetch, fetch_directly
from flows.errors import BudgetExhausted, Fatal, SourceError, SourceSkipped, Unwritable
from flows.reading import page_of, reject_of_page, rejects_of
from flows.settings import SourceSettings
from flows.shared_budgets import Tally
from flows.sources import coincap
from flows.sources.contract import PageRequest
from flows.workshop import Workshop, begin_run, now, skip_run
from models.durable import sync
from models.outcomes import RunOutcome
from models.records import Payload, Reject
from models.store.records import keep_rejects
from models.store.runs import count_page, finish_run, sole_run

log = structlog.get_logger(__name__)


FLOW = "refresh-csv"
FEED = "api"
ASSETS = PageRequest("/assets")

UNDER_WAY = "another refresh is under way"
NO_KEY = "COINCAP_API_KEY is not set and every call to CoinCap needs one (its free plan gives it): the file stays as it was"


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """What a refresh wrote, or why it wrote nothing."""

    path: Path
    outcome: RunOutcome
    rows: int = 0
    error: str | None = None
    remedy: str | None = None


async def refresh_csv(
    shop: Workshop, *, fetch: Fetch = fetch_directly, heeds_bench: bool = False
) -> RefreshReport:
    """Fetch CoinCap's assets and replace the file. Never raises for what CoinCap did: the report and the run say it.

    Without a key nothing is asked, and the file stays as it is; so it does while CoinCap is benched, for who heeds that.
    """
    path = shop.settings.data_dir / coincap.CSV_FILE
    async with sole_run(shop.sessions, FLOW) as is_ours:
        if not is_ours:
            await skip_run(shop, FLOW, UNDER_WAY, source=coincap.NAME)
            return RefreshReport(path, RunOutcome.SKIPPED, error=UNDER_WAY)
        run_id = await begin_run(shop, FLOW, source=coincap.NAME)
        rejects: list[Reject] = []
        rows = _refresh(shop, path, fetch, rejects, heeds_bench=heeds_bench)
        report, error = await _whatever_happens(path, rows, rejects)
        async with shop.sessions.begin() as session:
            await keep_rejects(session, rejects, run_id, now())
            await count_page(session, run_id, {"fetched": report.rows, "rejected": len(rejects)})
            await note_end(session, shop, _job(shop), report.outcome, error)
            await finish_run(session, run_id, report.outcome, now(), error=report.error, remedy=report.remedy)
    log.info("file refreshed", path=str(path), outcome=report.outcome, rows=report.rows, error=report.error)
    return report


def _job(shop: Workshop) -> Job:
    return Job(coincap.NAME, FLOW, shop.settings.csv_update_interval_seconds)


async def _whatever_happens(
    path: Path, refresh: Awaitable[int], rejects: list[Reject]
) -> tuple[RefreshReport, SourceError | None]:
    """Wait for the rows; where none were written, say why, and keep what was answered instead."""
    try:
        return RefreshReport(path, RunOutcome.SUCCESS, await refresh), None
    except SourceError as error:
        is_skip = isinstance(error, SourceSkipped)
        if error.was_asked and not is_skip:
            rejects.append(reject_of_page(coincap.NAME, FEED, ASSETS, error))
        outcome = RunOutcome.SKIPPED if is_skip or isinstance(error, BudgetExhausted) else RunOutcome.FAILED
        told = str(error.at(coincap.NAME))
        return RefreshReport(path, outcome, error=told, remedy=error.remedy), error


async def _refresh(
    shop: Workshop, path: Path, fetch: Fetch, rejects: list[Reject], *, heeds_bench: bool
) -> int:
    """Fetch the assets, where the month has room for it, and write them; returns how many there are."""
    settings, every = shop.settings_of(coincap.API), shop.settings.csv_update_interval_seconds
    if settings.api_key is None:
        raise SourceSkipped(NO_KEY, source=coincap.NAME)
    if heeds_bench:
        await heed_bench(shop, _job(shop))
    async with shop.budgets.one_pass(coincap.API, settings, every, insists=not heeds_bench) as tally:
        rows = await _every_page(shop, settings, fetch, rejects, tally)
        tally.is_whole = True
    try:
        await anyio.to_thread.run_sync(write_atomically, path, rows)
    except OSError as error:
        raise Unwritable(f"{path} cannot be written: {error.strerror}").unasked() from error
    return len(rows)


async def _every_page(
    shop: Workshop, settings: SourceSettings, fetch: Fetch, rejects: list[Reject], tally: Tally
) -> list[Payload]:
    rows: list[Payload] = []
    request: PageRequest | None = coincap.API.quotes.first_page(settings)
    while request is not None:
        fetched = await fetch(shop, coincap.API, coincap.API.quotes, request)
        tally.note(coincap.API.quotes, fetched)
        page = page_of(coincap.NAME, FEED, coincap.API.quotes, fetched, request)
        rejects += rejects_of(coincap.NAME, FEED, page)
        rows, request = rows + page.records, page.next
    if len(rows) < min(coincap.API.quotes.volume.at_least, settings.top_n):
        raise Fatal(f"{len(rows)} assets are too few: the file stays as it was", source=coincap.NAME)
    return rows


def write_atomically(path: Path, rows: list[Payload]) -> None:
    """Write beside the file, then put it in the file's place: a reader sees the old rows or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        # Half a surrogate pair in one name must not cost the whole file.
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            writer = csv.DictWriter(file, coincap.COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
        sync(path.parent)  # after a power cut the folder must not name the old file again
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
