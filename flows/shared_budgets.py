"""Budgets that all workers share, as the client and the passes of current prices ask for them.

Whoever must wait sleeps for as long as it was told: in one process one request at a time asks for each source and
purpose, the others stand behind it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import ceil

from flows.errors import BudgetExhausted, RetryLater, SourceBenched, SourceSkipped
from flows.settings import SourceSettings
from flows.sources.contract import Feed, Fetched, Source
from models.budgets import DAY_SECONDS, Allowance, Heard, Spent, Taken, Wait
from models.db import Sessions
from models.outcomes import Purpose
from models.pace import PassCost
from models.store import budgets as store


class SharedBudgets:
    """What every source may still be asked, in the database. `patience_seconds` is for pauses that a provider wants."""

    def __init__(self, sessions: Sessions, patience_seconds: float) -> None:
        self._sessions = sessions
        self._patience_seconds = patience_seconds
        self._turns: defaultdict[tuple[str, Purpose], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._costs: dict[tuple[str, Purpose], int] = {}

    async def take(self, source: Source, settings: SourceSettings, purpose: Purpose) -> Taken:
        """Wait for a request's turn and put it down, at what the last of its kind cost.

        Raises `RetryLater` for a pause beyond the patience, `BudgetExhausted` where the month has nothing for it.
        """
        asked = source.name, purpose
        hold = self._costs.get(asked, source.cost(0))
        async with self._turns[asked]:
            while True:
                async with self._sessions.begin() as session:
                    verdict = await store.take(
                        session, source.name, allowance(source, settings), purpose, hold
                    )
                match verdict:
                    case Taken():
                        return verdict
                    case Spent():
                        raise BudgetExhausted(verdict.because, source=source.name).unasked()
                    case Wait() if verdict.because and verdict.seconds > self._patience_seconds:
                        told = (
                            f"asked for a pause that lasts another {verdict.seconds:.0f} s: {verdict.because}"
                        )
                        raise RetryLater(told, seconds=verdict.seconds, source=source.name).unasked()
                await asyncio.sleep(verdict.seconds)

    async def settle(self, source: Source, settings: SourceSettings, taken: Taken, heard: Heard) -> None:
        """Put down what a request really cost and what its answer said, for everybody; mostly that is no news."""
        self._costs[source.name, taken.purpose] = heard.cost
        if heard == Heard(taken.hold):
            return
        async with self._sessions.begin() as session:
            await store.settle(session, source.name, allowance(source, settings), taken, heard)

    @asynccontextmanager
    async def one_pass(
        self, source: Source, settings: SourceSettings, every_seconds: int, *, insists: bool = False
    ) -> AsyncIterator[Tally]:
        """Make a pass of current prices in the block, which tells the tally what its pages were and if it was whole.

        Raises `SourceSkipped`, with when the next is due, where the month would not last, and `SourceBenched` where
        the provider said that it is used up: who `insists` asks it again.
        """
        allowed = allowance(source, settings)
        async with self._sessions.begin() as session:
            later = await store.begin_pass(session, source.name, allowed, every_seconds, insists=insists)
        if later is not None:
            raise (SourceBenched if later.is_used_up else SourceSkipped)(later.because, source=source.name)
        tally = Tally(source)
        try:
            yield tally
        finally:
            async with self._sessions.begin() as session:
                await store.end_pass(session, source.name, allowed, tally.cost)


@dataclass(slots=True)
class Tally:
    """What the pages of one pass cost, however they were got."""

    source: Source
    each: int = 0
    daily: int | None = None
    is_whole: bool = False

    def note(self, feed: Feed, fetched: Fetched) -> None:
        """Add a page; what is asked for once in a while counts by the day."""
        price = self.source.cost(len(fetched.body))
        if feed.every:
            self.daily = (self.daily or 0) + ceil(price * DAY_SECONDS / feed.every.total_seconds())
        else:
            self.each += price

    @property
    def cost(self) -> PassCost | None:
        """What a whole pass costs; None: this was none."""
        return PassCost(self.each, self.daily) if self.is_whole else None


def allowance(source: Source, settings: SourceSettings) -> Allowance:
    """Say what a source's plan and the settings allow."""
    plan = source.plan(settings)
    return Allowance(plan.requests_per_minute, plan.a_month, source.counted_over.total_seconds())
