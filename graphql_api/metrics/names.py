"""Which operations are told apart: as many as a monitoring system can bear, however many names clients make up."""

from __future__ import annotations

from collections import Counter

APART_AT_MOST = 100
OFTEN = 10
"""How often an operation must have been answered before it is told apart: a made-up name comes once."""
WAITING_AT_MOST = 1000

ANONYMOUS = "(anonymous)"
BATCH = "(batch)"
OTHER = "(other)"

OPERATION = "operation"
"""Where in a request's state the name of its GraphQL operation is, once it is known that there is one."""


class Names:
    """The names that are told apart, for the life of the process; all others count as one."""

    def __init__(self) -> None:
        self._apart = {ANONYMOUS, BATCH, OTHER}
        self._waiting: Counter[str] = Counter()

    def known(self, name: str) -> str:
        """Return the name that an operation counts under."""
        if name in self._apart:
            return name
        if len(self._apart) >= APART_AT_MOST:
            return OTHER
        self._waiting[name] += 1
        if self._waiting[name] < OFTEN:
            if len(self._waiting) > WAITING_AT_MOST:
                self._waiting.clear()
            return OTHER
        del self._waiting[name]
        self._apart.add(name)
        return name
