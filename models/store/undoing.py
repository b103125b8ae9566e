"""Taking a decision back: what it made ends, what gave way to it comes back, uids that it retired answer again.

Only in the order of the decisions: what a later one built on cannot be pulled out from under it.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.db import Sessions, in_a_sentence
from models.outcomes import LinkState
from models.queries.assets import current_asset
from models.queries.links import holds
from models.queries.tables import ASSETS, DECISIONS, LINKS
from models.store.publish import next_version, publishing
from models.store.relinking import Relinking
from models.store.standing import DecisionRefused, Entangled, NothingThere


async def take_back(sessions: Sessions, decision_id: int, by: str, at: datetime) -> None:
    """Undo a decision and publish, in one transaction. Raises `DecisionRefused`.

    One that a line of the overrides file says would come back with the next run: that line is what must go.
    """
    with in_a_sentence():
        async with publishing(sessions) as session:
            decision = await _decision(session, decision_id)
            if decision["origin"] is not None:
                raise DecisionRefused(
                    f"Decision {decision_id} is a line of the overrides file: take the line out, and the next run undoes it."
                )
            await undo(session, decision_id, by, at)
            await next_version(session, at)


async def undo(session: AsyncSession, decision_id: int, by: str, at: datetime) -> None:
    """Take a decision back inside `publishing`. Raises `DecisionRefused`."""
    decision = await _decision(session, decision_id)
    await _refuse_if_built_upon(session, decision_id)
    change = Relinking(session, by, at, f"{by} undid decision {decision_id}")
    touched = await _touched(session, decision_id)
    before = {listing_id: await change.assets_of([listing_id]) for listing_id in touched}
    await change.retire(LINKS.c.decided_in == decision_id)
    await _reopen(session, decision)
    await _follow_successors(change, touched)
    went: Counter[tuple[int, int]] = Counter()
    for listing_id, left in before.items():
        now_at = await change.assets_of([listing_id])
        went.update((old, new) for old in left for new in now_at if old != new)
    heirs = dict(sorted(went, key=lambda move: went[move]))  # the last word is that of the most listings
    for old, new in heirs.items():
        await change.settle({old}, new)
    undone = update(DECISIONS).where(DECISIONS.c.id == decision_id)
    await session.execute(undone.values(undone_by=by, undone_at=at))


async def _decision(session: AsyncSession, decision_id: int) -> RowMapping:
    found = await session.execute(select(*DECISIONS.c).where(DECISIONS.c.id == decision_id))
    decision = found.mappings().one_or_none()
    if decision is None:
        raise NothingThere(f"There is no decision {decision_id}.")
    if decision["undone_at"] is not None:
        raise DecisionRefused(f"Decision {decision_id} was undone already, by {decision['undone_by']}.")
    return decision


def _links_of(decision_id: Any) -> Select[tuple[int]]:  # noqa: ANN401 - a number or a column of them
    concerned = or_(LINKS.c.decided_in == decision_id, LINKS.c.retired_in == decision_id)
    return select(LINKS.c.listing_id).where(concerned)


async def _touched(session: AsyncSession, decision_id: int) -> list[int]:
    return sorted(set((await session.scalars(_links_of(decision_id))).all()))


async def _refuse_if_built_upon(session: AsyncSession, decision_id: int) -> None:
    theirs = LINKS.alias("theirs")
    concerned = or_(theirs.c.decided_in == DECISIONS.c.id, theirs.c.retired_in == DECISIONS.c.id)
    later = (
        select(DECISIONS.c.id)
        .where(
            DECISIONS.c.id > decision_id,
            DECISIONS.c.undone_at.is_(None),
            exists().where(concerned, theirs.c.listing_id.in_(_links_of(decision_id))),
        )
        .order_by(DECISIONS.c.id.desc())
    )
    if builds_on_it := list((await session.scalars(later)).all()):
        named = ", ".join(map(str, builds_on_it))
        raise Entangled(
            f"Decision {decision_id} cannot be undone before the later {named}, about the same listings."
        )


async def _reopen(session: AsyncSession, decision: RowMapping) -> None:
    """Bring back the links that gave way and the assets that were given up for the decision."""
    gave_way = LINKS.c.retired_in == decision["id"]
    assets = select(LINKS.c.asset_id).where(gave_way, LINKS.c.state == LinkState.ACCEPTED)
    back = update(ASSETS).where(ASSETS.c.id.in_(assets), ASSETS.c.retired_at == decision["decided_at"])
    await session.execute(back.values(successor_id=None, retired_at=None, updated_at=decision["decided_at"]))
    live = LINKS.alias("live")
    is_taken = exists().where(
        live.c.listing_id == LINKS.c.listing_id,
        live.c.asset_id == LINKS.c.asset_id,
        live.c.retired_at.is_(None),
    )
    await session.execute(
        update(LINKS)
        .where(gave_way, ~is_taken)
        .values(retired_at=None, retired_because=None, retired_in=None)
    )


async def _follow_successors(change: Relinking, listing_ids: list[int]) -> None:
    """Let listings that came back to an asset which was merged away meanwhile go where it went."""
    astray = (
        select(LINKS.c.listing_id, ASSETS.c.uid)
        .join(ASSETS, ASSETS.c.id == LINKS.c.asset_id)
        .where(LINKS.c.listing_id.in_(listing_ids), holds(), ASSETS.c.retired_at.is_not(None))
    )
    for listing_id, uid in (await change.session.execute(astray)).tuples().all():
        successor = await change.session.scalar(current_asset(uid))
        assert successor is not None  # noqa: S101 - a uid always answers
        await change.move([listing_id], successor)
