"""Replaying what was received: every page that was kept is understood again, by today's parsers, and landed again.

After a parser was mended, or into tables that lost what was drawn from the payloads. Nothing is asked of anybody, and
nothing newer is overwritten: pages come in the order they came. What is found is published once, at the end.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from flows import wire
from flows.landing import Landing, make_room_for
from flows.reading import Arrival, Batch, understand
from flows.sources.contract import Page, PageRequest
from flows.unification import PublishReport, unify_and_publish
from flows.workshop import Workshop, begin_run, now, skip_run
from models.outcomes import RunOutcome
from models.queries.records import pages, payloads
from models.records import Counts
from models.store.records import keep_rejects
from models.store.runs import count_page, finish_run, sole_run

log = structlog.get_logger(__name__)
FLOW = "replay"
UNDER_WAY = "an etl run is under way: try again when it is over"


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What a replay went through, and what it published."""

    outcome: RunOutcome
    pages: int = 0
    records: int = 0
    quotes: Counts = field(default_factory=Counts)
    published: PublishReport | None = None
    error: str | None = None


async def replay(shop: Workshop, source: str | None = None, since: datetime | None = None) -> ReplayReport:
    """Land the pages of one source, or of all, again that came since a moment, or ever; then publish.

    Waits for nobody: while an `etl` run is under way it is skipped. Raises `Fatal` for an unknown source.
    """
    name = None if source is None else shop.source(source).name
    async with sole_run(shop.sessions, "etl") as is_ours:
        if not is_ours:
            await skip_run(shop, FLOW, UNDER_WAY, source=name)
            return ReplayReport(RunOutcome.SKIPPED, error=UNDER_WAY)
        run_id = await begin_run(shop, FLOW, source=name)
        landings: dict[tuple[int, str], Landing] = {}
        counts, records, number = Counts(), 0, 0
        async for run, batch in _kept(shop, name, since):
            landing = landings.setdefault((run, batch.source), Landing(batch.source))
            await make_room_for(shop.sessions, batch)
            async with shop.sessions.begin() as session:
                landed = await landing.land(session, batch, batch.arrival.fetched_at)
                await keep_rejects(session, batch.rejects, run_id, now())
                done = {"pages": 1, "fetched": batch.received, "rejected": len(batch.rejects)}
                moved = {"new": landed.new, "changed": landed.changed, "unchanged": landed.unchanged}
                await count_page(session, run_id, done | moved)
            counts, records, number = counts + landed, records + batch.received, number + 1
        published = await unify_and_publish(shop, run_id)
        async with shop.sessions.begin() as session:
            await finish_run(session, run_id, RunOutcome.SUCCESS, now(), dataset_version=published.version)
    log.info("replayed", pages=number, records=records, changed=counts.changed, new=counts.new)
    return ReplayReport(RunOutcome.SUCCESS, number, records, counts, published)


async def _kept(
    shop: Workshop, source: str | None, since: datetime | None
) -> AsyncIterator[tuple[int, Batch]]:
    """Yield each kept page, with the run that brought it, as understood today. Feeds that are gone are passed over."""
    async with shop.sessions() as session:
        kept = (await session.execute(pages(source, since))).all()
    for row in kept:
        known = shop.sources.get(row.source)
        feed = known.feeds.get(row.feed) if known else None
        if feed is None:
            log.warning("page passed over: nobody reads its feed any more", source=row.source, feed=row.feed)
            continue
        async with shop.sessions() as session:
            records = [wire.decode(text.encode()) for text in (await session.scalars(payloads(row.id)))]
        request = PageRequest(row.request["path"], row.request["params"], row.request["context"])
        page = Page(records, as_of=row.as_of, names_all=row.names_all)
        arrival = Arrival(page, request, row.fetched_at, b"")
        yield row.run_id, understand(row.source, row.feed, feed, arrival)
