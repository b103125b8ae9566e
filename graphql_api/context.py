"""What a resolver may touch: the request's rows, the settings, Prefect, and who asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import strawberry
from starlette.requests import Request
from strawberry.dataloader import DataLoader

from graphql_api.cache import ResponseCache
from graphql_api.counters import Counters
from graphql_api.joining import Joined
from graphql_api.listening import Listener
from graphql_api.pace import Pace
from graphql_api.planner.readings import Call
from graphql_api.planner.rows import Row, Rows
from graphql_api.prefect_server import PrefectServer
from graphql_api.settings import ApiSettings
from models.db import Sessions
from models.queries.runs import Reader
from models.readers import Readers

Loader = DataLoader[Any, list[Row]]

STREAMS_AT_ONCE = 3
"""Of all who are told at the same moment so many read at a time, and leave the other connections to requests."""
EXPORTS_AT_ONCE = 3
"""So many whole files are read at a time: each holds a connection for as long as its reader takes."""


@dataclass(frozen=True, slots=True)
class Services:
    """What lives as long as the process. Queries read through `sessions`; only mutations open the `writer`."""

    settings: ApiSettings
    sessions: Sessions
    writer: Sessions
    prefect: PrefectServer
    pace: Pace
    listener: Listener
    readers: Readers
    cache: ResponseCache
    counters: Counters
    updates: Joined[Any] = field(default_factory=Joined)
    """What subscribers are about to be told."""
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(STREAMS_AT_ONCE))
    exports: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(EXPORTS_AT_ONCE))


@dataclass(slots=True)
class Context:
    """One request. Its clock stands still, so that everything in a response is stale or fresh by the same moment."""

    request: Request
    services: Services
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    cost: int = 0
    executing: object = field(default=None, init=False)
    """The execution that this is the context of, where it is Strawberry's."""
    _rows: Rows | None = field(default=None, init=False)
    _loaders: dict[object, Loader] = field(default_factory=dict, init=False)
    _asked: dict[object, asyncio.Task[Sequence[Row]]] = field(default_factory=dict, init=False)

    @property
    def rows(self) -> Rows:
        """What this request reads through, unless one statement answers it."""
        if self._rows is None:
            self._rows = Rows(self.services.sessions)
        return self._rows

    @property
    def settings(self) -> ApiSettings:
        """The window's settings."""
        return self.services.settings

    @property
    def request_id(self) -> str:
        """The id under which this request is logged and answered."""
        return str(self.request.state.request_id)

    @property
    def stale_before(self) -> datetime:
        """What was known last before this moment is stale."""
        return self.now - self.settings.stale_after

    @property
    def reader(self) -> Reader:
        """Who reads about runs."""
        return Reader(self.now, self.services.prefect.ui_url)

    def children(self, call: Call, parent: int | str) -> Awaitable[list[Row]]:
        """Load the rows below one parent: one statement for all parents that a response asks with the same arguments."""
        key = (call.query, call.values)
        if key not in self._loaders:

            async def load(parents: list[int | str]) -> list[list[Row]]:
                found: dict[int | str, list[Row]] = {each: [] for each in parents}
                for row in await self.rows.all(call.rows(parents)):
                    found[row.parent].append(row)
                return [found[each] for each in parents]

            self._loaders[key] = DataLoader(load_fn=load)
        return self._loaders[key].load(parent)

    def once(self, call: Call) -> Awaitable[Sequence[Row]]:
        """Read rows that a whole response looks at: one statement, however many fields ask."""
        key = (call.query, call.values)
        if key not in self._asked:
            self._asked[key] = asyncio.create_task(self.rows.all(call.rows()))
        return self._asked[key]

    def beside(self) -> Context:
        """Make a context for what several are told: of their request, of its own moment, and nobody's to close but its maker's."""
        other = Context(self.request, self.services)
        other.become_stream()
        return other

    def become_stream(self) -> None:
        """Be asked for many answers from now on: `renew` between them, and take turns with the other streams."""
        self._rows = Rows(self.services.sessions, self.services.turns)

    async def renew(self) -> None:
        """Forget what the last answer was read from: the next one is of its own moment."""
        await self.close()
        self._loaders.clear()
        self._asked.clear()
        self.now = datetime.now(UTC)

    async def close(self) -> None:
        """Stop what still runs for this request, and give its snapshot back."""
        for task in self._asked.values():
            task.cancel()  # one that has not begun yet is nobody's whom `Rows` knows
        await asyncio.gather(*self._asked.values(), return_exceptions=True)
        if self._rows is not None:
            await self._rows.close()


Info = strawberry.Info[Context, None]
