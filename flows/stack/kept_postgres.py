"""The supervisor's hold on the private PostgreSQL: entered and left in threads, since both take a while."""

from __future__ import annotations

import asyncio
import contextlib

from flows.stack.child import DoorClosed, last_lines
from flows.stack.settings import StackSettings
from models.private_postgres import is_running, private_postgres


class KeptPostgres:
    """Nothing at all where DATABASE_URL names a PostgreSQL."""

    def __init__(self, settings: StackSettings) -> None:
        self._settings = settings
        self._root = settings.kasparro_home / "postgres"
        self._inside = contextlib.ExitStack()
        self._entering: asyncio.Task[str] | None = None

    async def open(self) -> str:
        """Start it, or join it where it runs; returns the URL of this upstream's database."""
        if self._settings.database_url:
            return self._settings.database_url
        server = private_postgres(self._root, database=self._settings.database_name)
        self._entering = asyncio.create_task(asyncio.to_thread(self._inside.enter_context, server))
        return await asyncio.shield(self._entering)

    async def watch(self) -> None:
        """Raise `DoorClosed` as soon as the server is gone."""
        while self._entering and is_running(self._root):  # noqa: ASYNC110 - a file and /proc tell nobody
            await asyncio.sleep(1)
        if self._entering:
            log = self._root / "postgres.log"
            raise DoorClosed(f"postgres ended by itself; {log} ends with:{last_lines(log)}")

    async def close(self) -> None:
        """Leave it: it stops if nobody else uses it."""
        if self._entering:
            await asyncio.wait({self._entering})
        await asyncio.to_thread(self._inside.close)
