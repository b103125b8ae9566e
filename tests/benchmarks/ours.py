"""Kasparro as the benchmarks know it: everything of the product that they touch is named here and nowhere else."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import TypeVar

from models.db import Sessions, database
from models.store.history import make_room

API = (sys.executable, "-m", "graphql_api")
Found = TypeVar("Found")


def with_sessions(url: str, work: Callable[[Sessions], Awaitable[Found]]) -> Found:
    """Do some work on a database, in a loop of its own."""

    async def job() -> Found:
        async with database(url, statement_timeout_seconds=600) as sessions:
            return await work(sessions)

    return asyncio.run(job())


def make_room_for_points(url: str, moments: Iterable[datetime]) -> None:
    """Create the partitions that points at these moments need."""
    with_sessions(url, lambda sessions: make_room(sessions, moments))
