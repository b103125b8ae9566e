"""Keeping how each job of a source stands, and reading whether it is benched. By the database's clock.

Call it while holding the job's lock: nobody else writes that row then.
"""

from __future__ import annotations

from dataclasses import asdict, fields

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from models.benching import Bench, End, Standing, after
from models.outcomes import RunOutcome
from models.queries.tables import JOBS

_COLUMNS = [JOBS.c[each.name] for each in fields(Standing)]


async def note_end(session: AsyncSession, source: str, flow: str, end: End, bench: Bench | None) -> None:
    """Put down how a run of the job ended. One that was skipped changes nothing."""
    if end.outcome is RunOutcome.SKIPPED:
        return
    row = (await session.execute(_row(source, flow))).one_or_none()
    now = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    stands = asdict(after(None if row is None else Standing(*row), end, bench, now))
    entry = insert(JOBS).values(source=source, flow=flow, **stands)
    await session.execute(entry.on_conflict_do_update(index_elements=["source", "flow"], set_=stands))


async def benched(session: AsyncSession, source: str, flow: str) -> Standing | None:
    """Return how the job stands while it is benched, else None."""
    row = (
        await session.execute(_row(source, flow).where(JOBS.c.benched_until > func.clock_timestamp()))
    ).one_or_none()
    return None if row is None else Standing(*row)


def _row(source: str, flow: str) -> Select[tuple[object, ...]]:
    return select(*_COLUMNS).where(JOBS.c.source == source, JOBS.c.flow == flow)
