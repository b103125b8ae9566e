"""Whole answers, kept for as long as nothing was published since, and no longer than RESPONSE_CACHE_SECONDS.

Whether a copy may be given hangs on the process's lease (models/copies.py): where it is valid, nothing can have been
published since the copy was made. While somebody publishes, or nothing is heard from the database, everybody is
answered from the database, and nothing is kept.

Where the database is away, the last answer that was kept stands in, and says how old it is: until then nothing that was
kept is thrown away for good.

What is asked by several at once is made once (joining.py), and what is asked for again and again is made anew before
its time is over: nobody waits for it.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field, replace

from graphql_api.counters import Counters
from graphql_api.joining import Joined
from graphql_api.settings import ApiSettings
from models.copies import Lease

Key = tuple[Hashable, ...]
Make = Callable[[], Awaitable[bytes]]

OVERHEAD_BYTES = 1000
"""What an answer takes beside its texts: the objects they are in, its place in the order."""
STANDS_IN_SECONDS = 3600
"""An answer older than this stands in for none: it would mislead more than it helps."""
RENEWED_FROM = 0.8
"""From this part of its time on an answer that is asked for is made anew, while it is still given."""
ENCODINGS_AT_MOST = 4
"""Ways of asking for compression that one answer is kept in."""


@dataclass(slots=True)
class Answer:
    """An answer's content, and what was derived from it once."""

    body: bytes
    made_at: float = field(default_factory=time.monotonic)
    etag: str | None = None
    encoded: dict[bytes, tuple[bytes, bytes | None]] = field(default_factory=dict)
    """By Accept-Encoding: the content as it is sent, and its Content-Encoding."""
    key: Key | None = None
    """What it is kept under."""
    is_renewed: bool = False
    """Whether somebody makes it anew already."""
    stale_seconds: int | None = None
    """How old it is, where it stands in for one that cannot be made; else None."""
    operation: str | None = None
    """The name of the GraphQL operation that it answers, if it has one."""

    @property
    def size(self) -> int:
        """What it takes in memory, about."""
        texts = sum(len(part) for part in self.key or () if isinstance(part, str | bytes))
        encoded = sum(len(body) for body, _ in self.encoded.values())
        return len(self.body) + encoded + texts + OVERHEAD_BYTES


class Answers(OrderedDict[Key, tuple[Answer, int]]):
    """Answers in the order in which they were last given, each with its size."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def add(self, key: Key, answer: Answer, size: int) -> None:
        """Put in one that is not there."""
        self[key] = answer, size
        self.bytes += size

    def remove(self, key: Key) -> None:
        """Take one out, if it is there."""
        if (found := self.pop(key, None)) is not None:
            self.bytes -= found[1]

    def remove_oldest(self) -> None:
        """Take out the one that was given longest ago."""
        self.remove(next(iter(self)))


class ResponseCache:
    """The answers of one process that were asked for last, bounded in bytes."""

    def __init__(self, settings: ApiSettings, counters: Counters) -> None:
        self._most = settings.response_cache_mb * 1_000_000
        self._seconds = settings.response_cache_seconds
        self._counters = counters
        self._kept = Answers()
        self._past = Answers()
        """What was kept before the last publication, or before the database went away."""
        self._making: Joined[Answer] = Joined()
        self._epoch = 0
        self.lease = Lease(self.drop)

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def bytes(self) -> int:
        """What all of it takes in memory."""
        return self._kept.bytes + self._past.bytes

    @property
    def is_on(self) -> bool:
        """Whether anything is kept at all."""
        return self._most > 0 and self._seconds > 0

    def find(self, key: Key) -> Answer | None:
        """Return the answer that is kept, if it may be given now."""
        found = self._kept.get(key)
        if found is None or not self.lease.is_valid:
            return None
        if found[0].made_at + self._seconds < time.monotonic():
            return None
        self._kept.move_to_end(key)
        self._counters.cache_hits += 1
        return found[0]

    def must_renew(self, answer: Answer) -> bool:
        """Tell one of those who are given an answer, shortly before its time is over, to make it anew meanwhile."""
        if answer.is_renewed or answer.made_at + RENEWED_FROM * self._seconds > time.monotonic():
            return False
        answer.is_renewed = True
        return True

    async def answer(self, key: Key, make: Make) -> Answer:
        """Make an answer that is not kept, once for all who ask for it at the same time, and keep it."""
        if not self.is_on:
            return Answer(await make())
        if not await self.lease.regained():
            self._counters.cache_bypasses += 1
            return Answer(await make())
        if key in self._making:
            self._counters.cache_joined += 1
        else:
            self._counters.cache_misses += 1
        return await self._making.once(key, self._make(key, make))

    def grown(self, answer: Answer) -> None:
        """Reckon again what an answer takes, after something was derived from it."""
        found = self._kept.get(answer.key) if answer.key is not None else None
        if found is not None and answer.key is not None and found[0] is answer:
            self._keep(answer.key, answer)

    def stand_in(self, key: Key) -> Answer | None:
        """Return what was last answered, marked with its age, for when the database cannot be asked."""
        for answers in (self._kept, self._past):
            if (found := answers.get(key)) is not None:
                age = round(time.monotonic() - found[0].made_at)
                if age <= STANDS_IN_SECONDS:
                    self._counters.cache_stand_ins += 1
                    return replace(found[0], etag=None, encoded={}, key=None, stale_seconds=age)
        return None

    def drop(self) -> None:
        """Give nothing of this any more: a publication is announced. What is being made still goes to who waits for it."""
        self._epoch += 1
        if self._kept:
            self._past, self._kept = self._kept, Answers()
        self._making.forget()

    async def _make(self, key: Key, make: Make) -> Answer:
        epoch, began_at = self._epoch, time.monotonic()
        answer = Answer(await make(), began_at)
        if self._epoch == epoch and self.lease.is_valid:
            self._keep(key, answer)
        return answer

    def _keep(self, key: Key, answer: Answer) -> None:
        answer.key = key
        size = answer.size
        self._kept.remove(key)
        self._past.remove(key)
        if size > self._most // 8:
            return
        self._kept.add(key, answer, size)
        while self.bytes > self._most:
            (self._past or self._kept).remove_oldest()
