"""Which links: the decisions behind an asset, and the listings that they lead to."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, FromClause, Join, and_, desc, func, select
from sqlalchemy import asc as ascending

from models.outcomes import LinkState
from models.queries.paging import Parents, Rows, for_each
from models.queries.tables import ADDRESSES, LINKS, LISTINGS

LINK_COLUMNS = (
    *(column for column in LINKS.c if column.name not in {"listing_id", "asset_id"}),
    LINKS.c.decided_in.label("decision_id"),
    LISTINGS.c.source,
    LISTINGS.c.source_id,
)
"""What readers are told of a link: the decision, and whose listing it is about."""


def holds(link: FromClause = LINKS) -> ColumnElement[bool]:
    """Whether a link is in force: accepted and not retired."""
    return and_(link.c.state == LinkState.ACCEPTED, link.c.retired_at.is_(None))


def listings_of(asset_id: ColumnElement[Any]) -> Rows:
    """Select the listings (`id`, `source`, `source_id`) that are an asset."""
    return select(LISTINGS.c.id, LISTINGS.c.source, LISTINGS.c.source_id).select_from(
        joined(LINKS.c.asset_id == asset_id, holds())
    )


def joined(*on: ColumnElement[bool]) -> Join:
    """Join listings with those of their links that fulfil `on`."""
    return LISTINGS.join(LINKS, and_(LINKS.c.listing_id == LISTINGS.c.id, *on))


def links_of(
    asset_ids: Parents[int], *, first: int, source: str | None = None, with_retired: bool = False
) -> Rows:
    """Select the decisions about each asset, newest first."""

    def rows_of(asset_id: ColumnElement[int]) -> Rows:
        rows = select(*LINK_COLUMNS).select_from(joined(LINKS.c.asset_id == asset_id))
        if not with_retired:
            rows = rows.where(LINKS.c.retired_at.is_(None))
        return rows if source is None else rows.where(LISTINGS.c.source == source)

    return for_each(asset_ids, BigInteger(), rows_of, order=(desc("decided_at"), desc("id")), first=first)


def addresses_of(asset_ids: Parents[int], *, first: int) -> Rows:
    """Select each asset's contract addresses (`caip19`), as its listings name them, without doubles."""

    def rows_of(asset_id: ColumnElement[int]) -> Rows:
        listings = listings_of(asset_id).with_only_columns(LISTINGS.c.id)
        return (
            select(ADDRESSES.c.caip19, func.min(ADDRESSES.c.first_seen_at).label("first_seen_at"))
            .where(ADDRESSES.c.listing_id.in_(listings), ADDRESSES.c.retired_at.is_(None))
            .group_by(ADDRESSES.c.caip19)
        )

    return for_each(asset_ids, BigInteger(), rows_of, order=(ascending("caip19"),), first=first)
