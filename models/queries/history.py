"""Which listings a backfill goes through, and what was asked of them before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, or_, select

from models.queries.assets import current_asset
from models.queries.links import holds, joined
from models.queries.tables import ASSETS, LINKS, LISTINGS, WINDOWS


def listings_by_rank(
    source: str, *, first: int | None = None, uids: Sequence[str] = ()
) -> Select[tuple[int]]:
    """Select the keys of a source's listings, largest coins first: of the `first` assets, or of those that are named."""
    assets = select(ASSETS.c.id, ASSETS.c.rank, ASSETS.c.uid).where(ASSETS.c.retired_at.is_(None))
    if uids:
        assets = assets.where(or_(*(ASSETS.c.id.in_(current_asset(uid)) for uid in uids)))
    wanted = assets.order_by(ASSETS.c.rank.nulls_last(), ASSETS.c.uid).limit(first).subquery("wanted")
    return (
        select(LISTINGS.c.id)
        .select_from(joined(holds()).join(wanted, wanted.c.id == LINKS.c.asset_id))
        .where(LISTINGS.c.source == source)
        .order_by(wanted.c.rank.nulls_last(), wanted.c.uid, LISTINGS.c.id)
    )


def source_ids_of(listing_ids: Sequence[int]) -> Select[tuple[int, str]]:
    """Select the sources' own ids of listings, with their keys."""
    return select(LISTINGS.c.id, LISTINGS.c.source_id).where(LISTINGS.c.id.in_(listing_ids))


def windows_of(listing_ids: Sequence[int]) -> Select[Any]:
    """Select what was asked of listings' history."""
    columns = (column for column in WINDOWS.c if column.name not in {"year", "run_id"})
    return select(*columns).where(WINDOWS.c.listing_id.in_(listing_ids))
