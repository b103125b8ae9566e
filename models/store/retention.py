"""Throwing away what is older than the settings keep it, without losing anything that is still true.

What stays, however old: the newest payload of every record and those of the pages that are kept, the newest rate of every currency, the newest run of each
job and outcome, runs that something kept tells of, and the candles of hours and days. Price points go a month at a
time, with their partition, and their month is closed: points of it that come late are not kept, for its candles have
counted what there was. Everything else goes in small transactions, so that nobody waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from models.db import Sessions
from models.store.months import POINTS, closed_months, month_after, month_of, partition_of
from models.tables import Pruning

EVERY = timedelta(days=1)
BATCH = 5_000
LISTED_FOR = timedelta(days=366)
"""How long prunings are listed; closed months are for ever."""

_GOING: Mapping[str, tuple[str, str]] = {
    "raw_pages": ("fetched_at", "TRUE"),
    "raw_records": (
        "fetched_at",
        (
            "NOT EXISTS (SELECT FROM raw_pages AS p CROSS JOIN unnest(p.records) AS told (id)"
            " WHERE told.id = r.id AND told.id > :after AND told.id <= :last)"
            " AND EXISTS (SELECT FROM raw_records AS n WHERE n.source = r.source AND n.feed = r.feed"
            " AND n.record_id = r.record_id AND (n.fetched_at, n.id) > (r.fetched_at, r.id))"
        ),
    ),
    "rejected_records": ("rejected_at", "TRUE"),
    "etl_runs": (
        "started_at",
        (
            "outcome <> 'running' AND id NOT IN (SELECT max(id) FROM etl_runs GROUP BY flow, source, outcome)"
            " AND NOT EXISTS (SELECT FROM etl_runs AS c WHERE c.parent_id = r.id)"
            " AND NOT EXISTS (SELECT FROM raw_records AS k WHERE k.run_id = r.id)"
            " AND NOT EXISTS (SELECT FROM raw_pages AS k WHERE k.run_id = r.id)"
            " AND NOT EXISTS (SELECT FROM rejected_records AS k WHERE k.run_id = r.id)"
            " AND NOT EXISTS (SELECT FROM history_windows AS k WHERE k.run_id = r.id)"
            " AND NOT EXISTS (SELECT FROM etl_checkpoints AS k WHERE k.run_id = r.id)"
            " AND NOT EXISTS (SELECT FROM notifications AS k WHERE k.run_id = r.id)"
        ),
    ),
}
"""When a row is from, and what else lets it go. A run goes in the first pass after those that it started."""

_RATES = text(
    "DELETE FROM fx_rates WHERE ctid = ANY(ARRAY("
    " SELECT r.ctid FROM fx_rates AS r WHERE r.observed_at < :before AND EXISTS ("
    " SELECT FROM fx_rates AS n WHERE n.code = r.code AND n.source = r.source AND n.observed_at > r.observed_at)"
    " LIMIT :batch))"
)
_IS_DUE = text(
    "SELECT coalesce(max(pruned_at) <= :since, TRUE) FROM prunings WHERE subject = :subject AND month IS NULL"
)
_FORGET = text("DELETE FROM prunings WHERE month IS NULL AND pruned_at < :before")
_OLD_MONTHS = text(
    "SELECT relname, inhdetachpending FROM pg_class LEFT JOIN pg_inherits"
    " ON inhrelid = oid AND inhparent = 'price_points'::regclass"
    " WHERE relkind = 'r' AND relname ~ '^price_points_[0-9]{4}_[0-9]{2}$' AND relname < :oldest"
    " AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'price_points'::regclass) ORDER BY relname"
)


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long rows are kept: days, or whole months besides the current one; 0 is for ever."""

    raw_pages: int = 0
    raw_records: int = 0
    rejected_records: int = 0
    etl_runs: int = 0
    fx_rates: int = 0
    price_points_months: int = 0


async def prune(sessions: Sessions, keeping: Keeping, now: datetime) -> dict[str, int]:
    """Throw away what is due, each table once a day; returns how many rows went, by table. One at a time.

    What went is listed in `prunings`.
    """
    gone: dict[str, int] = {}
    for subject in (*_GOING, "fx_rates"):
        days: int = getattr(keeping, subject)
        if days and await _is_due(sessions, subject, now):
            before = now - timedelta(days=days)
            gone[subject] = await (
                _walk(sessions, subject, before) if subject in _GOING else _rates(sessions, before)
            )
            await _list(
                sessions, Pruning(subject=subject, before_at=before, rows=gone[subject], pruned_at=now)
            )
    if keeping.price_points_months:
        oldest = month_after(month_of(now), -keeping.price_points_months)
        gone[POINTS] = await _months(sessions, oldest, now)
    async with sessions.begin() as session:
        await session.execute(_FORGET, {"before": now - LISTED_FOR})
    return {subject: rows for subject, rows in gone.items() if rows}


async def _is_due(sessions: Sessions, subject: str, now: datetime) -> bool:
    async with sessions() as session:
        return bool(await session.scalar(_IS_DUE, {"subject": subject, "since": now - EVERY}))


async def _list(sessions: Sessions, pruning: Pruning) -> None:
    async with sessions.begin() as session:
        session.add(pruning)


async def _walk(sessions: Sessions, table: str, before: datetime) -> int:
    """Go through a table by key, oldest rows first, until none of `BATCH` rows is old."""
    at, may_go = _GOING[table]
    batch = text(
        f"SELECT max(id), bool_or({at} < :before) FROM"  # noqa: S608 - our own names
        f" (SELECT id, {at} FROM {table} WHERE id > :after ORDER BY id LIMIT :batch) AS stretch"
    )
    delete = text(
        f"DELETE FROM {table} AS r WHERE id > :after AND id <= :last AND {at} < :before AND {may_go}"  # noqa: S608
    )
    gone, after = 0, 0
    while True:
        async with sessions.begin() as session:
            values = {"after": after, "before": before, "batch": BATCH}
            last, any_old = (await session.execute(batch, values)).one()
            if not any_old:
                return gone
            deleted = await session.execute(delete, {"after": after, "last": last, "before": before})
        gone += deleted.rowcount  # type: ignore[attr-defined] # a DELETE's result has it
        after = last


async def _rates(sessions: Sessions, before: datetime) -> int:
    gone = 0
    while True:
        async with sessions.begin() as session:
            deleted = await session.execute(_RATES, {"before": before, "batch": BATCH})
        rows: int = deleted.rowcount  # type: ignore[attr-defined] # a DELETE's result has it
        gone += rows
        if rows < BATCH:
            return gone


async def _months(sessions: Sessions, oldest: datetime, now: datetime) -> int:
    """Close and drop the months before `oldest`. A readers' query on one is waited for, and makes nobody else wait.

    One that was interrupted is taken up where it was. A month that somebody else detached is theirs.
    """
    engine: AsyncEngine = sessions.kw["bind"]
    gone = 0
    async with engine.connect() as plain:
        connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
        found = (await connection.execute(_OLD_MONTHS, {"oldest": partition_of(oldest)})).tuples().all()
        for name, is_pending in found:
            month = _month_named(name)
            async with sessions() as session:
                is_closed = month in await closed_months(session)
            if is_pending is None and not is_closed:
                continue
            if not is_closed:
                rows = await connection.scalar(text(f"SELECT count(*) FROM {name}"))  # noqa: S608 - a partition's name
                before = month_after(month)
                await _list(
                    sessions, Pruning(subject=POINTS, month=month, before_at=before, rows=rows, pruned_at=now)
                )
                gone += rows
            if is_pending is not None:
                how = "FINALIZE" if is_pending else "CONCURRENTLY"
                await connection.execute(text(f"ALTER TABLE {POINTS} DETACH PARTITION {name} {how}"))
            await connection.execute(text(f"DROP TABLE {name}"))
    return gone


def _month_named(partition: str) -> datetime:
    year, month = partition.removeprefix(f"{POINTS}_").split("_")
    return month_of(datetime.fromisoformat(f"{year}-{month}-01T00:00:00+00:00"))
