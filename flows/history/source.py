"""One source's backfill: a few requests in flight, largest coins first. No Prefect here.

Whoever asks does not wait for the database, and what has come in meanwhile is stored together: so the provider's limits
alone set the pace.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from flows.days import Days, last_whole_day
from flows.errors import BeyondPlan, BudgetExhausted, Fatal, NotFound, RetryLater, RetryNow, SourceError
from flows.fields import GENESIS
from flows.history.charts import FEED, Chart, chart_of
from flows.history.listings import Listing, Wanted, keys_of, read_listings
from flows.history.progress import SourceProgress
from flows.history.storing import TOGETHER, Answer, Writer
from flows.history.windows import Windows, after_answer, next_stretch, widened
from flows.reading import reject_of_page
from flows.sources.contract import History, PageRequest, Source
from flows.workshop import Workshop, now
from models.outcomes import Purpose
from models.records import HistoryWindow, Reject

IN_FLIGHT = 6
"""Requests at once: ten a second of 200 ms each are two."""
HOPELESS = 20
"""So many listings in a row that cannot be read are no matter of the listings."""


@dataclass(slots=True)
class SourceBackfill:
    """One source's backfill under way."""

    shop: Workshop
    source: Source
    """As it is asked over the network."""
    history: History
    wanted: Wanted
    run_id: int
    progress: SourceProgress
    ended: SourceError | None = None
    """Why nothing more is asked."""
    _since: date = date.min
    _failed_in_a_row: int = 0

    async def run(self) -> None:
        """Ask and store until nothing is missing, or `ended` says why not."""
        keys = await keys_of(self.shop.sessions, self.source.name, self.wanted)
        self.progress.listings, self.progress.state = len(keys), "asking"
        self._since = first_day(self.source, self.shop, self.wanted.since)
        writer = Writer(self.shop, self.source.name, self.run_id, self.progress)
        listings, to_ask = anyio.create_memory_object_stream[Listing](0)
        answers, to_store = anyio.create_memory_object_stream[Answer](TOGETHER)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hand_out(keys, listings))
            for _ in range(IN_FLIGHT):
                tasks.create_task(self._ask(to_ask.clone(), answers.clone()))
            to_ask.close()
            answers.close()
            tasks.create_task(writer.store_all(to_store))

    async def _hand_out(self, keys: Sequence[int], listings: MemoryObjectSendStream[Listing]) -> None:
        async with listings:
            async for listing in read_listings(self.shop.sessions, keys, refresh=self.wanted.refresh):
                try:
                    await listings.send(listing)
                except anyio.BrokenResourceError:  # nobody asks any more
                    return

    async def _ask(
        self, listings: MemoryObjectReceiveStream[Listing], answers: MemoryObjectSendStream[Answer]
    ) -> None:
        async with listings, answers:
            async for listing in listings:
                is_done = await self._ask_for(listing, answers)
                self.progress.done += is_done
                if self.ended is not None:
                    return

    async def _ask_for(self, listing: Listing, answers: MemoryObjectSendStream[Answer]) -> bool:
        """Ask for all that is missing of a listing, newest first. False: something still is."""
        asked, wanted = dict(listing.asked), Days(self._since, last_whole_day(now()))
        while (stretch := next_stretch(asked, wanted, self.history.longest)) is not None:
            if self.ended is not None:
                return False
            asking = widened(stretch, self.history.shortest, wanted.last)
            request = self.history.request(listing.source_id, asking)
            try:
                chart = await self._chart(listing, request, stretch)
            except SourceError as error:
                windows = self._failed(listing.id, asked, stretch, error)
                rejects = self._rejects(request, error)
                await answers.send(Answer(listing.id, None, list(windows.values()), rejects))
                if windows or self.ended or wanted.first == self._since:
                    return bool(windows)
                wanted = Days(self._since, wanted.last)
            else:
                self._failed_in_a_row = 0
                moments = [point.observed_at for point in chart.points]
                windows = after_answer(asked, listing.id, stretch, moments, chart.raw.fetched_at)
                asked |= windows
                await answers.send(Answer(listing.id, chart, list(windows.values())))
        return True

    async def _chart(self, listing: Listing, request: PageRequest, stretch: Days) -> Chart:
        settings = self.shop.settings_of(self.source)
        fetched = await self.shop.client.fetch(self.source, settings, request, Purpose.HISTORY)
        try:
            return chart_of(self.source.name, self.history, fetched, request, listing.source_id, stretch)
        except Fatal as error:  # this answer only: the next listing's may be whole
            raise RetryNow(str(error.args[0]), source=error.source, body=error.body) from error

    def _failed(
        self, listing_id: int, asked: Windows, stretch: Days, error: SourceError
    ) -> dict[int, HistoryWindow]:
        """Decide what an error means: for this listing, for the plan, or for the whole source.

        Returns what counts as asked for all the same: a listing that the provider does not know.
        """
        match error:
            case BeyondPlan() if stretch.by_year()[0] != stretch:
                # The provider's word outranks our table of plans: look less far back from now on.
                self._since = max(self._since, date(stretch.first.year + 1, 1, 1))
            case NotFound():
                self._count_failure(error)
                return after_answer(asked, listing_id, stretch, (), now(), str(error.args[0])[:500])
            case BeyondPlan() | RetryNow():
                self.progress.failed += 1
                self._count_failure(error)
            case _:
                self.ended = error
        return {}

    def _rejects(self, request: PageRequest, error: SourceError) -> list[Reject]:
        """Keep what was answered, unless it is about time alone."""
        is_for_later = isinstance(error, BudgetExhausted | RetryLater)
        return [] if is_for_later else [reject_of_page(self.source.name, FEED, request, error)]

    def _count_failure(self, error: SourceError) -> None:
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= HOPELESS:
            told = f"{HOPELESS} listings in a row had no history, the last one: {error.args[0]}"
            self.ended = Fatal(told, source=self.source.name)


def first_day(source: Source, shop: Workshop, since: date | None) -> date:
    """Return the earliest day to ask for: `since`, or what the plan allows."""
    reach = source.plan(shop.settings_of(source)).daily_history
    # The day that the plan's edge falls into is not all within it.
    earliest = GENESIS.date() if reach is None else (now() - reach).date() + timedelta(days=1)
    return max(earliest, since or earliest)
