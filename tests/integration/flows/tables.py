"""Every row of every table, to be compared: what two runs left behind, or what one run changed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from models.db import Sessions
from models.tables import metadata

Dump = dict[str, list[dict[str, Any]]]
"""Rows by table, each table in a fixed order."""

WHAT_RUNS_DID = ("etl_runs", "raw_pages", "source_budgets")
"""What every run adds to, changed or not."""

BOOKKEEPING = (*WHAT_RUNS_DID, "etl_checkpoints", "source_jobs")
"""What every run writes, changed or not."""

WHEN_AND_WHO = ("fetched_at", "created_at", "updated_at", "first_seen_at", "decided_at", "registered_at")
"""Columns that tell when something was written and not what."""

VOLATILE = (
    *WHEN_AND_WHO,
    "published_at",
    "rejected_at",
    "started_at",
    "finished_at",
    "completed_at",
    "run_id",
)


async def dump(sessions: Sessions, without: tuple[str, ...] = (), masked: tuple[str, ...] = ()) -> Dump:
    """Read all tables but those `without`, leaving out the `masked` columns."""
    found: Dump = {}
    async with sessions() as session:
        for table in sorted(metadata.tables.values(), key=lambda table: table.name):
            if table.name in without:
                continue
            rows = (await session.execute(table.select())).mappings().all()
            kept = [{key: value for key, value in row.items() if key not in masked} for row in rows]
            found[table.name] = sorted(kept, key=repr)
    return found


async def named(sessions: Sessions, tables: tuple[str, ...], masked: tuple[str, ...] = ()) -> Dump:
    """Read tables with listings and assets called as they are outside: two databases give them other keys."""
    listings = dict(await rows(sessions, "SELECT id, source || ' ' || source_id FROM listings"))
    uids = dict(await rows(sessions, "SELECT id, uid FROM assets"))
    names = {"listing_id": listings, "asset_id": uids, "successor_id": uids}
    found = await dump(sessions, tuple(set(metadata.tables) - set(tables)), ("id", "run_id", *masked))
    return {
        table: sorted(
            (
                {key: names[key].get(value) if key in names else value for key, value in row.items()}
                for row in kept
            ),
            key=repr,
        )
        for table, kept in found.items()
    }


def differences(one: Dump, other: Dump) -> dict[str, tuple[list[Any], list[Any]]]:
    """Return, by table, the rows that only one side has; empty where the dumps are equal."""
    assert one.keys() == other.keys()
    different = {}
    for table, rows in one.items():
        mine, theirs = {repr(row) for row in rows}, {repr(row) for row in other[table]}
        if mine != theirs or len(rows) != len(other[table]):
            different[table] = (sorted(mine - theirs)[:3], sorted(theirs - mine)[:3])
    return different


async def count(sessions: Sessions, statement: str, **values: object) -> Any:  # noqa: ANN401 - a column's value
    """Return the one value of a statement."""
    async with sessions() as session:
        return (await session.execute(text(statement), values)).scalar_one()


async def rows(sessions: Sessions, statement: str, **values: object) -> list[Any]:
    """Return a statement's rows, each as a tuple."""
    async with sessions() as session:
        return [tuple(row) for row in (await session.execute(text(statement), values)).all()]


async def renew_budgets(sessions: Sessions) -> None:
    """Forget what sources were asked, and what they said of it."""
    async with sessions.begin() as session:
        await session.execute(text("DELETE FROM source_budgets"))


async def end_benches(sessions: Sessions) -> None:
    """Let every bench's while be over."""
    async with sessions.begin() as session:
        await session.execute(
            text("UPDATE source_jobs SET benched_until = now() WHERE benched_until > now()")
        )


async def every_text(sessions: Sessions) -> str:
    """Return all that the database holds, as one text to be searched."""
    async with sessions() as session:
        names = await session.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        parts: list[str] = []
        for name in sorted(names.scalars()):
            every = text(f'SELECT t::text FROM "{name}" t')
            parts += (await session.execute(every)).scalars().all()
    return "\n".join(parts)
