"""What publication starts from, as the matcher takes it: listings with their newest quotes, every earlier decision.

Most listings have no price, are near none that has, and were never linked: they are looked at and let go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from flows.frozen import standing_still
from flows.matching.block import NearPriced
from flows.matching.entries import Entry, Key, Prior, observed_at
from models.outcomes import LinkState, ListingKind
from models.queries.unification import (
    identities,
    landed_listings,
    live_links,
)
from models.records import AssetIdentity, Link, Listing, Quote
from models.store.quotes import NUMBERS

ROWS_AT_ONCE = 2_000

LinkId = tuple[str, str, str, str]
"""(source, source_id, uid, state): what tells live links apart."""


@dataclass(frozen=True, slots=True)
class Landed:
    """Everything there is, in one snapshot."""

    as_of: datetime
    """When the newest of it landed: the publication's clock."""
    listings: int
    """How many listings there are."""
    entries: Sequence[Entry]
    """Those to be matched, and those that earlier links are about."""
    matched: Sequence[Entry]
    """Those to be matched."""
    prior: Prior
    listing_ids: Mapping[Key, int]
    link_ids: Mapping[LinkId, int]
    frozen: frozenset[str] = frozenset()
    """Sources whose quotes are old in spite of their times."""


async def read_landed(session: AsyncSession, window: timedelta, otherwise: datetime) -> Landed:
    """Read what has landed; quotes of the last `window` are fresh. `otherwise` is the clock where nothing landed.

    It is also as late as the clock gets: a quote that a wrong clock dated ahead would make all others old.
    """
    links = (await session.execute(live_links())).mappings().all()
    known = (await session.execute(identities())).mappings().all()
    linked = {(row["source"], row["source_id"]) for row in links}
    near, count = NearPriced(), 0
    kept: list[tuple[Entry, bool]] = []
    listing_ids: dict[Key, int] = {}
    rows = await session.stream(landed_listings())
    async for some in rows.mappings().partitions(ROWS_AT_ONCE):
        count += len(some)
        for row, entry in zip(some, map(_entry, some), strict=True):
            is_near = near.takes(entry)
            if is_near or entry.key in linked:
                kept.append((entry, is_near))
                listing_ids[entry.key] = row["id"]
    landed_at = (entry.quote.fetched_at for entry, _ in kept if entry.quote)
    as_of = min(max(landed_at, default=otherwise), otherwise)
    frozen = await standing_still(session, as_of, window)
    dated = [(_dated(entry, as_of - window, frozen), is_near) for entry, is_near in kept]
    prior = Prior(
        links=[_link(row) for row in links],
        assets=[AssetIdentity(row["uid"], row["symbol"], row["name"]) for row in known],
        successors={row["uid"]: row["successor_uid"] for row in known if row["successor_uid"]},
    )
    return Landed(
        as_of=as_of,
        listings=count,
        entries=[entry for entry, _ in dated],
        matched=[entry for entry, is_near in dated if is_near],
        prior=prior,
        listing_ids=listing_ids,
        frozen=frozen,
        link_ids={link_id(link): row["id"] for link, row in zip(prior.links, links, strict=True)},
    )


def link_id(link: Link) -> LinkId:
    """Give what tells this link from the others that hold."""
    return link.source, link.source_id, link.asset_uid, link.state


def _dated(entry: Entry, fresh_from: datetime, frozen: frozenset[str]) -> Entry:
    if entry.listing.source in frozen:
        return replace(entry, is_frozen=True)
    is_fresh = entry.quote is not None and observed_at(entry.quote) >= fresh_from
    return replace(entry, is_fresh=True) if is_fresh else entry


def _entry(row: RowMapping) -> Entry:
    listing = Listing(
        row["source"],
        row["source_id"],
        symbol=row["symbol"],
        name=row["name"],
        kind=ListingKind(row["kind"]) if row["kind"] else None,
        is_active=row["is_active"],
        image_url=row["image_url"],
        addresses=tuple(row["addresses"]),
    )
    if row["price_usd"] is None:
        return Entry(listing)
    quote = Quote(row["source"], row["source_id"], **{name: row[name] for name in NUMBERS})
    return Entry(listing, quote, held_because=row["held_because"])


def _link(row: RowMapping) -> Link:
    return Link(
        row["source"],
        row["source_id"],
        row["asset_uid"],
        LinkState(row["state"]),
        row["method"],
        row["score"],
        tuple(row["reasons"]),
        row["decided_by"],
    )
