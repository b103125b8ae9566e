"""Guards at work: what lands is judged first, and before each publication what waits is looked at again.

A held quote lands nowhere: so prices, history and candles are as if its source had not told of the coin. It waits
beside, whole, and when it is accepted it lands as if it had never waited.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from flows.matching.entries import observed_at
from flows.matching.guards import JUMP, RECENT, Known, Verdict, confirmation, doubt_of, judge, moment_of
from models.db import Sessions
from models.outcomes import HoldState
from models.queries.holds import witnesses
from models.records import Counts, Hold, Quote, Witness
from models.store.history import append_points
from models.store.holds import end, keep, land_held, lock_kept_out, withdraw
from models.store.quotes import land_quotes
from models.store.strays import Stray, strays

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
        held = await lock_kept_out(session)
        said = await _witnesses(session) if held else {}
        because = {
            listing_id: confirmation(hold, said.get(listing_id, ()), window)
            for listing_id, hold in held.items()
        }
        confirmed = {listing_id: held[listing_id] for listing_id, why in because.items() if why}
        whys = {hold.id: because[listing_id] for listing_id, hold in confirmed.items() if hold.id is not None}
        await end(session, whys, HoldState.CONFIRMED, at)
        await land_held(session, confirmed)
    return len(confirmed)


async def _screened(
    session: AsyncSession, quotes: Sequence[Quote], ids: Mapping[str, int], at: datetime
) -> Sequence[Quote]:
    """Hold what is in doubt, withdraw what went back, and return what passes."""
    asked = [(ids[quote.source_id], quote.price_usd, observed_at(quote)) for quote in quotes]
    far = await strays(session, asked, RECENT, JUMP)
    known = {id(quotes[place]): stray for place, stray in far.items()}
    waiting = await lock_kept_out(session, sorted(set(ids.values())))
    passed: list[Quote] = []
    for some in _rounds(quotes):
        verdicts: dict[int, Verdict] = {}
        for quote in some:
            listing_id, stray = ids[quote.source_id], known.get(id(quote))
            if _is_overtaken(quote, stray):
                continue  # what is newer has landed; of this one the raw record stays
            verdict = judge(quote, _known(stray), waiting.get(listing_id))
            verdicts[listing_id] = verdict
            passed += [quote] if verdict.passes else []
        await _write(session, verdicts, waiting, at)
    return passed


def _rounds(quotes: Sequence[Quote]) -> list[list[Quote]]:
    """Sort quotes into rounds, oldest first, in which each listing speaks once: mostly there is but one."""
    by_coin: defaultdict[str, list[Quote]] = defaultdict(list)
    for quote in sorted(quotes, key=observed_at):
        by_coin[quote.source_id].append(quote)
    return [[quote for quote in some if quote] for some in zip_longest(*by_coin.values())]


async def _write(
    session: AsyncSession, verdicts: Mapping[int, Verdict], waiting: dict[int, Hold], at: datetime
) -> None:
    """Write down what verdicts change in `waiting`, what waits by listing, and change it."""
    await withdraw(session, (verdict.withdrawn for verdict in verdicts.values() if verdict.withdrawn), at)
    held = {listing_id: verdict.waiting for listing_id, verdict in verdicts.items() if verdict.waiting}
    news = {listing_id: hold for listing_id, hold in held.items() if hold != waiting.get(listing_id)}
    for listing_id in verdicts.keys() - held.keys():
        waiting.pop(listing_id, None)
    waiting |= await keep(session, news)
    if news:
        first = next(iter(news.values()))
        log.warning("quotes held", source=first.quote.source, count=len(news), first=first.detail)


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
