"""One source's backfill: a few requests in flight, one writer. No Prefect here.

Whoever asks does not wait for the database, and what has come in meanwhile is stored together: so the provider's limits
alone set the pace. Answers, and what was asked for them, are stored in one transaction; whatever is killed, whenever,
loses the few answers under way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import anyio
import structlog
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from flows.days import Days, last_whole_day
from flows.errors import BeyondPlan, BudgetExhausted, Fatal, NotFound, RetryLater, RetryNow, SourceError
from flows.fields import GENESIS
from flows.history.charts import FEED, Chart, chart_of
from flows.history.listings import Listing, Wanted, keys_of, read_listings
from flows.history.progress import SourceProgress
from flows.history.windows import after_answer, next_stretch, widened
from flows.reading import reject_of_page
from flows.sources.contract import History, PageRequest, Source
from flows.workshop import Workshop, now
from models.outcomes import Purpose
from models.records import HistoryWindow, Reject
from models.store.history import Point, load_points
from models.store.months import make_room, month_of
from models.store.publish import announce
from models.store.records import keep_raw, keep_rejects, note_drift
from models.store.runs import count_page
from models.store.windows import keep_windows

IN_FLIGHT = 6
"""Requests at once: ten a second of 200 ms each are two."""
TOGETHER = 16
"""Answers stored in one transaction at most."""
HOPELESS = 20
"""So many listings in a row that cannot be read are no matter of the listings."""
ANNOUNCED_EVERY = timedelta(minutes=1)
"""How often readers are told of new points while more come."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request came to: a chart or none, and what it changes in what was asked."""

    listing_id: int
    chart: Chart | None
    windows: Sequence[HistoryWindow] = ()
    rejects: Sequence[Reject] = ()


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
    _months: set[datetime] = field(default_factory=set)
    _announced_at: datetime = field(default_factory=now)
    _unannounced: int = 0

    async def run(self) -> None:
        """Ask and store until nothing is missing, or `ended` says why not."""
        keys = await keys_of(self.shop.sessions, self.source.name, self.wanted)
        self.progress.listings, self.progress.state = len(keys), "asking"
        self._since = first_day(self.source, self.shop, self.wanted.since)
        listings, to_ask = anyio.create_memory_object_stream[Listing](0)
        answers, to_store = anyio.create_memory_object_stream[Answer](TOGETHER)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hand_out(keys, listings))
            for _ in range(IN_FLIGHT):
                tasks.create_task(self._ask(to_ask.clone(), answers.clone()))
            to_ask.close()
            answers.close()
            tasks.create_task(self._store_all(to_store))

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
                if not await self._ask_for(listing, answers):
                    return
                self.progress.done += 1

    async def _ask_for(self, listing: Listing, answers: MemoryObjectSendStream[Answer]) -> bool:
        """Ask for all that is missing of a listing, newest first. False: nothing more is to be asked of the source."""
        asked, wanted = dict(listing.asked), Days(self._since, last_whole_day(now()))
        while (stretch := next_stretch(asked, wanted, self.history.longest)) is not None:
            if self.ended is not None:
                return False
            asking = widened(stretch, self.history.shortest, wanted.last)
            request = self.history.request(listing.source_id, asking)
            try:
                chart = await self._chart(listing, request, stretch)
            except SourceError as error:
                answer, may_go_on = self._failed(listing, stretch, request, error)
                await answers.send(answer)
                if not may_go_on:
                    return self.ended is None
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
        self, listing: Listing, stretch: Days, request: PageRequest, error: SourceError
    ) -> tuple[Answer, bool]:
        """Decide what an error means: for this listing, for the plan, or for the whole source. True: ask it again."""
        windows: dict[int, HistoryWindow] = {}
        again = False
        match error:
            case BeyondPlan() if stretch.by_year()[0] != stretch:
                # The provider's word outranks our table of plans: look less far back from now on.
                self._since = max(self._since, date(stretch.first.year + 1, 1, 1))
                again = True
            case NotFound():
                windows = after_answer({}, listing.id, stretch, (), now(), str(error.args[0])[:500])
                self._count_failure(error)
            case BeyondPlan() | RetryNow():
                self._count_failure(error)
            case _:
                self.ended = error
        reject = reject_of_page(self.source.name, FEED, request, error)
        kept = [] if isinstance(error, BudgetExhausted | RetryLater) else [reject]
        return Answer(listing.id, None, list(windows.values()), kept), again

    def _count_failure(self, error: SourceError) -> None:
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= HOPELESS:
            told = f"{HOPELESS} listings in a row had no history, the last one: {error.args[0]}"
            self.ended = Fatal(told, source=self.source.name)

    async def _store_all(self, answers: MemoryObjectReceiveStream[Answer]) -> None:
        async with answers:
            async for answer in answers:
                together = [answer]
                while len(together) < TOGETHER and answers.statistics().current_buffer_used:
                    together.append(answers.receive_nowait())
                await self._store(together)
                await self._announce(at_once=False)
        await self._announce(at_once=True)

    async def _store(self, answers: Sequence[Answer]) -> None:
        """Store answers whole, in one transaction."""
        charts = [(answer.listing_id, answer.chart) for answer in answers if answer.chart]
        points = [point for listing_id, chart in charts for point in _points(listing_id, chart)]
        rejects = [reject for answer in answers for reject in answer.rejects]
        rejects += [reject for _, chart in charts for reject in chart.rejects]
        windows = {(w.listing_id, w.year): w for answer in answers for w in answer.windows}
        await self._make_room(points)
        async with self.shop.sessions.begin() as session:
            await keep_raw(session, (chart.raw for _, chart in charts), self.run_id)
            await keep_rejects(session, rejects, self.run_id, now())
            for _, chart in charts:
                await note_drift(session, self.source.name, FEED, chart.drift, now())
            new = await load_points(session, sorted(points, key=lambda point: point[:2]))
            await keep_windows(session, list(windows.values()), self.run_id)
            counts = {"pages": len(charts), "fetched": len(points), "new": new, "rejected": len(rejects)}
            await count_page(session, self.run_id, counts | {"unchanged": len(points) - new})
        self.progress.answers += len(charts)
        self.progress.points += len(points)
        self.progress.new += new
        self.progress.rejected += len(rejects)
        self._unannounced += len(answers)

    async def _make_room(self, points: Sequence[Point]) -> None:
        months = {month_of(point[1]) for point in points} - self._months
        if months:
            await make_room(self.shop.sessions, months)
            self._months |= months

    async def _announce(self, *, at_once: bool) -> None:
        """Let readers see what came: answers are kept until something is published."""
        if self._unannounced and (at_once or now() - self._announced_at > ANNOUNCED_EVERY):
            version = await announce(self.shop.sessions, now())
            log.info("history published", source=self.source.name, version=version)
            self._unannounced, self._announced_at = 0, now()


def first_day(source: Source, shop: Workshop, since: date | None) -> date:
    """Return the earliest day to ask for: `since`, or what the plan allows."""
    reach = source.plan(shop.settings_of(source)).daily_history
    # The day that the plan's edge falls into is not all within it.
    earliest = GENESIS.date() if reach is None else (now() - reach).date() + timedelta(days=1)
    return max(earliest, since or earliest)


def _points(listing_id: int, chart: Chart) -> list[Point]:
    return [
        (listing_id, point.observed_at, point.price_usd, point.market_cap_usd, point.volume_usd_24h)
        for point in chart.points
    ]
