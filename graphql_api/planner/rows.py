"""The seam to the database: a Select goes in, rows come out. The only place in this package that sees SQLAlchemy.

A request reads from one snapshot on one connection, opened by its first statement: all that it shows belongs to one
dataset version, however many statements it takes. Statements of concurrent resolvers wait for each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from psycopg.errors import QueryCanceled, UndefinedColumn, UndefinedTable
from sqlalchemy import Row as SqlRow
from sqlalchemy import Select
from sqlalchemy.exc import DataError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from graphql_api.errors import BadUserInput, Unavailable
from models.db import Sessions

Row = SqlRow[Any]
Statement = Select[Any]

NOT_MIGRATED = "The database has not the tables of this version: run `python -m models upgrade`."
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
        try:
            connection = await self._snapshot()
            return (await connection.execute(statement)).all()
        except (DataError, UnicodeEncodeError) as error:
            await self._give_back()
            raise BadUserInput(
                f"An argument holds a value that cannot be looked up: {_cause(error)}"
            ) from error
        except (OperationalError, PoolTimeout) as error:
            await self._give_back()
            raise Unavailable(_unavailable(error)) from error
        except ProgrammingError as error:
            await self._give_back()
            if isinstance(error.orig, UndefinedTable | UndefinedColumn):
                raise Unavailable(NOT_MIGRATED) from error
            raise

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


def _cause(error: DataError | UnicodeEncodeError) -> str:
    return str(error.orig if isinstance(error, DataError) else error.reason).splitlines()[0]


def _unavailable(error: OperationalError | PoolTimeout) -> str:
    if isinstance(error, PoolTimeout):
        return "The database is busy: every connection is taken. Try again in a moment."
    if isinstance(error.orig, QueryCanceled):
        return "The database gave up on this request after its time limit. Ask for less at once."
    return "The database cannot be reached. Try again in a moment; GET /health says when it is back."
