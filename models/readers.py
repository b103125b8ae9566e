"""Connections for statements whose whole answer is one text: the fast way to read, beside the sessions.

Between a request and libpq there is one list: whoever asks takes the connection that was given back last, sends, and
is woken when the answer is complete. Values travel as text of unknown type, the statement says what they are; the
answer stays the bytes that came. A connection that breaks is noticed at once, since its socket is always watched.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGresult

from models.db import BECOME_READER, address_of, psycopg_url, session_options
from models.tracing import is_on, span

Value = str | list[str] | None
Lost = Callable[["Reader"], None]
Connect = Callable[[Lost], Awaitable["Reader"]]

PREPARED_AT_MOST = 200
"""Statements that one connection keeps prepared. Postgres holds some 50 kB for each."""
REMEMBERED_AT_MOST = 1000
"""Statements that were sent once: the second time they are worth preparing."""
FAREWELL_SECONDS = 5
"""How long a statement whose asker went away may take to be dropped, before its connection is."""
ENDED = "57P"
"""How the codes begin with which a server ends a connection."""
_LASTING = "application_name='kasparro reader' connect_timeout=10 keepalives_idle=30 keepalives_interval=10"


class NoneFree(Exception):  # noqa: N818 - reads as what happened
    """Every connection was taken for as long as anybody waits for one."""


class Reader:
    """One connection. It answers one asker at a time."""

    def __init__(self, connection: psycopg.AsyncConnection, lost: Lost) -> None:
        self._connection = connection
        self._pg = connection.pgconn
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._socket = self._pg.socket
        self._names: OrderedDict[bytes, bytes] = OrderedDict()
        self._once: OrderedDict[bytes, None] = OrderedDict()
        self._numbered = 0
        self._preparing: bytes | None = None
        self._answer: asyncio.Future[PGresult] | None = None
        self._last: PGresult | None = None
        self.is_busy = False
        self.is_open = True
        self._loop.add_reader(self._socket, self._hear)

    async def read(self, statement: bytes, values: Sequence[bytes | None]) -> PGresult:
        """Run a statement. Raises psycopg's errors. Cancelled it is busy until `settle` has been awaited."""
        name = await self._name(statement)
        try:
            if name is None:
                self._pg.send_query_params(statement, values)
            else:
                self._pg.send_query_prepared(name, values)
        except psycopg.OperationalError as error:
            self.abandon(error)
            raise
        return await self._answered()

    async def settle(self) -> None:
        """Have the server drop what nobody waits for any more. Raises when it does not, or the connection is lost."""
        async with asyncio.timeout(FAREWELL_SECONDS):
            self._answer = self._loop.create_future()
            await self._connection.cancel_safe(timeout=FAREWELL_SECONDS)
            while self.is_busy:
                await self._answer
            if self._preparing is not None:
                await self._unprepare(self._preparing)

    def close(self) -> None:
        """End the connection; whoever waits for its answer hears of it."""
        if self.is_open:
            self.is_open = False
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            self._pg.finish()

    async def _name(self, statement: bytes) -> bytes | None:
        """Return the name that the statement is prepared under, None the first time it is seen."""
        if name := self._names.get(statement):
            self._names.move_to_end(statement)
            return name
        if statement not in self._once:
            self._once[statement] = None
            if len(self._once) > REMEMBERED_AT_MOST:
                self._once.popitem(last=False)
            return None
        self._numbered += 1
        self._preparing = name = b"s%d" % self._numbered
        self._pg.send_prepare(name, statement)
        await self._answered()
        self._preparing = None
        self._names[statement] = name
        del self._once[statement]
        if len(self._names) > PREPARED_AT_MOST:
            await self._unprepare(self._names.popitem(last=False)[1])
        return name

    async def _unprepare(self, name: bytes) -> None:
        self._preparing = name  # until it is gone: whoever is cancelled meanwhile leaves that to `settle`
        self._pg.send_close_prepared(name)
        await self._answered()
        self._preparing = None

    async def _answered(self) -> PGresult:
        self.is_busy = True
        self._answer = self._loop.create_future()
        if self._pg.flush():
            self._loop.add_writer(self._socket, self._speak)
        result = await self._answer
        if result.status == ExecStatus.FATAL_ERROR:
            raise error_from_result(result)
        return result

    def _speak(self) -> None:
        """Send what the socket had no room for."""
        try:
            if not self._pg.flush():
                self._loop.remove_writer(self._socket)
        except psycopg.OperationalError as error:
            self.abandon(error)

    def _hear(self) -> None:
        """Take what came; with the last of an answer, wake who waits for it."""
        try:
            self._pg.consume_input()
            while not self._pg.is_busy():
                result = self._pg.get_result()
                if result is None:
                    break
                self._last = result
            else:
                return
        except psycopg.OperationalError as error:
            self.abandon(error)
            return
        answer, last, self._last = self._answer, self._last, None
        if self.is_busy and last is not None:
            self.is_busy = False
            if answer is not None and not answer.done():
                answer.set_result(last)
        if self._pg.status == ConnStatus.BAD:
            self.abandon(psycopg.OperationalError("the connection is lost"))

    def abandon(self, error: psycopg.OperationalError) -> None:
        """Have no more to do with a connection that is broken."""
        if not self.is_open:
            return
        self.close()
        self.is_busy = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
        self._lost(self)


class Readers:
    """All connections of one process. They are opened when they are needed, and stay."""

    def __init__(self, connect: Connect, size: int, wait_seconds: float) -> None:
        self._connect = connect
        self._size = size
        self._wait_seconds = wait_seconds
        self._idle: list[Reader] = []
        self._opened = 0
        self._waiting: deque[asyncio.Future[Reader | None]] = deque()
        self._settling: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def opened(self) -> int:
        """How many connections there are."""
        return self._opened

    @property
    def idle(self) -> int:
        """How many of them nobody uses now."""
        return len(self._idle)

    @property
    def waiting(self) -> int:
        """How many askers wait for one."""
        return len(self._waiting)

    async def read(self, statement: bytes, values: Sequence[Value]) -> tuple[bytes | None, ...]:
        """Run a statement of one row and return its columns as they came.

        Raises psycopg's errors, `UnicodeEncodeError` for a value that is no text, and `NoneFree`.
        """
        sent = [_encoded(value) for value in values]
        reader = await self._take()
        try:
            result = await reader.read(statement, sent)
        except psycopg.OperationalError as error:
            if reader.is_open and not (error.sqlstate or "").startswith(ENDED):
                raise
            # It broke while nobody looked, or under us: what only reads may be asked again.
            reader.abandon(error)
            reader = await self._take()
            result = await reader.read(statement, sent)
        finally:
            self._give(reader)
        return tuple(result.get_value(0, column) for column in range(result.nfields))

    async def close(self) -> None:
        """Close what is there. Nobody may ask any more."""
        self._closed = True
        for task in self._settling:
            task.cancel()
        await asyncio.gather(*self._settling, return_exceptions=True)
        while self._idle:
            self._idle.pop().close()

    async def _take(self) -> Reader:
        while True:
            if self._idle:
                return self._idle.pop()
            if self._opened < self._size:
                return await self._open()
            if (reader := await self._wait()) is not None:
                return reader

    async def _wait(self) -> Reader | None:
        """Wait for a connection, or for room for one (None)."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[Reader | None] = loop.create_future()
        self._waiting.append(turn)
        in_vain = loop.call_later(self._wait_seconds, _give_up, turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if not turn.cancelled() and turn.exception() is None:  # it came in the moment that the asker went
                self._pass_on(turn.result())
            raise
        finally:
            in_vain.cancel()

    async def _open(self) -> Reader:
        self._opened += 1
        try:
            return await self._connect(self._forget)
        except BaseException:
            self._opened -= 1
            self._pass_on(None)
            raise

    def _give(self, reader: Reader) -> None:
        if not reader.is_open:
            return
        if reader.is_busy:
            task = asyncio.get_running_loop().create_task(self._settle(reader))
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)
        else:
            self._pass_on(reader)

    async def _settle(self, reader: Reader) -> None:
        try:
            await reader.settle()
        except (psycopg.Error, TimeoutError, asyncio.CancelledError):
            reader.abandon(psycopg.OperationalError("the connection did not come to rest"))
        else:
            self._pass_on(reader)

    def _pass_on(self, reader: Reader | None) -> None:
        """Give a connection, or room for one, to who waits longest; else keep it for the next."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(reader)
                return
        if reader is not None:
            if self._closed:
                reader.close()
            else:
                self._idle.append(reader)

    def _forget(self, reader: Reader) -> None:
        self._opened -= 1
        if reader in self._idle:
            self._idle.remove(reader)
        self._pass_on(None)


class FollowedReaders(Readers):
    """Connections of a process that is traced."""

    async def read(self, statement: bytes, values: Sequence[Value]) -> tuple[bytes | None, ...]:
        """Run a statement under its own span."""
        with span("SELECT") as current:
            current.set_attributes({"db.system.name": "postgresql", "db.query.text": statement.decode()})
            return await super().read(statement, values)


@asynccontextmanager
async def readers(
    url: str, *, size: int, statement_timeout_seconds: int = 30, wait_seconds: float = 10
) -> AsyncIterator[Readers]:
    """Have such connections for the length of the block, in the role and with the limits of sessions that only read."""
    options = session_options(statement_timeout_seconds, read_only=True)
    address = make_conninfo(address_of(psycopg_url(url)), options=options, **conninfo_to_dict(_LASTING))

    async def connect(lost: Lost) -> Reader:
        connection = await psycopg.AsyncConnection.connect(address, autocommit=True)
        try:
            await connection.execute(BECOME_READER)
        except BaseException:
            await connection.close()
            raise
        return Reader(connection, lost)

    pool = (FollowedReaders if is_on() else Readers)(connect, size, wait_seconds)
    try:
        yield pool
    finally:
        await pool.close()


def _give_up(turn: asyncio.Future[Reader | None]) -> None:
    if not turn.done():
        turn.set_exception(NoneFree())


def _encoded(value: Value) -> bytes | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else _array(value)
    if "\0" in text:
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return text.encode()


def _array(values: Sequence[str]) -> str:
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"
