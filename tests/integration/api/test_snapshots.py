"""A request reads one published version, and can write nothing."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import InternalError

from graphql_api.errors import BadUserInput, Unavailable
from graphql_api.planner.rows import Rows
from models.db import Sessions, database
from models.queries.assets import AssetFilter, assets
from models.queries.dataset import dataset
from tests.factories import NOW, make_asset, publish


async def test_what_is_published_meanwhile_is_not_mixed_in(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await publish(session, version=1)
    rows = Rows(sessions)
    before = await rows.first(dataset())
    assert before is not None
    assert before.version == 1
    async with sessions.begin() as session:
        await make_asset(session, "newcomer")
        await publish(session, version=2)
    assert not await rows.all(assets(AssetFilter(), NOW))
    await rows.close()
    assert len(await rows.all(assets(AssetFilter(), NOW))) == 1
    await rows.close()


async def test_reading_cannot_write(sessions: Sessions) -> None:
    rows = Rows(sessions)
    with pytest.raises(InternalError, match="read-only"):
        await rows.all(select(func.nextval("assets_id_seq")))
    await rows.close()


async def test_concurrent_resolvers_take_turns_on_one_connection(sessions: Sessions) -> None:
    rows = Rows(sessions)
    backend = select(func.pg_backend_pid())
    pids = await asyncio.gather(*(rows.count(backend) for _ in range(5)))
    assert len(set(pids)) == 1
    assert rows.statements == 5
    await rows.close()


async def test_a_refused_value_leaves_the_next_statement_its_chance(sessions: Sessions) -> None:
    rows = Rows(sessions)
    with pytest.raises(BadUserInput, match="division by zero"):
        await rows.all(select(text("1/0")))
    assert await rows.count(select(text("1"))) == 1
    await rows.close()


async def test_a_statement_has_a_time_limit(database_url: str) -> None:
    async with database(database_url, statement_timeout_seconds=1) as sessions:
        rows = Rows(sessions)
        with pytest.raises(Unavailable, match="time limit"):
            await rows.all(select(func.pg_sleep(5)))
        await rows.close()


async def test_a_snapshot_given_back_leaves_the_connection_able_to_write(database_url: str) -> None:
    async with database(database_url, pool_size=1) as sessions:
        rows = Rows(sessions)
        await rows.all(dataset())
        await rows.close()
        async with sessions.begin() as session:
            await make_asset(session)
