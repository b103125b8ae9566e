"""Writing listings and their contract addresses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import sql
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from models.records import Counts, Listing
from models.store.bulk import Rule, driver_connection, merge, staged, table_of
from models.tables import Listing as ListingRow
from models.tables import ListingAddress

_UNSAID = ("symbol", "name", "kind", "is_active", "image_url")
LANDING = Rule(("source", "source_id"), silent=("updated_at",), on_insert=("created_at",), unsaid=_UNSAID)
ADDRESSES = Rule(("listing_id", "caip19"), on_insert=("first_seen_at",))

_RETIRE = """
UPDATE listing_addresses a SET retired_at = %(at)s
WHERE a.listing_id = ANY(%(told)s) AND a.retired_at IS NULL
  AND split_part(a.caip19, '/', 1) IN (SELECT split_part(caip19, '/', 1) FROM {stage})
  AND NOT EXISTS (SELECT FROM {stage} s WHERE s.listing_id = a.listing_id AND s.caip19 = a.caip19)
"""


@dataclass(frozen=True, slots=True)
class LandedListings:
    """What landing listings did, and the integer key of each source id."""

    counts: Counts
    ids: dict[str, int]


def _joined(one: Listing, other: Listing) -> Listing:
    """Two entries of the same id in one page: what the later one says, else what the earlier one said."""
    said = {name: getattr(other, name) for name in Listing.__slots__ if getattr(other, name) is not None}
    return Listing(**{name: getattr(one, name) for name in Listing.__slots__} | said)


def _unique(listings: Iterable[Listing]) -> dict[str, Listing]:
    unique: dict[str, Listing] = {}
    for listing in listings:
        known = unique.get(listing.source_id)
        unique[listing.source_id] = _joined(known, listing) if known else listing
    return dict(sorted(unique.items()))


async def land_listings(
    session: AsyncSession, source: str, listings: Iterable[Listing], at: datetime
) -> LandedListings:
    """Bring one source's listings up to date. What a feed leaves out (None) is kept as it was."""
    unique = _unique(listings)
    rows = [
        {
            "source": source,
            "source_id": source_id,
            **{name: getattr(listing, name) for name in _UNSAID},
            "created_at": at,
            "updated_at": at,
        }
        for source_id, listing in unique.items()
    ]
    counts = await merge(session, ListingRow, rows, LANDING)
    ids = await listing_ids(session, source, list(unique))
    await _land_addresses(session, unique.values(), ids, at)
    return LandedListings(counts, ids)


async def listing_ids(session: AsyncSession, source: str, source_ids: Sequence[str]) -> dict[str, int]:
    """Return the integer key of each of one source's ids that is known."""
    rows = await session.execute(
        text("SELECT source_id, id FROM listings WHERE source = :source AND source_id = ANY(:source_ids)"),
        {"source": source, "source_ids": list(source_ids)},
    )
    return dict(rows.tuples().all())


async def _land_addresses(
    session: AsyncSession, listings: Iterable[Listing], ids: dict[str, int], at: datetime
) -> None:
    """Bring addresses up to date: new ones open, ones no longer named retire, ones that came back reopen.

    Only on the chains that the page speaks of: a provider may tell its addresses chain by chain.
    """
    told = [listing for listing in listings if listing.addresses is not None]
    rows = [
        {"listing_id": ids[listing.source_id], "caip19": caip19, "first_seen_at": at, "retired_at": None}
        for listing in told
        for caip19 in sorted(set(listing.addresses or ()))
    ]
    if not rows:
        return
    await merge(session, ListingAddress, rows, ADDRESSES)
    async with staged(session, table_of(ListingAddress), rows) as stage:
        await (await driver_connection(session)).execute(
            sql.SQL(_RETIRE).format(stage=stage),
            {"at": at, "told": [ids[listing.source_id] for listing in told]},
        )
