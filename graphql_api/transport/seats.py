"""Room for those who stay: open connections of this process, in all and for one caller."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from graphql_api.errors import Unavailable
from graphql_api.settings import ApiSettings


class Seats:
    """Counts who stays, and turns away whom there is no room for."""

    def __init__(self, settings: ApiSettings) -> None:
        self._in_all = settings.subscription_connections
        self._each = settings.subscription_connections_each
        self._taken: Counter[str] = Counter()

    @contextmanager
    def taken(self, who: str) -> Iterator[None]:
        """Take a seat for the length of the block. Raises `Unavailable` where there is none."""
        if self._taken[who] >= self._each:
            raise Unavailable(f"{who} has {self._each} connections open already: close one, or share one.")
        if self._taken.total() >= self._in_all:
            raise Unavailable("Every connection for subscriptions is taken. Try again in a moment.")
        self._taken[who] += 1
        try:
            yield
        finally:
            self._taken[who] -= 1
            if not self._taken[who]:
                del self._taken[who]
