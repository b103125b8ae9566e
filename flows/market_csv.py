"""Keeping `crypto_market.csv`: what CoinCap's API answers, written whole or not at all. No Prefect here."""

from __future__ import annotations

import csv
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread
import structlog

from flows.engine import Fetch, fetch_directly
from flows.errors import BudgetExhausted, Fatal, SourceError, SourceSkipped
from flows.reading import page_of, reject_of_page, rejects_of
from flows.settings import SourceSettings
from flows.shared_budgets import Tally
from flows.sources import coincap
from flows.sources.contract import PageRequest
from flows.workshop import Workshop, begin_run, now
from models.durable import sync
from models.outcomes import RunOutcome
from models.records import Payload, Reject
from models.store.records import keep_rejects
from models.store.runs import count_page, finish_run, sole_run

log = structlog.get_logger(__name__)


FLOW = "refresh-csv"
FEED = "api"
ASSETS = PageRequest("/assets")

NO_KEY = "COINCAP_API_KEY is not set and every call to CoinCap needs one (its free plan gives it): the file stays as it was"


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """What a refresh wrote, or why it wrote nothing."""

    path: Path
    outcome: RunOutcome
    rows: int = 0
    error: str | None = None
    remedy: str | None = None


async def refresh_csv(shop: Workshop, *, fetch: Fetch = fetch_directly) -> RefreshReport:
    """Fetch CoinCap's assets and replace the file. Never raises for what CoinCap did: the report and the run say it.

    Without a key nothing is asked, and the file stays as it is.
    """
    path = shop.settings.data_dir / coincap.CSV_FILE
    async with sole_run(shop.sessions, FLOW) as is_ours:
        if not is_ours:
            return RefreshReport(path, RunOutcome.SKIPPED, error="another refresh is under way")
        run_id = await begin_run(shop, FLOW, source=coincap.NAME)
        rejects: list[Reject] = []
        report = await _refresh(shop, path, fetch, rejects)
        async with shop.sessions.begin() as session:
            await keep_rejects(session, rejects, run_id, now())
            await count_page(session, run_id, {"fetched": report.rows, "rejected": len(rejects)})
            await finish_run(session, run_id, report.outcome, now(), error=report.error, remedy=report.remedy)
    log.info("file refreshed", path=str(path), outcome=report.outcome, rows=report.rows, error=report.error)
    return report


async def _refresh(shop: Workshop, path: Path, fetch: Fetch, rejects: list[Reject]) -> RefreshReport:
    try:
        rows = await _all_assets(shop, fetch, rejects)
        await anyio.to_thread.run_sync(write_atomically, path, rows)
    except SourceSkipped as reason:
        return RefreshReport(path, RunOutcome.SKIPPED, error=str(reason), remedy=reason.remedy)
    except SourceError as error:
        if error.was_asked:
            rejects.append(reject_of_page(coincap.NAME, FEED, ASSETS, error))
        told = str(error.at(coincap.NAME))
        outcome = RunOutcome.SKIPPED if isinstance(error, BudgetExhausted) else RunOutcome.FAILED
        return RefreshReport(path, outcome, error=told, remedy=error.remedy)
    except OSError as error:
        told = f"{path} cannot be written: {error.strerror}"
        return RefreshReport(path, RunOutcome.FAILED, error=told, remedy="make room, or set DATA_DIR")
    return RefreshReport(path, RunOutcome.SUCCESS, len(rows))


async def _all_assets(shop: Workshop, fetch: Fetch, rejects: list[Reject]) -> list[Payload]:
    """Fetch the assets, where the month has room for it."""
    settings, every = shop.settings_of(coincap.API), shop.settings.csv_update_interval_seconds
    if settings.api_key is None:
        raise SourceSkipped(NO_KEY, source=coincap.NAME)
    async with shop.budgets.one_pass(coincap.API, settings, every) as tally:
        rows = await _every_page(shop, settings, fetch, rejects, tally)
        tally.is_whole = True
    return rows


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
