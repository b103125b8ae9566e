"""Moving listings between assets for a person, so that it can be taken back.

Invariants: a listing has one accepted link that holds; an asset without listings is given up to the one they went to;
an asset that lost a listing shows no numbers until they are drawn anew, since they may have been that listing's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.outcomes import LinkState
from models.queries.links import holds
from models.queries.tables import ASSETS, LINKS
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


@dataclass(frozen=True, slots=True)
class Relinking:
    """One change of a person's being carried out. `decision_id` None: it takes a decision back."""

    session: AsyncSession
    by: str
    at: datetime
    because: str
    decision_id: int | None = None

    async def move(self, listing_ids: Sequence[int], asset_id: int) -> None:
        """Make listings that asset's, and settle the assets that they leave. What the matcher doubted is doubted no more."""
        left = await self.assets_of(listing_ids)
        await self.retire(
            LINKS.c.listing_id.in_(listing_ids),
            or_(
                LINKS.c.state == LinkState.ACCEPTED,
                LINKS.c.asset_id == asset_id,
                LINKS.c.state == LinkState.REVIEW,
            ),
        )
        await self.link(listing_ids, asset_id, LinkState.ACCEPTED)
        await self.settle(left - {asset_id}, asset_id)

    async def refuse(self, listing_ids: Sequence[int], asset_id: int) -> None:
        """Write down that listings are not that asset."""
        await self.retire(LINKS.c.listing_id.in_(listing_ids), LINKS.c.asset_id == asset_id)
        await self.link(listing_ids, asset_id, LinkState.REJECTED)

    async def assets_of(self, listing_ids: Sequence[int]) -> set[int]:
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
        await self.session.execute(
            insert(LINKS), [{"listing_id": listing_id, **values} for listing_id in listing_ids]
        )

    async def settle(self, asset_ids: Iterable[int], successor_id: int) -> None:
        """Give up those assets that have no listing left to `successor_id`; take the numbers off the others."""
        for asset_id in sorted(asset_ids):
            listed = select(exists().where(LINKS.c.asset_id == asset_id, holds()))
            if await self.session.scalar(listed):
                await self.take_numbers_off(asset_id)
            else:
                await self._give_up(asset_id, successor_id)

    async def take_numbers_off(self, asset_id: int) -> None:
        """Let an asset show no numbers until the next publication draws them from the listings that it has now."""
        blank: dict[str, Any] = {column.name: None for column in _NUMBERS}
        changed = update(ASSETS).where(ASSETS.c.id == asset_id)
        await self.session.execute(changed.values(**blank, price_inputs=[], updated_at=self.at))

    async def _give_up(self, asset_id: int, successor_id: int) -> None:
        gone = update(ASSETS).where(ASSETS.c.id == asset_id)
        await self.session.execute(
            gone.values(successor_id=successor_id, retired_at=self.at, updated_at=self.at)
        )
        await self._hand_over(asset_id, successor_id)

    async def _hand_over(self, asset_id: int, successor_id: int) -> None:
        """Let doubts about the asset given up be doubts about its successor; the newest word of a person wins."""
        about = LINKS.alias("about")
        is_known = exists().where(
            about.c.listing_id == LINKS.c.listing_id,
            about.c.asset_id == successor_id,
            about.c.retired_at.is_(None),
        )
        doubts = (
            select(*(LINKS.c[name] for name in _HANDED_OVER))
            .where(_LIVE, LINKS.c.asset_id == asset_id, LINKS.c.state == LinkState.REVIEW, ~is_known)
        )  # fmt: skip
        rows = [dict(row) for row in (await self.session.execute(doubts)).mappings()]
        is_member = exists().where(
            about.c.listing_id == LINKS.c.listing_id, about.c.asset_id == successor_id, holds(about)
        )
        await self.retire(
            LINKS.c.asset_id == asset_id,
            or_(LINKS.c.decided_by == MATCHER, and_(LINKS.c.state == LinkState.REJECTED, is_member)),
        )
        if rows:
            await self.session.execute(
                insert(LINKS),
                [{**row, "asset_id": successor_id, "decided_in": self.decision_id} for row in rows],
            )
