"""How far an asset's history reaches, listing by listing, and which of its days are missing.

Days are counted by their candles: these stay when points are pruned.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    FromClause,
    Integer,
    Interval,
    cast,
    desc,
    func,
    literal_column,
    select,
    true,
)

from models.queries.assets import current_asset
from models.queries.links import listings_of
from models.queries.paging import Parents, Rows, for_each
from models.queries.tables import CANDLES, WINDOWS

_DAY: ColumnElement[int] = literal_column("86400", Integer)
_24_HOURS = literal_column("interval '24 hours'", Interval)


def coverage_of(uid: str, *, first: int) -> Rows:
    """Select each listing of an asset with its days of history, by source; none has none of a day that is missing."""
    listing = listings_of(current_asset(uid).scalar_subquery()).subquery("listing")
    days, asked = _days_of(listing.c.id), _asked_of(listing.c.id)
    columns = (
        listing.c.id.label("listing_id"),
        listing.c.source,
        listing.c.source_id,
        *days.c,
        (days.c.last_on - days.c.first_on + 1 - days.c.days).label("missing_days"),
        *asked.c,
    )
    rows = select(*columns).join_from(listing, days, true()).join(asked, true())
    return rows.order_by(listing.c.source, listing.c.source_id).limit(first)


def gaps_of(listing_ids: Parents[int], *, first: int) -> Rows:
    """Select the stretches of days that each listing has no price of, between its first and its last, newest first."""

    def rows_of(listing_id: ColumnElement[int]) -> Rows:
        opened_at, later = CANDLES.c.opened_at, CANDLES.alias("later")
        following = (
            select(func.min(later.c.opened_at))
            .where(later.c.listing_id == CANDLES.c.listing_id, later.c.seconds == _DAY)
            .where(later.c.opened_at > opened_at)
            .scalar_subquery()
        )
        first_on, last_on = _date(opened_at + _24_HOURS), _date(following - _24_HOURS)
        return select(
            first_on.label("first_on"), last_on.label("last_on"), (last_on - first_on + 1).label("days")
        ).where(*_are_days_of(listing_id), following > opened_at + _24_HOURS)

    return for_each(listing_ids, BigInteger(), rows_of, order=(desc("first_on"),), first=first)


def _days_of(listing_id: ColumnElement[int]) -> FromClause:
    return (
        select(
            _date(func.min(CANDLES.c.opened_at)).label("first_on"),
            _date(func.max(CANDLES.c.opened_at)).label("last_on"),
            func.count().label("days"),
            func.max(CANDLES.c.last_at).label("newest_at"),
        )
        .where(*_are_days_of(listing_id))
        .lateral("days")
    )


def _asked_of(listing_id: ColumnElement[int]) -> FromClause:
    return (
        select(
            func.min(WINDOWS.c.first_on).label("asked_from"),
            func.max(WINDOWS.c.last_on).label("asked_to"),
            func.count().label("years_asked"),
            func.count().filter(WINDOWS.c.points == 0).label("years_empty"),
            func.max(WINDOWS.c.asked_at).label("asked_at"),
            func.max(WINDOWS.c.reason).label("reason"),
        )
        .where(WINDOWS.c.listing_id == listing_id)
        .lateral("asked")
    )


def _are_days_of(listing_id: ColumnElement[int]) -> tuple[ColumnElement[bool], ...]:
    return CANDLES.c.listing_id == listing_id, CANDLES.c.seconds == _DAY


def _date(moment: ColumnElement[datetime]) -> ColumnElement[date]:
    return cast(func.timezone("UTC", moment), Date)
