"""Writing down runs, and making sure that a source has one run at a time.

A run holds an advisory lock on a connection of its own for as long as it lives. The kernel and Postgres drop it when
the process dies in whatever way; so a run that is still `running` in the table while nobody holds its lock is dead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import col

from models.channels import RUNS, tell
from models.db import Sessions
from models.logs import log_lines_of_its_own
from models.outcomes import RunOutcome
from models.store.outbox import post_failures
from models.tables import Run
from models.tracing import span

CRASHED = "the process that ran this ended before it could finish"


def job_of(flow: str, source: str | None) -> str:
    """Name the job whose lock a run holds: a source has one, whoever brings it in."""
    return f"source:{source}" if flow == "ingest" else flow


@asynccontextmanager
async def sole_run(sessions: Sessions, job: str) -> AsyncIterator[bool]:
    """Hold the lock of `job` (as `job_of` names it) for the block; yields False where another run has it."""
    engine: AsyncEngine = sessions.kw["bind"]
    lock = {"key": f"kasparro:{job}"}
    async with engine.connect() as pinned:
        connection = await pinned.execution_options(isolation_level="AUTOCOMMIT")
        taken = await connection.scalar(text("SELECT pg_try_advisory_lock(hashtextextended(:key, 0))"), lock)
        try:
            with span(f"run {job}"), log_lines_of_its_own():
                yield bool(taken)
        finally:
            if taken:
                await connection.execute(text("SELECT pg_advisory_unlock(hashtextextended(:key, 0))"), lock)


async def start_run(session: AsyncSession, run: Run) -> int:
    """Enter a run as running; returns its key. Runs of the same job left running are closed as failed.

    Call it while holding the job's lock: then whoever wrote `running` is gone.
    """
    of_this_job = (col(Run.flow) == run.flow, col(Run.source).is_not_distinct_from(run.source))
    await _close_dead(session, of_this_job, run.started_at)
    return await enter_run(session, run)


async def enter_run(session: AsyncSession, run: Run) -> int:
    """Enter a run as it is; returns its key."""
    session.add(run)
    await session.flush()
    assert run.id is not None  # noqa: S101 - flush has read it back
    await tell(session, RUNS, run.id)
    return run.id


async def close_left_open(session: AsyncSession, prefect_run_id: str, at: datetime) -> None:
    """Close what a run of Prefect's left running, as failed. Call it while holding the lock of its job."""
    await _close_dead(session, (col(Run.prefect_run_id) == prefect_run_id,), at)


async def _close_dead(session: AsyncSession, which: Sequence[ColumnElement[bool]], at: datetime) -> None:
    dead = await session.execute(
        update(Run)
        .where(*which, col(Run.outcome) == RunOutcome.RUNNING)
        .values(outcome=RunOutcome.FAILED, finished_at=at, error=CRASHED, remedy="run again")
        .returning(col(Run.id))
    )
    run_ids = [run_id for run_id in dead.scalars() if run_id is not None]
    await post_failures(session, run_ids, at)
    for run_id in run_ids:
        await tell(session, RUNS, run_id)


async def count_page(session: AsyncSession, run_id: int, counts: Mapping[str, int]) -> None:
    """Add one page's counts to its run, in the transaction that stores the page."""
    await session.execute(
        update(Run)
        .where(col(Run.id) == run_id)
        .values({getattr(Run, name): getattr(Run, name) + count for name, count in counts.items()})
    )


async def total_children(session: AsyncSession, run_id: int) -> None:
    """Add the counts of the runs that a run started to its own."""
    counts = ("pages", "fetched", "new", "changed", "unchanged", "rejected")
    sums = select(*(func.coalesce(func.sum(getattr(Run, name)), 0) for name in counts))
    children = (await session.execute(sums.where(col(Run.parent_id) == run_id))).one()
    await count_page(session, run_id, dict(zip(counts, children, strict=True)))


async def finish_run(
    session: AsyncSession,
    run_id: int,
    outcome: RunOutcome,
    at: datetime,
    *,
    error: str | None = None,
    remedy: str | None = None,
    dataset_version: int | None = None,
) -> None:
    """Close a run: how it ended, when, what went wrong with what to do, and the version it published."""
    await session.execute(
        update(Run)
        .where(col(Run.id) == run_id)
        .values(outcome=outcome, finished_at=at, error=error, remedy=remedy, dataset_version=dataset_version)
    )
    if outcome is RunOutcome.FAILED:
        await post_failures(session, [run_id], at)
    await tell(session, RUNS, run_id)


async def read_run(session: AsyncSession, run_id: int) -> Run:
    """Return a run as it stands."""
    return await session.get_one(Run, run_id, populate_existing=True)
