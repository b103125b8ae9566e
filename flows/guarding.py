"""Guards at work: what lands is judged first, and before each publication what waits is looked at again.

A held quote lands nowhere: so prices, history and candles are as if its source had not told of the coin. It waits
beside, whole, and when it is accepted it lands as if it had never waited.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from flows.matching.entries import observed_at
from flows.matching.guards import JUMP, RECENT, Known, Verdict, confirmation, doubt_of, judge, moment_of
from models.db import Sessions
from models.outcomes import HoldState
from models.queries.holds import witnesses
from models.records import Counts, Hold, Quote, Witness
from models.store.history import append_points
from models.store.holds import Stray, end, keep, land_held, lock_waiting, strays
from models.store.quotes import land_quotes

log = structlog.get_logger(__name__)


async def land(
    session: AsyncSession, quotes: Sequence[Quote], ids: Mapping[str, int], at: datetime
) -> Counts:
    """Land one source's quotes with their points, but for those that are held. `ids` maps source ids to listings' keys."""
    passed = await _screened(session, quotes, ids, at)
    counts = await land_quotes(session, passed, ids)
    await append_points(session, passed, ids)
    return counts


async def settle(sessions: Sessions, window: timedelta, at: datetime) -> int:
    """Accept what is confirmed by now: it lands, with its points. Returns how many that were.

    What is looked at is in the database alone, so doing it again changes nothing.
    """
    async with sessions.begin() as session:
        held = await lock_waiting(session)
        said = await _witnesses(session) if held else {}
        confirmed: dict[int, Hold] = {}
        for listing_id, hold in held.items():
            because = confirmation(hold, said.get(listing_id, ()), window)
            if because is not None and hold.id is not None:
                await end(session, hold.id, HoldState.CONFIRMED, at, because=because)
                confirmed[listing_id] = hold
        await land_held(session, confirmed)
    return len(confirmed)


async def _screened(
    session: AsyncSession, quotes: Sequence[Quote], ids: Mapping[str, int], at: datetime
) -> Sequence[Quote]:
    """Hold what is in doubt, withdraw what went back, and return what passes."""
    ordered = sorted(quotes, key=observed_at)
    asked = [(ids[quote.source_id], quote.price_usd, observed_at(quote)) for quote in ordered]
    far = await strays(session, asked, RECENT, JUMP)
    waiting = await lock_waiting(session, sorted(set(ids.values())))
    passed: list[Quote] = []
    for place, quote in enumerate(ordered):
        listing_id, stray = ids[quote.source_id], far.get(place)
        if _is_overtaken(quote, stray):
            continue  # what is newer has landed; of this one the raw record stays
        verdict = judge(quote, _known(stray), waiting.get(listing_id))
        await _write(session, listing_id, verdict, waiting, at)
        if verdict.passes:
            passed.append(quote)
    return passed


async def _write(
    session: AsyncSession, listing_id: int, verdict: Verdict, waiting: dict[int, Hold], at: datetime
) -> None:
    """Write down what a verdict changes; `waiting` is what waits, by listing."""
    before = waiting.pop(listing_id, None)
    if verdict.withdrawn is not None and verdict.withdrawn.id is not None:
        price = f"{verdict.withdrawn.quote.source} says something else again"
        await end(session, verdict.withdrawn.id, HoldState.WITHDRAWN, at, because=price)
    if verdict.waiting is None:
        return
    waiting[listing_id] = verdict.waiting
    if verdict.waiting != before:
        waiting[listing_id] = await keep(session, listing_id, verdict.waiting)
        log.warning("quote held", source=verdict.waiting.quote.source, why=verdict.waiting.detail)


def _known(stray: Stray | None) -> Known | None:
    return Known(stray.median, stray.accepted) if stray else None


def _is_overtaken(quote: Quote, stray: Stray | None) -> bool:
    if stray is None or stray.landed_at is None:
        return False
    doubt = doubt_of(quote, _known(stray))
    return doubt is not None and moment_of(quote, doubt) < stray.landed_at


async def _witnesses(session: AsyncSession) -> Mapping[int, Sequence[Witness]]:
    said: defaultdict[int, list[Witness]] = defaultdict(list)
    for listing_id, *told in await session.execute(witnesses()):
        said[listing_id].append(Witness(*told))
    return said
