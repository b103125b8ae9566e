"""The engine and its sessions: async, on psycopg 3, UTC, with a time limit on every statement."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import psycopg
from psycopg.errors import UndefinedTable
from sqlalchemy import URL, QueuePool, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError
from sqlalchemy.ext import asyncio as sqlalchemy_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

Sessions = async_sessionmaker[AsyncSession]

BECOME_READER = """
    SELECT set_config('role', rolname, false) FROM pg_roles WHERE rolname = 'kasparro_reader' AND
    pg_has_role(oid, CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END)
"""
"""Takes the role that migration 0003 makes, where there is one and this account may."""


class DatabaseUnavailable(Exception):  # noqa: N818 - reads as what happened
    """The database cannot be reached, or is not the one it should be; the message says which and what to do."""


UNREADABLE = "DATABASE_URL cannot be read: write postgresql://user:password@host:port/name, with %40 for an @ in a password"


@contextmanager
def in_a_sentence() -> Iterator[None]:
    """Turn a database that is not there, or has not our tables, into `DatabaseUnavailable` with what to do."""
    try:
        yield
    except (OperationalError, psycopg.OperationalError) as error:
        told = str(getattr(error, "orig", error)).strip().splitlines()[0]
        raise DatabaseUnavailable(
            f"the database cannot be used: {told}; start it, or correct DATABASE_URL"
        ) from error
    except ProgrammingError as error:
        if not isinstance(error.orig, UndefinedTable):
            raise
        raise DatabaseUnavailable("the database lacks our tables: run `python -m models upgrade`") from error


def psycopg_url(url: str) -> URL:
    """Read any spelling of a PostgreSQL URL as one for psycopg 3."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # which may quote it, password and all
        raise DatabaseUnavailable(UNREADABLE) from None
    if parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise DatabaseUnavailable(
            f"DATABASE_URL must start with postgresql://, got {parsed.drivername}://: Kasparro keeps its data in PostgreSQL 15+"
        )
    return parsed.set(drivername="postgresql+psycopg")


def address_of(url: URL) -> str:
    """Spell where an engine connects to as psycopg itself reads it, for a connection beside the engine's pool."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def create_engine(
    url: str, *, pool_size: int = 10, statement_timeout_seconds: int = 30, read_only: bool = False
) -> AsyncEngine:
    """Build an engine whose sessions speak UTC and give up on a statement in time. Connects on first use.

    `read_only` sessions cannot write: their transactions may not, and, where the migrations could make it, they have
    a role that may not.
    """
    options = session_options(statement_timeout_seconds, read_only=read_only)
    engine = sqlalchemy_asyncio.create_async_engine(  # by its module: where traces are on, another stands there
        psycopg_url(url),
        pool_size=pool_size,
        max_overflow=0,  # an overflow connection is opened and closed for every burst: measured, it halves throughput
        pool_pre_ping=True,
        connect_args={"options": options, "connect_timeout": 10},
        # The option alone does not last: SQLAlchemy tells a connection otherwise after its first transaction.
        execution_options={"postgresql_readonly": True} if read_only else {},
    )
    if read_only:
        event.listen(engine.sync_engine, "connect", _become_reader)
    return engine


def connections(sessions: Sessions) -> tuple[int, int]:
    """Count the connections of a pool that are used now, and those that nobody uses."""
    engine: AsyncEngine = sessions.kw["bind"]
    pool = engine.pool
    return (pool.checkedout(), pool.checkedin()) if isinstance(pool, QueuePool) else (0, 0)


def session_options(statement_timeout_seconds: int, *, read_only: bool) -> str:
    """Say what every connection of ours asks of its server session."""
    options = f"-c timezone=UTC -c statement_timeout={statement_timeout_seconds * 1000}"
    if read_only:
        # Compiling a statement pays for reports; a page of points took 20 ms, 18 of them to be compiled.
        options += " -c default_transaction_read_only=on -c jit=off"
    return options


def _become_reader(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(BECOME_READER)
    cursor.close()
    connection.commit()  # a rollback would give the role back


@asynccontextmanager
async def database(
    url: str, *, pool_size: int = 10, statement_timeout_seconds: int = 30, read_only: bool = False
) -> AsyncIterator[Sessions]:
    """Open a pool for the length of the block and yield its session factory."""
    engine = create_engine(
        url,
        pool_size=pool_size,
        statement_timeout_seconds=statement_timeout_seconds,
        read_only=read_only,
    )
    try:
        yield async_sessionmaker(engine, expire_on_commit=False)
    finally:
        await engine.dispose()
