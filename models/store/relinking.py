"""Moving listings between assets for a person, so that it can be taken back.

Links say everything, and the rest follows from them:
    a listing has one accepted link that holds;
    an asset without such links is given up, and its uid answers with the asset that its last listings are now;
    an asset that lost a listing shows no numbers until they are drawn anew, since they may have been that listing's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.outcomes import LinkState
from models.queries.links import holds
from models.queries.tables import ASSETS, DECISIONS, LINKS
from models.records import MATCHER

METHOD = "person"
"""The method of a link that a person decided."""

_KEPT = frozenset({"id", "uid", "symbol", "name", "image_url", "successor_id"})
_NUMBERS = [
    column
    for column in ASSETS.c
    if column.name not in _KEPT and not column.name.endswith("_at") and column.nullable
]
_HANDED_OVER = ("listing_id", "state", "method", "score", "reasons", "decided_by", "decided_at")
_LIVE = LINKS.c.retired_at.is_(None)
_ACCEPTED = LINKS.c.state == LinkState.ACCEPTED


@dataclass(frozen=True, slots=True)
class Relinking:
    """One change of a person's being carried out. `decision_id` None: it takes a decision back."""

    session: AsyncSession
    by: str
    at: datetime
    because: str
    decision_id: int | None = None

    async def move(self, listing_ids: Sequence[int], asset_id: int) -> None:
        """Make listings that asset's. What the matcher doubted about them is doubted no more."""
        before = await self.assets_of(listing_ids)
        await self.retire(
            LINKS.c.listing_id.in_(listing_ids),
            or_(_ACCEPTED, LINKS.c.state == LinkState.REVIEW, LINKS.c.asset_id == asset_id),
        )
        await self.link(listing_ids, asset_id, LinkState.ACCEPTED)
        await self.settle(listing_ids, before - {asset_id})

    async def refuse(self, listing_ids: Sequence[int], asset_id: int) -> None:
        """Write down that listings are not that asset."""
        await self.retire(LINKS.c.listing_id.in_(listing_ids), LINKS.c.asset_id == asset_id)
        await self.link(listing_ids, asset_id, LinkState.REJECTED)

    async def assets_of(self, listing_ids: Collection[int]) -> set[int]:
        """Find the assets that listings are."""
        found = select(LINKS.c.asset_id).where(LINKS.c.listing_id.in_(listing_ids), holds())
        return set((await self.session.scalars(found)).all())

    async def retire(self, *which: ColumnElement[bool]) -> None:
        """End the live links that fulfil `which`."""
        ended = {"retired_at": self.at, "retired_because": self.because, "retired_in": self.decision_id}
        await self.session.execute(update(LINKS).where(_LIVE, *which).values(ended))

    async def link(self, listing_ids: Sequence[int], asset_id: int, state: LinkState) -> None:
        """Write down a person's decision about each listing."""
        values = {
            "asset_id": asset_id,
            "state": state,
            "method": METHOD,
            "score": 1.0 if state is LinkState.ACCEPTED else 0.0,
            "reasons": [self.because],
            "decided_by": self.by,
            "decided_at": self.at,
            "decided_in": self.decision_id,
        }
        rows = [{"listing_id": listing_id, **values} for listing_id in listing_ids]
        await self.session.execute(insert(LINKS), rows)

    async def settle(self, listing_ids: Collection[int], left: Iterable[int]) -> None:
        """Let every uid that ever meant one of the listings follow them; take the numbers off the assets they `left`."""
        ever = select(LINKS.c.asset_id).where(LINKS.c.listing_id.in_(listing_ids), _ACCEPTED)
        for asset_id in sorted(set((await self.session.scalars(ever)).all())):
            if await self.session.scalar(select(exists().where(LINKS.c.asset_id == asset_id, holds()))):
                await self._change(asset_id, successor_id=None, retired_at=None)
            else:
                await self._give_up(asset_id)
        for asset_id in sorted(left):
            blank: dict[str, Any] = {column.name: None for column in _NUMBERS}
            await self._change(asset_id, **blank, price_inputs=[])

    async def _change(self, asset_id: int, **values: object) -> None:
        change = update(ASSETS).where(ASSETS.c.id == asset_id)
        await self.session.execute(change.values(**values, updated_at=self.at))

    async def _give_up(self, asset_id: int) -> None:
        heir = select(LINKS.c.asset_id).where(
            LINKS.c.listing_id == last_listing(asset_id).scalar_subquery(), holds()
        )
        successor_id = (await self.session.scalars(heir)).one()
        await self._change(
            asset_id,
            successor_id=successor_id,
            retired_at=func.coalesce(ASSETS.c.retired_at, self.at),
        )
        await self._hand_over(asset_id, successor_id)

    async def _hand_over(self, asset_id: int, successor_id: int) -> None:
        """Let doubts about the asset given up be doubts about its successor; the newest word of a person wins."""
        about = LINKS.alias("about")
        to_successor = and_(about.c.listing_id == LINKS.c.listing_id, about.c.asset_id == successor_id)
        doubts = select(*(LINKS.c[name] for name in _HANDED_OVER)).where(
            _LIVE,
            LINKS.c.asset_id == asset_id,
            LINKS.c.state == LinkState.REVIEW,
            ~exists().where(to_successor, about.c.retired_at.is_(None)),
        )
        rows = [dict(row) for row in (await self.session.execute(doubts)).mappings()]
        is_member = exists().where(to_successor, holds(about))
        await self.retire(
            LINKS.c.asset_id == asset_id,
            or_(LINKS.c.decided_by == MATCHER, and_(LINKS.c.state == LinkState.REJECTED, is_member)),
        )
        if rows:
            moved = {"asset_id": successor_id, "decided_in": self.decision_id}
            await self.session.execute(insert(LINKS), [{**row, **moved} for row in rows])


def last_listing(asset_id: int) -> Select[tuple[int]]:
    """Select the listing that an asset without any was last: what its uid means.

    Links that an undone decision made are nothing it ever meant, unless there are no others.
    """
    return (
        select(LINKS.c.listing_id)
        .outerjoin(DECISIONS, DECISIONS.c.id == LINKS.c.decided_in)
        .where(LINKS.c.asset_id == asset_id, _ACCEPTED)
        .order_by(DECISIONS.c.undone_at.is_not(None), LINKS.c.retired_at.desc(), LINKS.c.id)
        .limit(1)
    )
