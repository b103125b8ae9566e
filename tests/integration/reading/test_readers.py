"""The connections for planned statements, against a real PostgreSQL: what comes back, who waits, what breaks."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator

import psycopg
import pytest
from psycopg import errors

from models.readers import NoneFree, Readers, readers

ECHO = b"SELECT json_build_object('told', $1::text, 'number', $2::int, 'list', $3::text[])::text, true"
SLEEP = b"SELECT pg_sleep($1::float)::text, true"


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Readers]:
    """Two connections."""
    async with readers(database_url, size=2, wait_seconds=0.5) as opened:
        yield opened


async def test_values_arrive_as_what_the_statement_says_they_are(pool: Readers) -> None:
    odd = ["plain", 'with "quotes"', "back\\slash", "{braces,commas}", "", "NULL", "₿ üñï\n"]
    for _ in range(4):  # unprepared at first, then prepared
        text, is_answer = await pool.read(ECHO, ["₿", "7", odd])
        assert json.loads(text or b"") == {"told": "₿", "number": 7, "list": odd}
        assert is_answer == b"t"
    text, _ = await pool.read(ECHO, [None, None, None])
    assert json.loads(text or b"") == {"told": None, "number": None, "list": None}


async def test_more_than_a_socket_holds_goes_and_comes_whole(pool: Readers) -> None:
    long = "x" * 5_000_000
    text, _ = await pool.read(b"SELECT $1::text || 'y', true", [long])
    assert text == (long + "y").encode()


async def test_a_value_that_is_no_text_is_refused_before_it_is_sent(pool: Readers) -> None:
    with pytest.raises(psycopg.DataError, match="NUL"):
        await pool.read(ECHO, ["a\0b", "7", []])
    with pytest.raises(UnicodeEncodeError):
        await pool.read(ECHO, ["\ud800", "7", []])
    with pytest.raises(errors.InvalidTextRepresentation):
        await pool.read(ECHO, ["a", "seven", []])
    assert await pool.read(b"SELECT 'fine', true", []) == (b"fine", b"t")


async def test_connections_only_read_in_utc_and_in_the_readers_role(pool: Readers) -> None:
    with pytest.raises(psycopg.Error) as refused:
        await pool.read(b"DELETE FROM assets RETURNING 1", [])
    assert isinstance(refused.value, errors.ReadOnlySqlTransaction | errors.InsufficientPrivilege)
    told = b"SELECT concat_ws(' ', current_user, current_setting('timezone'), current_setting('jit')), true"
    assert (await pool.read(told, []))[0] == b"kasparro_reader UTC off"


async def test_many_statements_keep_few_prepared(pool: Readers) -> None:
    for number in range(250):
        for _ in range(2):
            await pool.read(b"SELECT '%d', true" % number, [])
    prepared, _ = await pool.read(b"SELECT count(*)::text, true FROM pg_prepared_statements", [])
    assert int(prepared or 0) == 200
    assert pool.opened == 1


async def test_who_waits_too_long_is_told_that_none_is_free(pool: Readers) -> None:
    busy = [asyncio.create_task(pool.read(SLEEP, ["3"])) for _ in range(2)]
    await asyncio.sleep(0.1)
    with pytest.raises(NoneFree):
        await pool.read(b"SELECT 'late', true", [])
    for task in busy:
        task.cancel()
    await asyncio.gather(*busy, return_exceptions=True)
    assert await pool.read(b"SELECT 'again', true", []) == (b"again", b"t")


async def test_a_cancelled_asker_takes_the_statement_with_it_and_leaves_a_sound_connection(
    pool: Readers, database_url: str
) -> None:
    for _ in range(20):
        task = asyncio.create_task(pool.read(SLEEP, ["30"]))
        await asyncio.sleep(random.uniform(0, 0.03))  # noqa: S311 - before it is sent, and after
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await pool.read(b"SELECT 'sound', true", []) == (b"sound", b"t")
    deadline = time.monotonic() + 5
    while _running(database_url, "pg_sleep"):
        assert time.monotonic() < deadline, "the statement still runs"
        await asyncio.sleep(0.05)
    assert pool.opened <= 2


async def test_askers_who_come_and_go_at_random_never_get_each_others_answers(pool: Readers) -> None:
    chance = random.Random(7)  # noqa: S311 - no secret

    async def ask(number: int) -> None:
        text, _ = await pool.read(b"SELECT $1::text || pg_sleep($2::float), true", [str(number), "0.002"])
        assert text == str(number).encode()

    for batch in range(30):
        asked = [asyncio.create_task(ask(batch * 10 + number)) for number in range(10)]
        await asyncio.sleep(chance.uniform(0, 0.01))
        for task in chance.sample(asked, 4):
            task.cancel()
        for outcome in await asyncio.gather(*asked, return_exceptions=True):
            assert outcome is None or isinstance(outcome, asyncio.CancelledError)
    assert pool.opened <= 2


async def test_a_connection_that_is_ended_is_replaced_without_anybody_noticing(
    pool: Readers, database_url: str
) -> None:
    for _ in range(3):
        pid, _ = await pool.read(b"SELECT pg_backend_pid()::text, true", [])
        with psycopg.connect(database_url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [int(pid or 0)])
        other_pid, _ = await pool.read(b"SELECT pg_backend_pid()::text, true", [])
        assert other_pid != pid
    assert pool.opened <= 2


async def test_a_statement_whose_connection_is_ended_under_it_is_asked_again(
    pool: Readers, database_url: str
) -> None:
    task = asyncio.create_task(pool.read(b"SELECT 'there' || pg_sleep(1), true", []))
    await asyncio.sleep(0.3)
    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%there%' AND pid != pg_backend_pid()"
        )
    assert await task == (b"there", b"t")


async def test_a_statement_that_takes_too_long_is_given_up_and_the_connection_stays(
    database_url: str,
) -> None:
    async with readers(database_url, size=1, statement_timeout_seconds=1) as pool:
        with pytest.raises(errors.QueryCanceled):
            await pool.read(SLEEP, ["5"])
        assert await pool.read(b"SELECT 'fine', true", []) == (b"fine", b"t")


async def test_without_a_database_everybody_is_told_at_once() -> None:
    async with readers("postgresql://nobody@127.0.0.1:1/nothing", size=1) as pool:
        for _ in range(3):
            with pytest.raises(psycopg.OperationalError):
                await pool.read(b"SELECT 'x', true", [])
        assert pool.opened == 0


def _running(database_url: str, what: str) -> int:
    with psycopg.connect(database_url, autocommit=True) as other:
        found = other.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE %s AND pid != pg_backend_pid()",
            [f"%{what}%"],
        ).fetchone()
    return int(found[0]) if found else 0
