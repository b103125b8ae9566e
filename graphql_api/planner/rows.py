"""The seam to the database: a Select goes in, rows come out. The only place in this package that sees SQLAlchemy.

A request reads from one snapshot on one connection, opened by its first statement: all that it shows belongs to one
dataset version, however many statements it takes. Statements of concurrent resolvers wait for each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import psycopg
from sqlalchemy import Row as SqlRow
from sqlalchemy import Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from graphql_api.database_errors import told
from models.db import Sessions
from models.readers import NoneFree

Row = SqlRow[Any]
Statement = Select[Any]

SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


class Rows:
    """One request's reading. Close it at the request's end; `statements` counts what was asked.

    With `turns`, a snapshot is opened when its turn comes, and the turn is over when it is closed.
    """

    def __init__(self, sessions: Sessions, turns: asyncio.Semaphore | None = None) -> None:
        self._sessions = sessions
        self._turns = turns
        self._session: AsyncSession | None = None
        self._connection: AsyncConnection | None = None
        self._turn = asyncio.Lock()
        self._asking: set[asyncio.Task[Any] | None] = set()
        self.statements = 0

    async def all(self, statement: Statement) -> Sequence[Row]:
        """Run a Select. Raises `BadUserInput` for a value Postgres cannot take, `Unavailable` without a database."""
        task = asyncio.current_task()
        self._asking.add(task)
        try:
            async with self._turn:
                return await self._run(statement)
        finally:
            self._asking.discard(task)

    async def stream(self, statement: Statement, size: int) -> AsyncGenerator[Sequence[Row], None]:
        """Run a Select and yield its rows, so many at a time: the next ones are fetched when they are asked for."""
        self.statements += 1
        async with self._turn, self._told():
            connection = await self._snapshot()
            result = await connection.stream(statement, execution_options={"yield_per": size})
            try:
                async for some in result.partitions():
                    yield some
            finally:
                await result.close()

    async def first(self, statement: Statement) -> Row | None:
        """Run a Select and return its first row, if it has one."""
        rows = await self.all(statement)
        return rows[0] if rows else None

    async def count(self, statement: Select[tuple[int]]) -> int:
        """Run a Select of one number."""
        return int((await self.all(statement))[0][0])

    async def close(self) -> None:
        """Stop what still asks, and give the connection back; the next statement would open a new snapshot.

        An execution that has failed leaves those of its resolvers behind that were not done.
        """
        left = [task for task in self._asking if task is not None and task is not asyncio.current_task()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._give_back()

    async def _run(self, statement: Statement) -> Sequence[Row]:
        self.statements += 1
        async with self._told():
            connection = await self._snapshot()
            return (await connection.execute(statement)).all()

    @asynccontextmanager
    async def _told(self) -> AsyncIterator[None]:
        """Say what the database refuses as an error of ours."""
        try:
            yield
        except (DBAPIError, UnicodeEncodeError, PoolTimeout) as error:
            await self._give_back()
            if (refused := told(_cause(error))) is None:
                raise
            raise refused from error

    async def _give_back(self) -> None:
        session, self._session, self._connection = self._session, None, None
        if session is not None:
            try:
                await session.close()
            finally:
                if self._turns:
                    self._turns.release()

    async def _snapshot(self) -> AsyncConnection:
        if self._connection is None:
            if self._turns:
                await self._turns.acquire()
            self._session = self._sessions()
            self._connection = await self._session.connection(execution_options=SNAPSHOT)
        return self._connection


def _cause(
    error: DBAPIError | UnicodeEncodeError | PoolTimeout,
) -> psycopg.Error | UnicodeEncodeError | NoneFree:
    match error:
        case DBAPIError():
            return cast("psycopg.Error", error.orig)
        case PoolTimeout():
            return NoneFree()
    return error
