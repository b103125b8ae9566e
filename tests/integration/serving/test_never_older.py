"""No answer is older than what was published before it was asked for: real processes, a real PostgreSQL, many rounds."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from models.copies import PATIENCE_SECONDS
from models.db import DatabaseUnavailable, Sessions, database, in_a_sentence
from models.store import publish
from models.store.publish import next_version, publishing
from tests.integration.serving.planned_app import VERSION, Process, planned_processes

ROUNDS = 200
ASKED = {"query": VERSION}


@dataclass(slots=True)
class Seen:
    """What readers found."""

    answers: int = 0
    older: list[tuple[int, int]] = field(default_factory=list)
    """The version committed before the request was sent, and the older one that was answered."""


async def test_readers_never_get_a_version_older_than_the_one_committed_before_they_asked(
    published: Sessions, database_url: str
) -> None:
    with planned_processes(database_url, 2) as processes:
        async with _reading(processes, database_url) as seen:
            await _publish_often(published, ROUNDS)
        async with httpx.AsyncClient() as client:
            hits = [await _hits(client, each) for each in processes]
    assert not seen.older
    assert seen.answers > ROUNDS
    assert min(hits) > ROUNDS // 10, "the cache was hardly used: nothing was tested"


async def test_without_the_announcement_they_do(
    published: Sessions, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(connection: object) -> None:
        del connection

    monkeypatch.setattr(publish, "stop_copies", nothing)
    with planned_processes(database_url, 1) as processes:
        async with _reading(processes, database_url) as seen:
            await _publish_often(published, 20)
    assert seen.older


async def test_a_process_that_stands_still_holds_nobody_up_for_long_and_wakes_without_its_copies(
    published: Sessions, database_url: str
) -> None:
    with planned_processes(database_url, 1) as (process,):
        async with httpx.AsyncClient() as client:
            await _until_kept(client, process)
            process.running.send_signal(signal.SIGSTOP)
            began = time.monotonic()
            await _publish(published)
            assert PATIENCE_SECONDS <= time.monotonic() - began < PATIENCE_SECONDS + 2
            asking = asyncio.create_task(client.post(f"{process.url}/graphql", json=ASKED))
            await asyncio.sleep(0.1)
            process.running.send_signal(signal.SIGCONT)
            assert (await asking).json()["data"] == {"datasetVersion": 2}
            await _until_kept(client, process)


async def test_a_publisher_that_dies_leaves_the_copies_usable_again(
    published: Sessions, database_url: str
) -> None:
    with planned_processes(database_url, 1) as (process,):
        async with httpx.AsyncClient() as client:
            await _until_kept(client, process)
            with pytest.raises(psycopg.OperationalError):
                await _die_publishing(published, database_url)
            await _until_kept(client, process)


async def test_copies_are_given_until_the_commit_and_never_after_it(
    published: Sessions, database_url: str
) -> None:
    with planned_processes(database_url, 1) as (process,):
        async with httpx.AsyncClient() as client:
            await _until_kept(client, process)
            async with publishing(published) as session:
                await next_version(session, datetime.now(UTC))
                await session.flush()
                before = await _hits(client, process)
                for _ in range(5):
                    assert await _asked(client, process) == 1
                assert await _hits(client, process) == before + 5
            assert await _asked(client, process) == 2


async def test_a_publisher_that_dies_after_the_announcement_has_published_nothing_and_holds_nobody_up(
    published: Sessions, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = publish.stop_copies

    async def stop_and_die(connection: AsyncConnection) -> None:
        await stop(connection)
        _end_publishers(database_url)

    with planned_processes(database_url, 1) as (process,):
        async with httpx.AsyncClient() as client:
            await _until_kept(client, process)
            monkeypatch.setattr(publish, "stop_copies", stop_and_die)
            with pytest.raises(OperationalError):
                await _publish(published)
            monkeypatch.undo()
            await _until_kept(client, process)
            assert await _asked(client, process) == 1
            await _publish(published)
            assert await _asked(client, process) == 2


async def test_who_cannot_announce_the_commit_publishes_nothing_and_says_why(
    published: Sessions, database_url: str
) -> None:
    name = sql.Identifier(make_url(database_url).database or "")
    refuse = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    beside = make_url(database_url).set(database="postgres").render_as_string(hide_password=False)
    with planned_processes(database_url, 1) as (process,), psycopg.connect(beside, autocommit=True) as other:
        async with httpx.AsyncClient() as client:
            await _until_kept(client, process)
            with pytest.raises(DatabaseUnavailable, match="not currently accepting connections"):
                await _publish_after(published, lambda: other.execute(refuse.format(name, sql.SQL("false"))))
            other.execute(refuse.format(name, sql.SQL("true")))
            assert await _asked(client, process) == 1
            await _publish(published)
            assert await _asked(client, process) == 2


@pytest.mark.usefixtures("published")
async def test_many_publish_at_once_over_few_connections_while_somebody_keeps_copies(
    database_url: str,
) -> None:
    with planned_processes(database_url, 1) as (process,):
        async with httpx.AsyncClient() as client, database(database_url, pool_size=2) as sessions:
            await _until_kept(client, process)
            async with asyncio.timeout(20):
                await asyncio.gather(*(_publish(sessions) for _ in range(6)))
            assert await _asked(client, process) == 7


async def _asked(client: httpx.AsyncClient, process: Process) -> int:
    answer = await client.post(f"{process.url}/graphql", json=ASKED)
    return int(answer.json()["data"]["datasetVersion"])


async def _die_publishing(sessions: Sessions, database_url: str) -> None:
    """Have the server end the connection of a publication that has begun."""
    async with publishing(sessions) as session:
        await session.connection()
        _end_publishers(database_url)
        raise psycopg.OperationalError("as the session would, at its next statement")


def _end_publishers(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks "
            "WHERE locktype = 'advisory' AND mode = 'ExclusiveLock'"
        )


async def _until_kept(client: httpx.AsyncClient, process: Process) -> None:
    """Ask until an answer comes from a copy."""
    deadline = time.monotonic() + 10
    before = await _hits(client, process)
    while await _hits(client, process) == before:
        assert time.monotonic() < deadline, "nothing is kept"
        await client.post(f"{process.url}/graphql", json=ASKED)
        await asyncio.sleep(0.02)


async def _hits(client: httpx.AsyncClient, process: Process) -> int:
    counters = (await client.get(f"{process.url}/stats/debug")).json()["counters"]
    return int(counters["cache_hits"])


async def _publish(sessions: Sessions) -> None:
    async with publishing(sessions) as session:
        await next_version(session, datetime.now(UTC))


async def _publish_after(sessions: Sessions, something: Callable[[], object]) -> None:
    """Publish as people do, with something that happens between the first word and the commit."""
    with in_a_sentence():
        async with publishing(sessions) as session:
            await next_version(session, datetime.now(UTC))
            something()


async def _publish_often(sessions: Sessions, times: int) -> None:
    chance = random.Random(5)  # noqa: S311 - no secret
    for _ in range(times):
        await asyncio.sleep(chance.choice([0, 0.01, 0.03, 0.06]))
        await _publish(sessions)


@asynccontextmanager
async def _reading(processes: list[Process], database_url: str) -> AsyncIterator[Seen]:
    """Ask all the time: each reader looks what is committed, then asks, then compares."""
    seen = Seen()
    readers = [
        asyncio.create_task(_read(process, database_url, seen)) for process in processes for _ in range(2)
    ]
    await asyncio.sleep(1)
    try:
        yield seen
    finally:
        for reader in readers:
            reader.cancel()
        outcomes = await asyncio.gather(*readers, return_exceptions=True)
    assert all(isinstance(each, asyncio.CancelledError) for each in outcomes), outcomes


async def _read(process: Process, database_url: str, seen: Seen) -> None:
    async with (
        httpx.AsyncClient() as client,
        await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection,
    ):
        while True:
            row = await (await connection.execute("SELECT version FROM dataset_version")).fetchone()
            committed = int(row[0]) if row else 0
            for _ in range(3):
                answer = (await client.post(f"{process.url}/graphql", json=ASKED)).json()
                answered = answer["data"]["datasetVersion"]
                seen.answers += 1
                if answered < committed:
                    seen.older.append((committed, answered))
