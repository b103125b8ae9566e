"""Benching as runs do it: pass over what is benched, and put down how each run of a source's job ended."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from flows.errors import Refused, SourceBenched, SourceError
from flows.settings import FlowSettings
from flows.workshop import Workshop
from models.benching import Bench, End
from models.outcomes import RunOutcome
from models.store import benching as store


@dataclass(frozen=True, slots=True)
class Job:
    """What a flow does for a source."""

    source: str
    flow: str
    every_seconds: int | None
    """Its schedule; None: nobody is asked, so that it is never benched."""


async def heed_bench(shop: Workshop, job: Job) -> None:
    """Raise `SourceBenched` while a job is benched: until when, after how many failures, and what the last one was."""
    async with shop.sessions() as session:
        stands = await store.benched(session, job.source, job.flow)
    if stands is not None:
        often = "a failure" if stands.failures == 1 else f"{stands.failures} failures in a row"
        raise SourceBenched(
            f"benched until {stands.benched_until:%Y-%m-%d %H:%M} UTC after {often}: {stands.reason}",
            source=job.source,
        )


async def note_end(
    session: AsyncSession, shop: Workshop, job: Job, outcome: RunOutcome, error: Exception | None
) -> None:
    """Put down how a job's run ended. What the database did, or nobody was asked for, is no fault of the source."""
    await store.note_end(session, job.source, job.flow, _end(outcome, error), _bench(shop.settings, job))


def _end(outcome: RunOutcome, error: Exception | None) -> End:
    if not isinstance(error, SourceError):
        return End(outcome, None if error is None else str(error), is_its_fault=False)
    return End(
        outcome,
        str(error.args[0]),
        error.remedy,
        is_its_fault=error.was_asked,
        is_for_a_person=isinstance(error, Refused),
    )


def _bench(settings: FlowSettings, job: Job) -> Bench | None:
    if job.every_seconds is None:
        return None
    first = job.every_seconds if settings.bench_seconds is None else settings.bench_seconds
    return Bench(settings.bench_after_failures, first, settings.bench_longest_seconds)
