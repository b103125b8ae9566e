"""Who may answer from copies, and how whoever publishes has them stop first.

A process that keeps copies of answers holds a lease: a shared lock on the connection that it listens with, and its
own word that it heard from the server within the last seconds. What a publication writes nobody sees before it is
committed: until then copies are as new as the database. So whoever publishes announces the commit, not the beginning.
It takes the lock of who commits, which goes with its transaction, announces itself on another connection, since its
own is heard only when it commits, and commits once every shared lock was given back. So no answer older than what is
committed is ever given from a copy:
    a process that holds the shared lock, and found after it had got it that nobody commits: nothing can have been
    committed since;
    a process that was announced to: it dropped its copies before it gave the lock back, and gets none before the
    transaction is over - whatever becomes of the publisher, Postgres ends that;
    a process that hears nothing, because it stands still or its connection does: its lease ends by its own clock,
    and the publisher waits for longer than that before it goes on without it.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

import psycopg
import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.db import address_of

PUBLISHING = "kasparro_publishing"
"""The channel on which the commit of a publication is announced."""
_COMMIT_KEY = "hashtextextended('kasparro:commit', 0)"
_COPIES_KEY = "hashtextextended('kasparro:copies', 0)"

LEASE_SECONDS = 2.0
"""For so long after it heard from the server a process may answer from copies."""
BEAT_SECONDS = 0.5
PATIENCE_SECONDS = 3.0
"""For so long whoever publishes waits for the others: longer than any lease lasts by itself."""
COMMITS_WITHIN_SECONDS = 0.1
"""For so long after a commit was announced it is worth waiting for: what is read then can be kept again."""
PAUSE_SECONDS, PAUSE_SECONDS_AT_MOST = 0.01, 0.5

_COMMITS = text(f"SELECT pg_advisory_xact_lock({_COMMIT_KEY})")
_ARE_STOPPED = text(f"SELECT pg_try_advisory_xact_lock({_COPIES_KEY})")
_ANNOUNCE = f"NOTIFY {PUBLISHING}"
_TAKE = (
    f"SELECT CASE WHEN pg_try_advisory_lock_shared({_COPIES_KEY})"
    f" THEN pg_try_advisory_xact_lock_shared({_COMMIT_KEY}) END"
)
"""In this order: whoever commits takes the other lock first, and looks at this one afterwards. Null: it is not to be had."""
_GIVE_BACK = f"SELECT pg_advisory_unlock_shared({_COPIES_KEY})"

log = structlog.get_logger(__name__)


async def stop_copies(connection: AsyncConnection) -> None:
    """Return when nobody answers from copies any more, nor will before the connection's transaction is over.

    The next thing it does is to commit. Where there are copies at all, it is announced on a connection of its own,
    not one of the pool: those may all be held by others who wait until this publication is over.
    """
    await connection.execute(_COMMITS)
    if await _are_stopped(connection):
        return
    address = address_of(connection.engine.url)
    async with await psycopg.AsyncConnection.connect(address, autocommit=True) as other:
        await other.execute(_ANNOUNCE)
    deadline = time.monotonic() + PATIENCE_SECONDS
    pause = 0.001
    while not await _are_stopped(connection):
        if time.monotonic() > deadline:
            log.warning(
                "somebody holds copies and does not answer; their lease is over", seconds=PATIENCE_SECONDS
            )
            return
        await asyncio.sleep(pause)
        pause = min(2 * pause, 0.1)


async def _are_stopped(connection: AsyncConnection) -> bool:
    return bool((await connection.execute(_ARE_STOPPED)).scalar_one())


class Lease:
    """One process's leave to answer from copies. `ended` is called when those it has must go."""

    def __init__(self, ended: Callable[[], None] = lambda: None) -> None:
        self.ended = ended
        self._until = 0.0
        self._is_locked = False
        self._must_unlock = False
        self._pause = PAUSE_SECONDS
        self._announced_at = -COMMITS_WITHIN_SECONDS
        self._regained = asyncio.Event()

    @property
    def is_valid(self) -> bool:
        """Whether what is copied now is as new as the database."""
        return time.monotonic() < self._until

    async def regained(self) -> bool:
        """Whether it is valid, or is again within moments, where it ended because somebody commits."""
        left = self._announced_at + COMMITS_WITHIN_SECONDS - time.monotonic()
        if left > 0 and not self.is_valid:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._regained.wait(), left)
        return self.is_valid

    def end(self) -> None:
        """Drop the copies: a commit was announced."""
        self._announced_at = time.monotonic()
        self._drop()

    def _drop(self) -> None:
        self._until = 0.0
        self._regained.clear()
        self._must_unlock = self._is_locked
        self.ended()

    def lose(self) -> None:
        """Drop the copies: the connection is gone, and the lock with it."""
        self._is_locked = False
        self._drop()

    async def renew(self, connection: psycopg.AsyncConnection) -> float:
        """Do what is due on the connection; returns after how many seconds to come again."""
        asked_at = time.monotonic()
        if self._must_unlock:
            await connection.execute(_GIVE_BACK)
            self._is_locked = self._must_unlock = False
            self._pause = PAUSE_SECONDS
            return self._pause
        if not await (self._beat if self._is_locked else self._take)(connection):
            self._pause = min(1.5 * self._pause, PAUSE_SECONDS_AT_MOST)
            return self._pause
        self._until = asked_at + LEASE_SECONDS
        self._regained.set()
        return BEAT_SECONDS

    async def _beat(self, connection: psycopg.AsyncConnection) -> bool:
        await connection.execute("SELECT 1")
        return True

    async def _take(self, connection: psycopg.AsyncConnection) -> bool:
        cursor = await connection.execute(_TAKE.encode())
        row = await cursor.fetchone()
        nobody_commits = row and row[0]
        if nobody_commits is False:
            await connection.execute(_GIVE_BACK)
        self._is_locked = bool(nobody_commits)
        return self._is_locked
