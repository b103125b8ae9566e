"""Hearing what Postgres tells, once for the whole process, and passing it on to everybody who subscribed.

The one connection is there from the start, since what the process may answer from copies hangs on it. When it is
lost it is opened again, after pauses that grow; then everybody is told to look for themselves, since nobody knows
what was missed.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import psycopg
import structlog

from graphql_api.errors import ApiError
from models.channels import DATASET, RUNS, heard
from models.copies import Lease
from models.db import Sessions

WORDS_AT_MOST = 100
"""What may wait for one subscriber: a hundred publications behind is too far."""
PAUSE_SECONDS = 0.5
PAUSE_SECONDS_AT_MOST = 15.0

log = structlog.get_logger(__name__)


class TooSlow(ApiError):  # noqa: N818 - reads as the code it becomes
    """The subscriber takes less than comes."""

    code = "TOO_SLOW"
    status = 503


class Subscriber:
    """One who is told what a channel says. What waits for them is bounded: who falls behind is told so and left."""

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self._waiting: asyncio.Queue[str | None] = asyncio.Queue(WORDS_AT_MOST)
        self._is_behind = False

    def tell(self, word: str | None) -> None:
        """Let a word wait for them. None: look for yourself."""
        try:
            self._waiting.put_nowait(word)
        except asyncio.QueueFull:
            self._is_behind = True

    async def words(self) -> AsyncIterator[str | None]:
        """Yield what was said, None first. Raises `TooSlow` once something had to be left out."""
        yield None
        while True:
            word = await self._waiting.get()
            if self._is_behind:
                raise TooSlow("This client reads more slowly than things change. Subscribe again.")
            yield word


class Listener:
    """The process's one ear."""

    def __init__(self, sessions: Sessions, lease: Lease | None = None) -> None:
        self._sessions = sessions
        self._lease = lease
        self._subscribers: set[Subscriber] = set()
        self._listening: asyncio.Task[None] | None = None
        self.words_heard = 0
        """What is read after so many words is at least as new as the last of them."""

    @property
    def subscribers(self) -> int:
        """How many there are."""
        return len(self._subscribers)

    @contextmanager
    def subscribed(self, channel: str) -> Iterator[Subscriber]:
        """Tell somebody what a channel says for the length of the block."""
        subscriber = Subscriber(channel)
        self._subscribers.add(subscriber)
        try:
            yield subscriber
        finally:
            self._subscribers.discard(subscriber)

    def open(self) -> None:
        """Begin to listen."""
        self._listening = asyncio.create_task(self._listen())

    async def close(self) -> None:
        """Stop listening."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.wait({self._listening})
            self._listening = None

    async def _listen(self) -> None:
        pause = PAUSE_SECONDS
        while True:
            try:
                async for said in heard(self._sessions, DATASET, RUNS, lease=self._lease):
                    pause = PAUSE_SECONDS
                    self._pass_on(said)
            except (psycopg.Error, OSError) as error:
                reason = str(error).strip().partition("\n")[0]
                log.warning("nothing is heard from the database", reason=reason, again_in_seconds=pause)
            # Not all processes at once, when a database comes back to many.
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - no secret
            pause = min(pause * 2, PAUSE_SECONDS_AT_MOST)

    def _pass_on(self, said: tuple[str, str] | None) -> None:
        self.words_heard += 1
        channel, word = said or (None, None)
        for subscriber in self._subscribers:
            if channel in {None, subscriber.channel}:
                subscriber.tell(word)


@asynccontextmanager
async def listening(sessions: Sessions, lease: Lease | None = None) -> AsyncIterator[Listener]:
    """Have an ear for the length of the block, and hold the lease by it while it hears."""
    listener = Listener(sessions, lease)
    listener.open()
    try:
        yield listener
    finally:
        await listener.close()
