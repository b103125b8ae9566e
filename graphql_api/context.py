"""What a resolver may touch: the request's rows, the settings, Prefect, and who asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import strawberry
from starlette.requests import Request
from strawberry.dataloader import DataLoader

from graphql_api.cache import ResponseCache
from graphql_api.counters import Counters
from graphql_api.listening import Listener
from graphql_api.pace import Pace
from graphql_api.planner.rows import Row, Rows, Statement
from graphql_api.prefect_server import PrefectServer
from graphql_api.settings import ApiSettings
from models.db import Sessions
from models.readers import Readers

Parent = TypeVar("Parent", int, str)
Arguments = ParamSpec("Arguments")
SelectForEach = Callable[Concatenate[Sequence[Parent], Arguments], Statement]
"""A query of models/queries that takes many parents at once and labels each row with its `parent`."""
Loader = DataLoader[Any, list[Row]]

STREAMS_AT_ONCE = 3
"""Of all who are told at the same moment so many read at a time, and leave the other connections to requests."""


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
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(STREAMS_AT_ONCE))


@dataclass(slots=True)
class Context:
    """One request. Its clock stands still, so that everything in a response is stale or fresh by the same moment."""

    request: Request
    services: Services
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    cost: int = 0
    rows: Rows = field(init=False)
    _loaders: dict[object, Loader] = field(default_factory=dict, init=False)
    _loading: set[asyncio.Task[None]] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self.rows = Rows(self.services.sessions)

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

    def children(
        self,
        select: SelectForEach[Parent, Arguments],
        parent: Parent,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Awaitable[list[Row]]:
        """Load the rows below one parent: one statement for all parents that a response asks with the same arguments."""
        key = (select, args, tuple(sorted(kwargs.items())))
        if key not in self._loaders:

            async def load(parents: list[Parent]) -> list[list[Row]]:
                # A loader works in a task of its own: `close` has to find it.
                task = cast("asyncio.Task[None]", asyncio.current_task())
                self._loading.add(task)
                task.add_done_callback(self._loading.discard)
                found: dict[Parent, list[Row]] = {each: [] for each in parents}
                for row in await self.rows.all(select(parents, *args, **kwargs)):
                    found[row.parent].append(row)
                return [found[each] for each in parents]

            self._loaders[key] = DataLoader(load_fn=load)
        return self._loaders[key].load(parent)

    def become_stream(self) -> None:
        """Be asked for many answers from now on: `renew` between them, and take turns with the other streams."""
        self.rows = Rows(self.services.sessions, self.services.turns)

    async def renew(self) -> None:
        """Forget what the last answer was read from: the next one is of its own moment."""
        await self.close()
        self._loaders.clear()
        self.now = datetime.now(UTC)

    async def close(self) -> None:
        """Stop what still runs for this request, and give its snapshot back."""
        for task in self._loading:
            task.cancel()
        await asyncio.gather(*self._loading, return_exceptions=True)
        await self.rows.close()


Info = strawberry.Info[Context, None]
