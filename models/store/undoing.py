"""Taking a decision back: what it made ends, what gave way to it comes back, and uids follow their listings.

Only in the order of the decisions: what a later one built on cannot be pulled out from under it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.db import Sessions, in_a_sentence
from models.outcomes import LinkState
from models.queries.tables import ASSETS, DECISIONS, LINKS
from models.records import MATCHER
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
    await _decision(session, decision_id)
    await _refuse_if_built_upon(session, decision_id)
    change = Relinking(session, by, at, f"{by} undid decision {decision_id}")
    touched = set((await session.scalars(_links_of(decision_id))).all())
    before = await change.assets_of(touched)
    undone = update(DECISIONS).where(DECISIONS.c.id == decision_id)
    await session.execute(undone.values(undone_by=by, undone_at=at))
    await change.retire(LINKS.c.decided_in == decision_id)
    await _reopen(change, decision_id)
    await change.settle(touched, before - await change.assets_of(touched))


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


async def _refuse_if_built_upon(session: AsyncSession, decision_id: int) -> None:
    """Refuse where a later decision is about the same listings, or gave up an asset that they would come back to."""
    theirs = LINKS.alias("theirs")
    concerned = or_(theirs.c.decided_in == DECISIONS.c.id, theirs.c.retired_in == DECISIONS.c.id)
    home = (
        select(LINKS.c.asset_id)
        .join(ASSETS, ASSETS.c.id == LINKS.c.asset_id)
        .where(
            LINKS.c.retired_in == decision_id,
            LINKS.c.state == LinkState.ACCEPTED,
            ASSETS.c.retired_at.is_not(None),
        )
    )
    later = (
        select(DECISIONS.c.id)
        .where(
            DECISIONS.c.id > decision_id,
            DECISIONS.c.undone_at.is_(None),
            exists().where(
                concerned,
                or_(theirs.c.listing_id.in_(_links_of(decision_id)), theirs.c.asset_id.in_(home)),
            ),
        )
        .order_by(DECISIONS.c.id.desc())
    )
    if builds_on_it := list((await session.scalars(later)).all()):
        named = ", ".join(map(str, builds_on_it))
        raise Entangled(
            f"Decision {decision_id} cannot be undone before the later {named}, about the same listings or assets."
        )


async def _reopen(change: Relinking, decision_id: int) -> None:
    """Bring back the links that gave way to the decision, over what the matcher has thought of since.

    Its doubts about assets that are given up by now do not come back.
    """
    gone = LINKS.alias("gone")
    comes_back = exists().where(
        gone.c.retired_in == decision_id,
        gone.c.listing_id == LINKS.c.listing_id,
        gone.c.asset_id == LINKS.c.asset_id,
    )
    await change.retire(comes_back, LINKS.c.decided_by == MATCHER)
    given_up = select(ASSETS.c.id).where(ASSETS.c.retired_at.is_not(None))
    back = update(LINKS).where(
        LINKS.c.retired_in == decision_id,
        or_(LINKS.c.state == LinkState.ACCEPTED, LINKS.c.asset_id.not_in(given_up)),
    )
    await change.session.execute(back.values(retired_at=None, retired_because=None, retired_in=None))
