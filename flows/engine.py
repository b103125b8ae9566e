"""The ingest steps, plain async: fetch a page, read it, store it, go on. No Prefect here.

A page's raw records, listings, quotes, points, rejects, counts and checkpoint are stored in one transaction. So
whatever is killed, whenever: what is there is whole, and the next run brings the rest.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime

import psycopg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from flows.benches import Job, heed_bench, note_end
from flows.errors import (
    AllRejected,
    BudgetExhausted,
    Fatal,
    LookInto,
    SourceBenched,
    SourceError,
    SourceSkipped,
)
from flows.files import FileIngest
from flows.landing import Landing, make_room_for
from flows.matching.guards import is_thin
from flows.reading import Arrival, Batch, arrive, reject_of_page, understand
from flows.settings import SourceSettings
from flows.shared_budgets import Tally
from flows.sources.contract import Feed, Fetched, PageRequest, Source
from flows.workshop import Workshop, begin_run, now, skip_run
from models.outcomes import RunOutcome
from models.queries.runs import usual_quotes
from models.store.records import (
    advance_checkpoint,
    completed_at,
    keep_page,
    keep_raw,
    keep_rejects,
    note_drift,
)
from models.store.runs import count_page, finish_run, job_of, read_run, sole_run
from models.tables import Checkpoint, RawPage

FLOW = "ingest"
MAX_PAGES = 1_000

Fetch = Callable[[Workshop, Source, Feed, PageRequest], Awaitable[Fetched]]
"""How a page is got: straight from its provider, or through Prefect's cache."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SourceReport:
    """How one source's run went, in records."""

    source: str
    outcome: RunOutcome
    seconds: float = 0
    fetched: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    error: str | None = None
    remedy: str | None = None
    is_benched: bool = False
    """It was skipped, and not because all is well."""

    @property
    def is_down(self) -> bool:
        """Whether a run that wanted it has to do without."""
        return self.is_benched or self.outcome is RunOutcome.FAILED


@dataclass(frozen=True, slots=True)
class Errand:
    """What a source's run is for."""

    parent_id: int | None = None
    """The run that it is a part of."""
    top_n: int | None = None
    """Ask for so many coins instead of what the settings say."""
    heeds_bench: bool = False
    """Pass the source over while it is benched; somebody who names it wants it tried."""


BY_NAME = Errand()


async def fetch_directly(shop: Workshop, source: Source, _: Feed, request: PageRequest) -> Fetched:
    """Fetch a page from its provider, uncached."""
    return await shop.client.fetch(source, shop.settings_of(source), request)


async def ingest_source(
    shop: Workshop, name: str, errand: Errand = BY_NAME, *, fetch: Fetch = fetch_directly
) -> SourceReport:
    """Bring in everything one source has to tell now. Never raises for what the source did: the report says it.

    A second run of the same source at the same time is skipped.
    """
    began = now()
    async with sole_run(shop.sessions, job_of(FLOW, name)) as is_ours:
        if not is_ours:
            reason = f"{name}: another run of this source is under way"
            await skip_run(shop, FLOW, reason, source=name, parent_id=errand.parent_id)
            return SourceReport(name, RunOutcome.SKIPPED, error=reason)
        run_id = await begin_run(shop, FLOW, source=name, parent_id=errand.parent_id)
        outcome, error = await _whatever_happens(shop, name, run_id, fetch, errand)
        remedy = getattr(error, "remedy", None)
        async with shop.sessions.begin() as session:
            told = str(error) if error else None
            await note_end(session, shop, _job(shop, name), outcome, error)
            await finish_run(session, run_id, outcome, now(), error=told, remedy=remedy)
            run = await read_run(session, run_id)
    log.info("source ingested", source=name, outcome=outcome, fetched=run.fetched, error=told)
    return SourceReport(
        name,
        outcome,
        seconds=(now() - began).total_seconds(),
        fetched=run.fetched,
        new=run.new,
        changed=run.changed,
        unchanged=run.unchanged,
        rejected=run.rejected,
        error=told,
        remedy=remedy,
        is_benched=outcome is RunOutcome.SKIPPED and isinstance(error, SourceBenched | BudgetExhausted),
    )


async def _whatever_happens(
    shop: Workshop, name: str, run_id: int, fetch: Fetch, errand: Errand
) -> tuple[RunOutcome, Exception | None]:
    """Turn even a mistake of ours in one source into that source's failed run: the others go on."""
    try:
        if name in shop.files:
            return await FileIngest(shop, shop.files[name], run_id).all_rows()
        source = shop.source(name)
        if errand.heeds_bench:
            await heed_bench(shop, _job(shop, name))
        async with _one_pass(shop, source, errand) as tally:
            return await Ingest(shop, source, run_id, fetch, errand.top_n, tally, Landing(name)).all_feeds()
    except SourceSkipped as reason:
        return RunOutcome.SKIPPED, reason
    except Exception as error:
        log.exception("source failed unexpectedly", source=name)
        return RunOutcome.FAILED, error


def _job(shop: Workshop, name: str) -> Job:
    asks = name in shop.sources and shop.sources[name].calls_network
    return Job(name, FLOW, shop.settings.etl_interval_seconds if asks else None)


def _one_pass(shop: Workshop, source: Source, errand: Errand) -> AbstractAsyncContextManager[Tally]:
    """Make a pass that the month has room for; a file costs nothing."""
    if not source.calls_network:
        return nullcontext(Tally(source))
    settings, every = shop.settings_of(source), shop.settings.etl_interval_seconds
    return shop.budgets.one_pass(source, settings, every, insists=not errand.heeds_bench)


@dataclass(frozen=True, slots=True)
class Ingest:
    """One run of one source."""

    shop: Workshop
    source: Source
    run_id: int
    fetch: Fetch
    top_n: int | None
    tally: Tally
    landing: Landing

    async def all_feeds(self) -> tuple[RunOutcome, Exception | None]:
        """Walk the feeds in turn. Quotes failing fails the run; another feed failing makes it partial.

        A month that is used up fails nothing: what it left is kept, and the rest is not asked for.
        """
        outcome = RunOutcome.SUCCESS
        first_error: Exception | None = None
        for name, feed in self.source.feeds.items():
            try:
                await self.walk(name, feed)
            except LookInto as error:
                outcome, first_error = RunOutcome.PARTIAL, error
            except SourceSkipped as reason:
                return RunOutcome.SKIPPED, reason
            except BudgetExhausted as reason:
                return RunOutcome.PARTIAL if self.landing.quoted else RunOutcome.SKIPPED, reason
            except (SourceError, SQLAlchemyError, psycopg.Error) as error:
                log.warning("feed failed", source=self.source.name, feed=name, error=str(error))
                if feed is self.source.quotes:
                    return RunOutcome.FAILED, error
                outcome, first_error = RunOutcome.PARTIAL, error
        self.tally.is_whole = outcome is RunOutcome.SUCCESS
        return outcome, first_error

    async def walk(self, name: str, feed: Feed) -> None:
        """Fetch, read and store a feed's pages from first to last, unless its last full pass still counts."""
        async with self.shop.sessions() as session:
            done_at = await completed_at(session, self.source.name, name)
        if done_at is not None and now() - done_at < feed.every:
            return
        request: PageRequest | None = feed.first_page(self._settings())
        asked: set[str] = set()
        records = 0
        while request is not None:
            if request.key in asked or len(asked) >= MAX_PAGES:
                raise Fatal(f"{name}: page {request.key} comes round again", source=self.source.name)
            asked.add(request.key)
            request, received = await self.one_page(name, feed, request, records)
            records += received
        self._expect_volume(name, feed, records)
        if feed is self.source.quotes:
            await self._expect_usual(name)

    async def one_page(
        self, name: str, feed: Feed, request: PageRequest, before: int
    ) -> tuple[PageRequest | None, int]:
        """Fetch, read and store one page; returns the next one's request and how many records this one had."""
        batch = understand(self.source.name, name, feed, await self._arrival(name, feed, request))
        following = batch.arrival.page.next
        is_last = following is None
        is_short = is_last and before + batch.received < self._floor(feed)
        await make_room_for(self.shop.sessions, batch)
        await self.store(name, batch, completed=is_last and not is_short)
        return following, batch.received

    async def _arrival(self, name: str, feed: Feed, request: PageRequest) -> Arrival:
        try:
            fetched = await self.fetch(self.shop, self.source, feed, request)
            self.tally.note(feed, fetched)
            return arrive(self.source.name, name, feed, fetched, request)
        except SourceError as error:
            await self._keep_page_reject(name, request, error)
            raise

    async def store(self, name: str, batch: Batch, *, completed: bool) -> None:
        """Store one page whole, in one transaction."""
        source, at = self.source.name, now()
        async with self.shop.sessions.begin() as session:
            keys = await keep_raw(session, batch.raw, self.run_id)
            await keep_page(session, self._page(batch, keys))
            await keep_rejects(session, batch.rejects, self.run_id, at)
            await note_drift(session, source, name, batch.drift, at)
            counts = await self.landing.land(session, batch, at)
            await count_page(
                session,
                self.run_id,
                {
                    "pages": 1,
                    "fetched": batch.received,
                    "new": counts.new,
                    "changed": counts.changed,
                    "unchanged": counts.unchanged,
                    "rejected": len(batch.rejects),
                    "quoted": len(batch.quotes),
                },
            )
            await advance_checkpoint(session, self._checkpoint(name, batch, at if completed else None))

    def _page(self, batch: Batch, keys: list[int]) -> RawPage:
        arrival = batch.arrival
        request = {part: getattr(arrival.request, part) for part in ("path", "params", "context")}
        return RawPage(
            source=self.source.name,
            feed=batch.feed_name,
            request=request,
            fetched_at=arrival.fetched_at,
            as_of=arrival.page.as_of,
            names_all=arrival.page.names_all,
            records=keys,
            run_id=self.run_id,
        )

    def _checkpoint(self, name: str, batch: Batch, completed_at: datetime | None) -> Checkpoint:
        return Checkpoint(
            source=self.source.name,
            feed=name,
            page=batch.arrival.request.key,
            records=batch.received,
            fingerprint=batch.arrival.fingerprint,
            completed_at=completed_at,
            updated_at=batch.arrival.fetched_at,
            run_id=self.run_id,
        )

    async def _keep_page_reject(self, name: str, request: PageRequest, error: SourceError) -> None:
        if isinstance(error, SourceSkipped) or not error.was_asked:
            return
        reject = reject_of_page(self.source.name, name, request, error)
        async with self.shop.sessions.begin() as session:
            await keep_rejects(session, [reject], self.run_id, now())
            await count_page(session, self.run_id, {"rejected": 1})

    def _settings(self) -> SourceSettings:
        said = self.shop.settings_of(self.source)
        return said if self.top_n is None else replace(said, top_n=self.top_n)

    def _floor(self, feed: Feed) -> int:
        """Return how many records there must be: no more quotes than were asked for."""
        least = feed.volume.at_least
        return min(least, self._settings().top_n) if feed is self.source.quotes else least

    def _expect_volume(self, name: str, feed: Feed, records: int) -> None:
        floor = self._floor(feed)
        if records < floor:
            raise Fatal(
                f"{name}: {records} records where about {feed.volume.about} are usual and fewer than "
                f"{floor} cannot be right; what came was kept, nothing else was changed",
                source=self.source.name,
            )

    async def _expect_usual(self, name: str) -> None:
        """Tell of a run that brought far fewer quotes than those before it; fail one that brought none."""
        async with self.shop.sessions() as session:
            run = await read_run(session, self.run_id)
            often = await session.scalar(usual_quotes(self.source.name))
        quoted = run.quoted
        if run.rejected and not quoted:
            raise AllRejected(
                f"{name}: {run.rejected} records were rejected, and not one has a price that can be used",
                source=self.source.name,
            )
        usual = min(often or 0, self._settings().top_n)
        if is_thin(quoted, usual):
            raise LookInto(
                f"{name}: {quoted} coins with a price where {usual} are usual", source=self.source.name
            )
