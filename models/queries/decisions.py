"""Which decisions: what people settled, and what of it came from the overrides file."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Select, asc, select

from models.queries.links import LINK_COLUMNS, joined
from models.queries.paging import Order, Parents, Rows, for_each
from models.queries.tables import ASSETS, DECISIONS, LINKS

NEWEST_FIRST = Order(
    DECISIONS.c.decided_at, DECISIONS.c.id, descending=True, tie_descending=True, nullable=False
)


def decisions(decision_id: int | None = None) -> Rows:
    """Select every decision, or the one of that id, with the uids that it was about (`uid`, `other_uid`)."""
    other = ASSETS.alias("other")
    rows = (
        select(*DECISIONS.c, ASSETS.c.uid, other.c.uid.label("other_uid"))
        .join(ASSETS, ASSETS.c.id == DECISIONS.c.asset_id)
        .outerjoin(other, other.c.id == DECISIONS.c.other_asset_id)
    )
    return rows if decision_id is None else rows.where(DECISIONS.c.id == decision_id)


def links_made_by(decision_ids: Parents[int], *, first: int) -> Rows:
    """Select the links that each decision made, by source and the source's id."""
    return for_each(
        decision_ids,
        BigInteger(),
        lambda decision_id: select(*LINK_COLUMNS).select_from(joined(LINKS.c.decided_in == decision_id)),
        order=(asc("source"), asc("source_id"), asc("id")),
        first=first,
    )


def of_file() -> Select[Any]:
    """Select the decisions in force (`id`, `origin`) that lines of the overrides file made, oldest first."""
    return (
        select(DECISIONS.c.id, DECISIONS.c.origin)
        .where(DECISIONS.c.origin.is_not(None), DECISIONS.c.undone_at.is_(None))
        .order_by(DECISIONS.c.id)
    )
