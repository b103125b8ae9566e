"""Which links a person may want to look at: those in doubt, and all that were ever considered for a listing."""

from __future__ import annotations

from sqlalchemy import BigInteger, ColumnElement, asc, desc, select

from models.outcomes import LinkState
from models.queries.links import LINK_COLUMNS, holds
from models.queries.paging import Order, Parents, Rows, for_each
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


def accepted_for(listing_ids: Parents[int]) -> Rows:
    """Select the link by which each listing is an asset."""
    return for_each(
        listing_ids,
        BigInteger(),
        lambda listing_id: _links_of(listing_id).where(holds()),
        order=(asc("id"),),
        first=1,
    )


def others_of(listing_ids: Parents[int], *, first: int) -> Rows:
    """Select the links of each listing that stand and were not accepted, best first."""

    def rows_of(listing_id: ColumnElement[int]) -> Rows:
        return _links_of(listing_id).where(LINKS.c.state != LinkState.ACCEPTED, LINKS.c.retired_at.is_(None))

    return for_each(listing_ids, BigInteger(), rows_of, order=(desc("score"), asc("id")), first=first)


def ended_of(listing_ids: Parents[int], *, first: int) -> Rows:
    """Select the links of each listing that no longer stand, newest first."""

    def rows_of(listing_id: ColumnElement[int]) -> Rows:
        return _links_of(listing_id).where(LINKS.c.retired_at.is_not(None))

    return for_each(listing_ids, BigInteger(), rows_of, order=(desc("retired_at"), desc("id")), first=first)


def _links_of(listing_id: ColumnElement[int]) -> Rows:
    joined = LINKS.join(LISTINGS, LISTINGS.c.id == LINKS.c.listing_id)
    return select(*_COLUMNS).select_from(joined).where(LINKS.c.listing_id == listing_id)
