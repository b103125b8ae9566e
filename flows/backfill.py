"""The `backfill` flow: bring in the history that is missing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from uuid import UUID

from prefect import flow, runtime
from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact
from prefect.client.schemas.objects import State

from flows.history.backfilling import backfill as bring_in
from flows.history.listings import TOP_N, Wanted
from flows.history.progress import Progress
from flows.report import backfill_report
from flows.runbook import end_of, leave
from flows.tasks import run_name
from flows.workshop import open_workshop

SHOWN_EVERY_SECONDS = 1.0


@flow(name="backfill", flow_run_name=run_name)
async def backfill(
    uids: list[str] | None = None,
    top_n: int = TOP_N,
    sources: list[str] | None = None,
    since: date | None = None,
    currencies: list[str] | None = None,
    *,
    refresh: bool = False,
) -> State[Any]:
    """Bring in the daily prices that are missing: of these assets, or of the first `top_n` by rank.

    `sources` names some of those that tell history, `since` the earliest day; `refresh` asks again for what was asked.
    `currencies` brings in their rates of that time as well.
    """
    wanted = Wanted(tuple(uids or ()), top_n, tuple(sources or ()), since, refresh, tuple(currencies or ()))
    progress = Progress()
    async with open_workshop(prefect_run_id=runtime.flow_run.id) as shop, _shown(progress):
        report = await bring_in(shop, wanted, progress)
        await leave(shop, "backfill", backfill_report(report))
    return end_of(report.outcome, report.error, report.error)


@asynccontextmanager
async def _shown(progress: Progress) -> AsyncIterator[None]:
    """Keep Prefect's progress artifact up to date, as often as its API keeps up with, once a second at most."""
    told = "Listings whose history is complete"
    artifact = await acreate_progress_artifact(0.0, key="backfill-progress", description=told)
    showing = asyncio.create_task(_show(progress, artifact))
    try:
        yield
    finally:
        showing.cancel()
    await aupdate_progress_artifact(artifact, progress.percent)


async def _show(progress: Progress, artifact: UUID) -> None:
    shown = 0.0
    while True:
        await asyncio.sleep(SHOWN_EVERY_SECONDS)
        if progress.percent != shown:
            shown = progress.percent
            await aupdate_progress_artifact(artifact, shown)
