"""How things stand for somebody who is about to decide: what is named, and whether the decision makes sense."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.outcomes import DecisionAction, LinkState
from models.queries.assets import current_asset
from models.queries.links import holds
from models.queries.tables import ASSETS, LINKS, LISTINGS
from models.records import MATCHER
from models.rulings import ListingId
from models.store.relinking import last_listing
from models.tables import Asset
from models.uids import FORM, LENGTH_AT_MOST, Uids


class DecisionRefused(Exception):  # noqa: N818 - reads as what happened
    """A decision that makes no sense as things stand. The message says why, and what would."""


class AlreadyDecided(DecisionRefused):
    """A decision that a person has made before and that still holds."""


class NothingThere(DecisionRefused):
    """A decision about a listing, an asset or a decision that does not exist."""


class Entangled(DecisionRefused):
    """A decision that cannot be taken back before a later one is."""


_STATE_AFTER = {DecisionAction.ACCEPT: LinkState.ACCEPTED, DecisionAction.REJECT: LinkState.REJECTED}


@dataclass(frozen=True, slots=True)
class Standing:
    """What one publishing transaction sees of listings and assets, by the names that people use."""

    session: AsyncSession

    async def asset(self, uid: str) -> int:
        """Find the asset that answers to a uid today. Raises `NothingThere`."""
        asset_id: int | None = await self.session.scalar(current_asset(uid))
        if asset_id is None:
            raise NothingThere(f"There is no asset {uid!r}.")
        return asset_id

    async def listing(self, named: ListingId) -> int:
        """Find a listing. Raises `NothingThere`."""
        source, source_id = named
        found = select(LISTINGS.c.id).where(LISTINGS.c.source == source, LISTINGS.c.source_id == source_id)
        listing_id: int | None = await self.session.scalar(found)
        if listing_id is None:
            raise NothingThere(f"{source} has no listing {source_id!r}.")
        return listing_id

    async def members(self, asset_id: int) -> list[int]:
        """List the listings that an asset is."""
        found = select(LINKS.c.listing_id).where(LINKS.c.asset_id == asset_id, holds())
        return list((await self.session.scalars(found.order_by(LINKS.c.listing_id))).all())

    async def expect_news(self, listing_id: int, asset_id: int, action: DecisionAction) -> None:
        """Refuse what a person has said already."""
        said = select(LINKS.c.decided_by).where(
            LINKS.c.listing_id == listing_id,
            LINKS.c.asset_id == asset_id,
            LINKS.c.retired_at.is_(None),
            LINKS.c.state == _STATE_AFTER[action],
            LINKS.c.decided_by != MATCHER,
        )
        if person := await self.session.scalar(said):
            raise AlreadyDecided(f"{person} has decided so already: nothing was changed.")

    async def own_asset(self, listing_ids: Sequence[int], of: int, new_uid: str | None, at: datetime) -> int:
        """Make an asset for listings that leave `of`: the one that was given up for it, else a new one.

        Raises `DecisionRefused` where they are not `of`, are all of it, or where the uid cannot be had.
        """
        members = set(await self.members(of))
        if not listing_ids or not members.issuperset(listing_ids):
            raise DecisionRefused("Every listing must be one of the asset's, and there must be one at least.")
        if members == set(listing_ids):
            raise DecisionRefused(
                "These are all the listings that the asset has: it would be left empty. "
                "To say that it is another asset, merge it into that one."
            )
        uids = await self._given_up_for(listing_ids)
        back = next((key for uid, key in uids.items() if new_uid in {None, uid}), None)
        return back or await self._found(listing_ids, new_uid, at)

    async def _given_up_for(self, listing_ids: Sequence[int]) -> dict[str, int]:
        """Find the uids that last meant one of these listings, the last given up first."""
        ever = (
            select(ASSETS.c.uid, ASSETS.c.id)
            .where(
                ASSETS.c.retired_at.is_not(None),
                ASSETS.c.id.in_(
                    select(LINKS.c.asset_id).where(
                        LINKS.c.listing_id.in_(listing_ids), LINKS.c.state == LinkState.ACCEPTED
                    )
                ),
            )
            .order_by(ASSETS.c.retired_at.desc(), ASSETS.c.id)
        )
        found = dict((await self.session.execute(ever)).tuples().all())
        return {
            uid: key
            for uid, key in found.items()
            if await self.session.scalar(last_listing(key)) in listing_ids
        }

    async def _found(self, listing_ids: Sequence[int], new_uid: str | None, at: datetime) -> int:
        columns = (LISTINGS.c[name] for name in ("source", "source_id", "symbol", "name", "image_url"))
        by_trust = (LISTINGS.c.source != "coingecko", LISTINGS.c.source, LISTINGS.c.source_id)
        rows = await self.session.execute(
            select(*columns).where(LISTINGS.c.id.in_(listing_ids)).order_by(*by_trust)
        )
        founder = rows.mappings().all()[0]
        taken = set((await self.session.scalars(select(ASSETS.c.uid))).all())
        uid = new_uid or Uids(taken).found(founder["source"], founder["source_id"], founder["name"])
        if new_uid is not None:
            _expect_free(new_uid, taken)
        symbol, name = founder["symbol"], founder["name"] or uid
        asset = Asset(
            uid=uid,
            symbol=symbol.upper() if symbol else None,
            name=name,
            image_url=founder["image_url"],
            created_at=at,
            updated_at=at,
        )
        self.session.add(asset)
        await self.session.flush()
        assert asset.id is not None  # noqa: S101 - flush has read it back
        return asset.id


def _expect_free(uid: str, taken: set[str]) -> None:
    if not FORM.fullmatch(uid) or len(uid) > LENGTH_AT_MOST:
        raise DecisionRefused(
            f"{uid[:80]!r} is no uid: lower-case letters and digits in words joined by single hyphens, "
            f"{LENGTH_AT_MOST} characters at most."
        )
    if uid in taken:
        raise DecisionRefused(f"The uid {uid!r} was published before and is never used again.")
