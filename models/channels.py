"""What Postgres tells whoever listens: that something was published, that a run began or ended."""

from __future__ import annotations

from collections.abc import AsyncIterator

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from models.db import Sessions

DATASET = "kasparro_dataset"
"""Says the dataset's new version."""
RUNS = "kasparro_runs"
"""Says the key of a run that began or ended."""

QUIET_SECONDS = 30
"""After so long without a word the server is asked whether it is still there."""
_CONNECTION = (
    "application_name='kasparro listener' connect_timeout=10 keepalives_idle=30 keepalives_interval=10"
)


async def tell(session: AsyncSession, channel: str, what: object) -> None:
    """Tell whoever listens; they hear of it when the session's transaction commits, and never when it does not."""
    words = {"channel": channel, "what": str(what)}
    await session.execute(text("SELECT pg_notify(:channel, :what)"), words)


async def heard(sessions: Sessions, *channels: str) -> AsyncIterator[tuple[str, str] | None]:
    """Listen to channels on a connection of its own to where `sessions` go.

    Yields None once it listens: what was told before was not heard. Then each word as (channel, what). Raises
    psycopg's `OperationalError` when the connection cannot be had or is lost.
    """
    engine: AsyncEngine = sessions.kw["bind"]
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    address = make_conninfo(url, **conninfo_to_dict(_CONNECTION))
    async with await psycopg.AsyncConnection.connect(address, autocommit=True) as connection:
        for channel in channels:
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        yield None
        while True:
            async for word in connection.notifies(timeout=QUIET_SECONDS):
                yield word.channel, word.payload
            await connection.execute("SELECT 1")
