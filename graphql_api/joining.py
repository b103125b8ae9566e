"""What is asked by several at once is made once.

It is made on behalf of all of them: whose client goes away leaves, and with the last one the work is given up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Making(Generic[T]):
    task: asyncio.Task[T]
    waiting: int = 0


class Joined(Generic[T]):
    """What is being made, by what was asked."""

    def __init__(self) -> None:
        self._making: dict[Hashable, _Making[T]] = {}

    def __contains__(self, key: Hashable) -> bool:
        return key in self._making

    async def once(self, key: Hashable, make: Coroutine[Any, Any, T]) -> T:
        """Make what nobody makes already, and wait for it with the others."""
        making = self._making.get(key)
        if making is None:
            making = self._making[key] = _Making(asyncio.create_task(make))
        else:
            make.close()
        making.waiting += 1
        try:
            return await asyncio.shield(making.task)
        finally:
            making.waiting -= 1
            if not making.waiting:
                self._leave(key, making)

    def forget(self) -> None:
        """Let nobody else join: what is being made is for those who wait for it."""
        self._making.clear()

    def _leave(self, key: Hashable, making: _Making[T]) -> None:
        if self._making.get(key) is making:
            del self._making[key]
        if not making.task.done():
            making.task.cancel()
        elif not making.task.cancelled():
            making.task.exception()  # seen, also where the last to wait for it just left
