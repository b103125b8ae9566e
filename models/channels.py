"""What Postgres tells whoever listens: that something was published, that a run began or ended."""

from __future__ import annotations

from collections.abc import AsyncIterator

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from models.copies import PUBLISHING, Lease
from models.db import Sessions, address_of

DATASET = "kasparro_dataset"
"""Says the dataset's new version."""
RUNS = "kasparro_runs"
"""Says the key of a run that began or ended."""

QUIET_SECONDS = 30.0
"""After so long without a word the server is asked whether it is still there, where no lease depends on it."""
_CONNECTION = (
    "application_name='kasparro listener' connect_timeout=10 keepalives_idle=30 keepalives_interval=10"
)


async def tell(session: AsyncSession, channel: str, what: object) -> None:
    """Tell whoever listens; they hear of it when the session's transaction commits, and never when it does not."""
    words = {"channel": channel, "what": str(what)}
    await session.execute(text("SELECT pg_notify(:channel, :what)"), words)


async def heard(
    sessions: Sessions, *channels: str, lease: Lease | None = None
) -> AsyncIterator[tuple[str, str] | None]:
    """Listen to channels on a connection of its own to where `sessions` go, and hold a lease by it.

    Yields None once it listens: what was told before was not heard. Then each word as (channel, what). Raises
    psycopg's `OperationalError` when the connection cannot be had or is lost.
    """
    engine: AsyncEngine = sessions.kw["bind"]
    address = make_conninfo(address_of(engine.url), **conninfo_to_dict(_CONNECTION))
    async with await psycopg.AsyncConnection.connect(address, autocommit=True) as connection:
        for channel in (PUBLISHING, *channels):
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        yield None
        try:
            while True:
                # The server is asked each time whether it is still there: a lease lasts no longer than it answers.
                until_then = await (lease.renew(connection) if lease else _ask(connection))
                async for word in connection.notifies(timeout=until_then, stop_after=1):
                    if word.channel != PUBLISHING:
                        yield word.channel, word.payload
                    elif lease:
                        lease.end()
        finally:
            if lease:
                lease.lose()


async def _ask(connection: psycopg.AsyncConnection) -> float:
    await connection.execute("SELECT 1")
    return QUIET_SECONDS
