"""Which links a person may want to look at: those in doubt, and all that were ever considered for a listing."""

from __future__ import annotations

from sqlalchemy import desc, select

from models.outcomes import LinkState
from models.queries.links import LINK_COLUMNS, holds
from models.queries.paging import Order, Rows
from models.queries.tables import LINKS, LISTINGS

LIKELIEST_FIRST = Order(LINKS.c.score, LINKS.c.id, descending=True, nullable=False)
_COLUMNS = (*LINK_COLUMNS, LINKS.c.asset_id, LISTINGS.c.name, LISTINGS.c.symbol)


def in_review(source: str | None = None) -> Rows:
    """Select the links in doubt, each with its listing and `own_asset_id`, the asset that it is until it is settled."""
    own = LINKS.alias("own")
    rows = (
        select(*_COLUMNS, own.c.asset_id.label("own_asset_id"))
        .join(LISTINGS, LISTINGS.c.id == LINKS.c.listing_id)
        .outerjoin(own, (own.c.listing_id == LINKS.c.listing_id) & holds(own))
        .where(LINKS.c.state == LinkState.REVIEW, LINKS.c.retired_at.is_(None))
    )
    return rows if source is None else rows.where(LISTINGS.c.source == source)


def listing(source: str, source_id: str) -> Rows:
    """Select a listing by the source's own id."""
    return select(*LISTINGS.c).where(LISTINGS.c.source == source, LISTINGS.c.source_id == source_id)


def considered(listing_id: int, *, retired: bool, first: int) -> Rows:
    """Select a listing's links: those that stand, best first, or those that no longer do, newest first."""
    rows = select(*_COLUMNS).join(LISTINGS, LISTINGS.c.id == LINKS.c.listing_id)
    rows = rows.where(LINKS.c.listing_id == listing_id)
    if retired:
        ended = rows.where(LINKS.c.retired_at.is_not(None))
        return ended.order_by(desc(LINKS.c.retired_at), desc(LINKS.c.id)).limit(first)
    order = (LINKS.c.state != LinkState.ACCEPTED, desc(LINKS.c.score), LINKS.c.id)
    return rows.where(LINKS.c.retired_at.is_(None)).order_by(*order).limit(first)
