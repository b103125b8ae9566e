"""Writing listings and their contract addresses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from models.records import Counts, Listing
from models.store.bulk import Rule, merge, sliced
from models.tables import Listing as ListingRow
from models.tables import ListingAddress

_UNSAID = ("symbol", "name", "kind", "is_active", "image_url")
LANDING = Rule(("source", "source_id"), silent=("updated_at",), on_insert=("created_at",), unsaid=_UNSAID)
ADDRESSES = Rule(("listing_id", "caip19"), on_insert=("first_seen_at",))

_RETIRE = text(
    "UPDATE listing_addresses a SET retired_at = :at"
    " WHERE a.listing_id = ANY(:told) AND a.retired_at IS NULL AND split_part(a.caip19, '/', 1) = ANY(:chains)"
    " AND (a.listing_id, a.caip19) NOT IN"
    " (SELECT unnest(cast(:holders AS bigint[])), unnest(cast(:addresses AS text[])))"
)
_RETIRE_UNTOLD = text(
    "UPDATE listing_addresses a SET retired_at = :at FROM listings l"
    " WHERE l.id = a.listing_id AND l.source = :source AND a.retired_at IS NULL"
    " AND split_part(a.caip19, '/', 1) = ANY(:chains)"
    " AND a.listing_id NOT IN (SELECT unnest(cast(:told AS bigint[])))"
)


async def land_listings(
    session: AsyncSession,
    source: str,
    listings: Iterable[Listing],
    at: datetime,
    *,
    names_all: bool = False,
) -> Counts:
    """Bring one source's listings and their addresses up to date. What a feed leaves out (None) is kept as it was.

    New addresses open, ones that came back reopen, ones no longer named retire; only on the chains that the page
    speaks of, for a provider may tell its addresses chain by chain. Where the page `names_all`, also those of
    listings that it leaves out: so an address that moved to another id is at one id again.
    """
    unique = _unique(listings)
    chains = sorted({_chain(address) for listing in unique.values() for address in listing.addresses or ()})
    counts, told = Counts(), list[int]()
    for some in sliced(unique[source_id] for source_id in sorted(unique)):
        counts += await merge(session, ListingRow, [_row(source, listing, at) for listing in some], LANDING)
        telling = [listing for listing in some if listing.addresses is not None]
        told += await _land_addresses(session, source, telling, chains, at)
    if names_all:
        keys = f"{{{','.join(map(str, told))}}}"  # as one text: a list of so many costs the driver 250 bytes a key
        await session.execute(_RETIRE_UNTOLD, {"at": at, "source": source, "chains": chains, "told": keys})
    return counts


async def listing_ids(session: AsyncSession, source: str, source_ids: Collection[str]) -> dict[str, int]:
    """Return the integer key of each of one source's ids that is known."""
    rows = await session.execute(
        text("SELECT source_id, id FROM listings WHERE source = :source AND source_id = ANY(:source_ids)"),
        {"source": source, "source_ids": list(source_ids)},
    )
    return dict(rows.tuples().all())


def _unique(listings: Iterable[Listing]) -> dict[str, Listing]:
    unique: dict[str, Listing] = {}
    for listing in listings:
        known = unique.get(listing.source_id)
        unique[listing.source_id] = _joined(known, listing) if known else listing
    return unique


def _joined(one: Listing, other: Listing) -> Listing:
    """Two entries of the same id in one page: what the later one says, else the earlier one; addresses of both."""
    said = {name: getattr(other, name) for name in Listing.__slots__ if getattr(other, name) is not None}
    if one.addresses and other.addresses:
        said["addresses"] = (*one.addresses, *other.addresses)
    return Listing(**{name: getattr(one, name) for name in Listing.__slots__} | said)


def _row(source: str, listing: Listing, at: datetime) -> Mapping[str, object]:
    said = {name: getattr(listing, name) for name in _UNSAID}
    return {"source": source, "source_id": listing.source_id, **said, "created_at": at, "updated_at": at}


async def _land_addresses(
    session: AsyncSession, source: str, telling: Sequence[Listing], chains: Sequence[str], at: datetime
) -> Collection[int]:
    """Open and retire the addresses of listings that tell theirs; returns their keys."""
    if not telling:
        return []
    ids = await listing_ids(session, source, [listing.source_id for listing in telling])
    rows = [
        {"listing_id": ids[listing.source_id], "caip19": caip19, "first_seen_at": at, "retired_at": None}
        for listing in telling
        for caip19 in sorted(set(listing.addresses or ()))
    ]
    await merge(session, ListingAddress, rows, ADDRESSES)
    values = {
        "at": at,
        "told": list(ids.values()),
        "chains": chains,
        "holders": [row["listing_id"] for row in rows],
        "addresses": [row["caip19"] for row in rows],
    }
    await session.execute(_RETIRE, values)
    return ids.values()


def _chain(address: str) -> str:
    return address.partition("/")[0]
