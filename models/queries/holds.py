"""Which quotes are held, what was seen of them, and what others say of the same coins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    CompoundSelect,
    FromClause,
    Select,
    any_,
    cast,
    func,
    select,
    true,
    union_all,
)

from models.outcomes import HoldState
from models.queries.links import holds
from models.queries.paging import Order, Rows
from models.queries.tables import HELD, HELD_POINTS, LANDED, LINKS, LISTINGS

NEWEST_FIRST = Order(HELD.c.first_seen_at, HELD.c.id, descending=True, tie_descending=True, nullable=False)


def held_quotes(source: str | None = None, state: HoldState | None = None) -> Rows:
    """Select what is or was held, with its listing and `asset_id`, the asset that the listing is."""
    asset_id = (
        select(LINKS.c.asset_id)
        .where(LINKS.c.listing_id == HELD.c.listing_id, holds())
        .limit(1)
        .scalar_subquery()
    )
    rows = _with_listing().add_columns(asset_id.label("asset_id"), LISTINGS.c.name, LISTINGS.c.symbol)
    if source is not None:
        rows = rows.where(LISTINGS.c.source == source)
    return rows if state is None else rows.where(HELD.c.state == state)


def held_quote_of(hold_id: int) -> Rows:
    """Select one of them."""
    return held_quotes().where(HELD.c.id == hold_id)


def out_now(listing_ids: Sequence[int] | None = None) -> Rows:
    """Select what is kept out, by listing; None: of all."""
    rows = _with_listing().where(kept_out()).order_by(HELD.c.listing_id)
    if listing_ids is None:
        return rows
    return rows.where(HELD.c.listing_id == any_(cast(list(listing_ids), ARRAY(BigInteger))))


def kept_out() -> ColumnElement[bool]:
    """Whether a held quote keeps what its listing says out: it waits, or a person rejected it and it is still said."""
    return HELD.c.state.in_((HoldState.HELD, HoldState.REJECTED)) & HELD.c.went_back_at.is_(None)


def observations_of(hold_ids: Sequence[int]) -> Select[Any]:
    """Select what was seen of held quotes, as points of their listings."""
    numbers = (column for column in HELD_POINTS.c if column.name != "hold_id")
    return (
        select(HELD.c.listing_id, *numbers)
        .join(HELD_POINTS, HELD_POINTS.c.hold_id == HELD.c.id)
        .where(HELD.c.id.in_(hold_ids))
        .order_by(HELD.c.listing_id, HELD_POINTS.c.observed_at)
    )


def witnesses() -> CompoundSelect[Any]:
    """Select what other listings of the same assets say, landed or held: (listing that waits, source, price, moment)."""
    held = HELD.alias("theirs_held")
    landed_at = func.coalesce(LANDED.c.source_updated_at, LANDED.c.fetched_at)
    return union_all(
        _told_by_others(select(LANDED.c.price_usd, landed_at.label("at")), LANDED),
        _told_by_others(select(held.c.price_usd, held.c.last_seen_at.label("at")).where(_waits(held)), held),
    )


def _told_by_others(said: Rows, of: FromClause) -> Select[Any]:
    """Walk from what waits to the rest by keys alone, a step after the other.

    With the steps left to Postgres, poor statistics made it compare all links with all links.
    """
    mine = _step(select(LINKS.c.asset_id).where(LINKS.c.listing_id == HELD.c.listing_id, holds()), "mine")
    others = (LINKS.c.asset_id == mine.c.asset_id, LINKS.c.listing_id != HELD.c.listing_id)
    theirs = _step(select(LINKS.c.listing_id).where(*others, holds()), "theirs")
    told = _step(said.where(of.c.listing_id == theirs.c.listing_id), "told")
    walk = HELD.join(mine, true()).join(theirs, true()).join(told, true())
    return (
        select(HELD.c.listing_id, LISTINGS.c.source, told.c.price_usd, told.c.at)
        .select_from(walk.join(LISTINGS, LISTINGS.c.id == theirs.c.listing_id))
        .where(_waits(HELD))
    )


def _step(rows: Rows, name: str) -> FromClause:
    """Have rows looked up for each row before them: with an OFFSET Postgres does not join them in another order."""
    return rows.offset(0).lateral(name)


def _waits(held: FromClause) -> ColumnElement[bool]:
    return held.c.state == HoldState.HELD


def _with_listing() -> Rows:
    return select(*HELD.c, LISTINGS.c.source, LISTINGS.c.source_id).join(
        LISTINGS, LISTINGS.c.id == HELD.c.listing_id
    )
