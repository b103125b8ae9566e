"""What unification starts from: listings with landed quotes, and everything decided before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, select, text

from models.queries.tables import ADDRESSES, ASSETS, LANDED, LINKS, LISTINGS, POINTS


def landed_listings() -> Select[Any]:
    """Every listing with its live addresses and its newest landed quote: by source and id, those with a quote first."""
    addresses = (
        select(func.coalesce(func.array_agg(ADDRESSES.c.caip19), text("'{}'")))
        .where(ADDRESSES.c.listing_id == LISTINGS.c.id, ADDRESSES.c.retired_at.is_(None))
        .scalar_subquery()
    )
    numbers = [column for column in LANDED.c if column.name != "listing_id"]
    listing = [
        LISTINGS.c[name]
        for name in ("id", "source", "source_id", "symbol", "name", "kind", "is_active", "image_url")
    ]
    return (
        select(*listing, addresses.label("addresses"), *numbers)
        .outerjoin(LANDED, LANDED.c.listing_id == LISTINGS.c.id)
        .order_by(LANDED.c.listing_id.is_(None), LISTINGS.c.source, LISTINGS.c.source_id)
    )


def recent_medians(listing_ids: Sequence[int], since: datetime) -> Select[tuple[int, Decimal]]:
    """Each listing's median price since then, without its newest: (listing, price), for those that have one."""
    newest = func.coalesce(LANDED.c.source_updated_at, LANDED.c.fetched_at)
    median = func.percentile_disc(0.5).within_group(POINTS.c.price_usd)
    return (
        select(POINTS.c.listing_id, median)
        .join(LANDED, LANDED.c.listing_id == POINTS.c.listing_id)
        .where(
            POINTS.c.listing_id.in_(listing_ids),
            POINTS.c.observed_at >= since,
            POINTS.c.observed_at < newest,
        )
        .group_by(POINTS.c.listing_id)
    )


def live_links() -> Select[Any]:
    """Every link that holds, with the names that its listing and asset go by outside."""
    return (
        select(
            LINKS.c.id, LISTINGS.c.source, LISTINGS.c.source_id, ASSETS.c.uid.label("asset_uid"),
            LINKS.c.state, LINKS.c.method, LINKS.c.score, LINKS.c.reasons, LINKS.c.decided_by,
        )
        .join(LISTINGS, LISTINGS.c.id == LINKS.c.listing_id)
        .join(ASSETS, ASSETS.c.id == LINKS.c.asset_id)
        .where(LINKS.c.retired_at.is_(None))
        .order_by(LINKS.c.id)
    )  # fmt: skip


def identities() -> Select[Any]:
    """Every uid ever published, with the uid that answers for it now."""
    successor = ASSETS.alias("successor")
    return (
        select(
            ASSETS.c.id, ASSETS.c.uid, ASSETS.c.symbol, ASSETS.c.name, successor.c.uid.label("successor_uid")
        )
        .outerjoin(successor, successor.c.id == ASSETS.c.successor_id)
        .order_by(ASSETS.c.uid)
    )
