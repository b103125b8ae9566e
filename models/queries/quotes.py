"""Which quotes: what each source says now, by asset."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, asc, func, select

from models.queries.links import holds, joined
from models.queries.paging import Parents, Rows, for_each
from models.queries.staleness import is_stale
from models.queries.tables import LINKS, LISTINGS, QUOTES


def quotes_of(
    asset_ids: Parents[int], *, first: int, stale_before: datetime, source: str | None = None
) -> Rows:
    """Select each asset's quotes by source and the source's id, with `stale`."""
    as_of = func.coalesce(QUOTES.c.source_updated_at, QUOTES.c.fetched_at)

    def rows_of(asset_id: ColumnElement[int]) -> Rows:
        numbers = (column for column in QUOTES.c if column.name != "listing_id")
        named = (LISTINGS.c.source, LISTINGS.c.source_id, LISTINGS.c.name, LISTINGS.c.symbol)
        rows = select(*named, *numbers, is_stale(as_of, stale_before).label("stale")).select_from(
            joined(holds(), LINKS.c.asset_id == asset_id).join(QUOTES, QUOTES.c.listing_id == LISTINGS.c.id)
        )
        return rows if source is None else rows.where(LISTINGS.c.source == source)

    return for_each(asset_ids, BigInteger(), rows_of, order=(asc("source"), asc("source_id")), first=first)
