"""Writing what guards hold: quotes that wait beside the landed ones, and what becomes of them.

Whoever changes what waits locks it first, by listing, and lands afterwards: so ingest, a publication that confirms and
a person who releases come one after the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, bindparam, insert, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.db import Sessions, in_a_sentence
from models.outcomes import HoldReason, HoldState
from models.queries.holds import held_quote_of, observations_of, out_now
from models.queries.tables import HELD, HELD_POINTS
from models.records import Hold, Quote
from models.store.history import load_points
from models.store.quotes import NUMBERS, land_quotes
from models.tables.holds import KEPT_OUT

_SEEN = ("times_seen", "last_seen_at", *NUMBERS)

_MARK = text(f"""
UPDATE quotes AS q SET held_because = found.detail
FROM quotes AS p LEFT JOIN (SELECT listing_id, detail FROM held_quotes WHERE {KEPT_OUT}) AS found USING (listing_id)
WHERE p.listing_id = q.listing_id AND q.held_because IS DISTINCT FROM found.detail
""")  # noqa: S608 - a condition of ours


class HoldSettled(Exception):  # noqa: N818 - reads as what happened
    """What a person wants to settle waits no more. The message says what became of it."""


class NoSuchHold(HoldSettled):
    """Nothing was ever held under that id."""


async def lock_kept_out(session: AsyncSession, listing_ids: Sequence[int] | None = None) -> dict[int, Hold]:
    """Lock and return what is kept out, by listing; None: of all."""
    rows = (await session.execute(out_now(listing_ids).with_for_update(of=HELD))).mappings()
    return {row["listing_id"]: _hold(row) for row in rows}


async def keep(session: AsyncSession, holds: Mapping[int, Hold]) -> dict[int, Hold]:
    """Keep holds, by listing, that are new or were seen again, each with that observation; returns them with their keys."""
    new = {listing_id: hold for listing_id, hold in holds.items() if hold.id is None}
    again = {listing_id: hold for listing_id, hold in holds.items() if hold.id is not None}
    if again:
        seen: dict[str, Any] = {name: bindparam(f"new_{name}") for name in _SEEN}
        values = [{"key": hold.id, **_seen(hold, "new_")} for hold in again.values()]
        await session.execute(update(HELD).where(HELD.c.id == bindparam("key")).values(**seen), values)
    kept = again | (await _insert(session, new) if new else {})
    if kept:
        await session.execute(insert(HELD_POINTS), [_observation(hold) for hold in kept.values()])
    return kept


async def _insert(session: AsyncSession, holds: Mapping[int, Hold]) -> dict[int, Hold]:
    rows = [
        {
            "listing_id": listing_id,
            "reason": hold.reason,
            "detail": hold.detail,
            "known_usd": hold.known_usd,
            "state": HoldState.HELD,
            "first_seen_at": hold.first_seen_at,
            **_seen(hold),
        }
        for listing_id, hold in holds.items()
    ]
    written = await session.execute(insert(HELD).returning(HELD.c.listing_id, HELD.c.id), rows)
    return {listing_id: replace(holds[listing_id], id=key) for listing_id, key in written.tuples()}


def _seen(hold: Hold, prefix: str = "") -> dict[str, object]:
    """Spell what every observation changes."""
    held = {"times_seen": hold.times_seen, "last_seen_at": hold.last_seen_at}
    said = held | {name: getattr(hold.quote, name) for name in NUMBERS}
    return {prefix + name: said[name] for name in _SEEN}


def _observation(hold: Hold) -> dict[str, object]:
    numbers = {name: getattr(hold.quote, name) for name in ("price_usd", "market_cap_usd", "volume_usd_24h")}
    return {"hold_id": hold.id, "observed_at": hold.last_seen_at, **numbers}


async def end(
    session: AsyncSession,
    why: Mapping[int, str | None],
    state: HoldState,
    at: datetime,
    by: str | None = None,
) -> None:
    """Say how the waiting of holds ended; `why` by their keys."""
    if why:
        ended = update(HELD).where(HELD.c.id == bindparam("key"))
        told = ended.values(state=state, settled_at=at, settled_by=by, settled_because=bindparam("because"))
        await session.execute(told, [{"key": key, "because": because} for key, because in why.items()])


async def withdraw(session: AsyncSession, holds: Iterable[Hold], at: datetime) -> None:
    """Say that the source of these says something else again: what waited is withdrawn, what was rejected is over."""
    kept = {hold.id: hold for hold in holds if hold.id is not None}
    why = {
        key: f"{hold.quote.source} says something else again"
        for key, hold in kept.items()
        if not hold.is_rejected
    }
    await end(session, why, HoldState.WITHDRAWN, at)
    if over := kept.keys() - why.keys():
        await session.execute(update(HELD).where(HELD.c.id.in_(over)).values(went_back_at=at))


async def land_held(session: AsyncSession, held: Mapping[int, Hold]) -> None:
    """Land quotes that waited, by listing, and put what was seen of them into history, each at its own time."""
    by_source: defaultdict[str, list[int]] = defaultdict(list)
    for listing_id, hold in held.items():
        by_source[hold.quote.source].append(listing_id)
    for listing_ids in by_source.values():
        quotes = [_believed(held[listing_id]) for listing_id in listing_ids]
        ids = {quote.source_id: listing_id for quote, listing_id in zip(quotes, listing_ids, strict=True)}
        await land_quotes(session, quotes, ids)
    keys = [hold.id for hold in held.values() if hold.id is not None]
    seen = await session.execute(observations_of(keys))
    await load_points(session, [tuple(row) for row in seen])


async def release(sessions: Sessions, hold_id: int, by: str, at: datetime, note: str | None = None) -> None:
    """Accept what is held, or was rejected and is still said, on a person's word. Raises `HoldSettled` where it is neither."""
    async with _settling(sessions, hold_id) as (session, row):
        is_rejected = row["state"] == HoldState.REJECTED and row["went_back_at"] is None
        if not is_rejected:
            _expect_held(row)
        told = _told_with_rejection(note, row) if is_rejected else note
        await end(session, {hold_id: told}, HoldState.RELEASED, at, by)
        await land_held(session, {row["listing_id"]: _hold(row)})


async def reject(sessions: Sessions, hold_id: int, by: str, at: datetime, note: str | None = None) -> None:
    """Keep what is held out on a person's word, for as long as its source says so. Raises `HoldSettled` where it waits no more."""
    async with _settling(sessions, hold_id) as (session, row):
        _expect_held(row)
        await end(session, {hold_id: note}, HoldState.REJECTED, at, by)


@asynccontextmanager
async def _settling(sessions: Sessions, hold_id: int) -> AsyncIterator[tuple[AsyncSession, RowMapping]]:
    """Lock a held quote for a person who settles it. Raises `NoSuchHold`."""
    with in_a_sentence():
        async with sessions.begin() as session:
            locked = await session.execute(held_quote_of(hold_id).with_for_update(of=HELD))
            if (row := locked.mappings().one_or_none()) is None:
                raise NoSuchHold(f"There is no held quote {hold_id}: `heldQuotes` lists them.")
            yield session, row


def _expect_held(row: RowMapping) -> None:
    if row["state"] != HoldState.HELD:
        raise HoldSettled(f"Held quote {row['id']} waits no more: it is {row['state']} already.")


def _told_with_rejection(note: str | None, row: RowMapping) -> str:
    """Keep who rejected what is released now, when and why."""
    before = f"rejected by {row['settled_by']} at {row['settled_at']:%Y-%m-%d %H:%M} UTC before"
    return "; ".join(filter(None, (note, before, row["settled_because"])))


async def mark_held(session: AsyncSession) -> int:
    """Say of published quotes why they have no newer one; returns how many are told otherwise than before."""
    marked: int = (await session.execute(_MARK)).rowcount  # type: ignore[attr-defined] # an UPDATE's result has it
    return marked


def _hold(row: RowMapping) -> Hold:
    quote = Quote(row["source"], row["source_id"], **{name: row[name] for name in NUMBERS})
    said = {
        name: row[name]
        for name in ("detail", "known_usd", "first_seen_at", "last_seen_at", "times_seen", "id")
    }
    is_rejected = row["state"] == HoldState.REJECTED
    return Hold(quote, HoldReason(row["reason"]), **said, is_rejected=is_rejected)


def _believed(hold: Hold) -> Quote:
    """Take over all but a time that had not come yet: it would keep every later quote out until it comes."""
    is_ahead = hold.reason is HoldReason.FUTURE_TIME
    return replace(hold.quote, source_updated_at=None) if is_ahead else hold.quote
