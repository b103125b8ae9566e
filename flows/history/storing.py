"""Storing what a backfill brings: answers, and what was asked for them, in one transaction.

So whatever is killed, whenever, loses the few answers under way and nothing else. One writer for each source; a run
that brings the same listings meanwhile takes turns with it, a transaction each.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import anyio
import structlog
from anyio.streams.memory import MemoryObjectReceiveStream

from flows.history.charts import FEED, Chart
from flows.history.progress import SourceProgress
from flows.workshop import Workshop, now
from models.records import HistoryWindow, Reject
from models.store.history import Point, load_points
from models.store.months import make_room, month_of
from models.store.publish import announce
from models.store.records import keep_raw, keep_rejects, note_drift
from models.store.runs import count_page
from models.store.windows import keep_windows

TOGETHER = 16
"""Answers stored in one transaction at most."""
GATHERED_FOR_SECONDS = 1.0
"""How long an answer waits for others to be stored with: so much is asked again after a crash."""
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
class Writer:
    """Stores one source's answers."""

    shop: Workshop
    source: str
    run_id: int
    progress: SourceProgress
    _months: set[datetime] = field(default_factory=set)
    _announced_at: datetime = field(default_factory=now)
    _unannounced: int = 0

    async def store_all(self, answers: MemoryObjectReceiveStream[Answer]) -> None:
        """Store answers as they come, until nobody asks any more; then let readers see the last of them."""
        async with answers:
            async for answer in answers:
                await self._store(await _gathered(answer, answers))
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
                await note_drift(session, self.source, FEED, chart.drift, now())
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
            log.info("history published", source=self.source, version=version)
            self._unannounced, self._announced_at = 0, now()


async def _gathered(first: Answer, answers: MemoryObjectReceiveStream[Answer]) -> list[Answer]:
    """Wait a moment for further answers: many are stored in hardly more time than one."""
    gathered = [first]
    with anyio.move_on_after(GATHERED_FOR_SECONDS), suppress(anyio.EndOfStream):
        while len(gathered) < TOGETHER:
            gathered.append(await answers.receive())
    return gathered


def _points(listing_id: int, chart: Chart) -> list[Point]:
    return [
        (listing_id, point.observed_at, point.price_usd, point.market_cap_usd, point.volume_usd_24h)
        for point in chart.points
    ]
