"""What people decide, written down, carried out at once, and taken back when they ask for it.

A decision changes links, never numbers: those follow with the next publication. The matcher reads the links before it
begins and never changes a person's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from models.db import Sessions, in_a_sentence
from models.outcomes import DecisionAction
from models.queries.tables import DECISIONS
from models.rulings import Accept, Merge, Reject, Ruling, Split
from models.store.publish import next_version, publishing
from models.store.relinking import Relinking
from models.store.standing import DecisionRefused, Standing


async def carry_out(
    sessions: Sessions, ruling: Ruling, by: str, at: datetime, note: str | None = None
) -> int:
    """Decide and publish, in one transaction; returns the decision's id. Raises `DecisionRefused`."""
    with in_a_sentence():
        async with publishing(sessions) as session:
            decision_id = await decide(session, ruling, by, at, note=note)
            await next_version(session, at)
    return decision_id


async def decide(
    session: AsyncSession,
    ruling: Ruling,
    by: str,
    at: datetime,
    *,
    note: str | None = None,
    origin: str | None = None,
) -> int:
    """Carry out a decision inside `publishing`; returns its id. Raises `DecisionRefused`."""
    plan = await _plan(Standing(session), ruling, at)
    written = insert(DECISIONS).values(
        action=plan.action,
        asset_id=plan.of,
        other_asset_id=None if plan.to == plan.of else plan.to,
        note=note,
        origin=origin,
        decided_by=by,
        decided_at=at,
    )
    decision_id: int = (await session.execute(written.returning(DECISIONS.c.id))).scalar_one()
    because = f"{plan.action} by {by}" + (f": {note}" if note else "")
    change = Relinking(session, by, at, because, decision_id)
    if plan.to is not None:
        await change.move(plan.listings, plan.to)
    if plan.is_apart:
        await change.refuse(plan.listings, plan.of)
    return decision_id


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a ruling comes to, in keys of rows."""

    action: DecisionAction
    of: int
    """The asset that it is said of."""
    listings: Sequence[int]
    to: int | None = None
    """The asset that the listings are from now on; None: they stay what they are."""
    is_apart: bool = False
    """Whether the listings are not `of` from now on."""


async def _plan(standing: Standing, ruling: Ruling, at: datetime) -> _Plan:
    of = await standing.asset(ruling.uid)
    match ruling:
        case Accept():
            listing = await standing.listing(ruling.listing)
            await standing.expect_news(listing, of, DecisionAction.ACCEPT)
            return _Plan(DecisionAction.ACCEPT, of, [listing], to=of)
        case Reject():
            listing = await standing.listing(ruling.listing)
            await standing.expect_news(listing, of, DecisionAction.REJECT)
            members = await standing.members(of)
            to = await standing.own_asset([listing], of, None, at) if listing in members else None
            return _Plan(DecisionAction.REJECT, of, [listing], to, is_apart=True)
        case Merge():
            to = await standing.asset(ruling.into)
            if of == to:
                raise DecisionRefused(f"{ruling.uid!r} and {ruling.into!r} are the same asset already.")
            if not (listings := await standing.members(of)):
                raise DecisionRefused(f"{ruling.uid!r} has no listing that could become {ruling.into!r}.")
            return _Plan(DecisionAction.MERGE, of, listings, to)
        case Split():
            listings = [await standing.listing(one) for one in dict.fromkeys(ruling.listings)]
            to = await standing.own_asset(listings, of, ruling.new_uid, at)
            return _Plan(DecisionAction.SPLIT, of, listings, to, is_apart=True)
