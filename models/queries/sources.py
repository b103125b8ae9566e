"""Which sources, what they amount to, how far they got, and what they said that nobody expected."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, FromClause, ScalarSelect, String, asc, func, select

from models.queries.paging import Order, Rows, for_each
from models.queries.tables import CHECKPOINTS, DRIFT, LISTINGS, QUOTES, REJECTS, RUNS, SOURCES

BY_NAME = Order(SOURCES.c.name, SOURCES.c.name, nullable=False)
CHECKPOINT_ORDER = Order(CHECKPOINTS.c.source, CHECKPOINTS.c.feed, nullable=False)


def sources(name: str | None = None) -> Rows:
    """Select every source that this database knows, or the one of that name."""
    rows = select(*SOURCES.c).order_by(SOURCES.c.name)
    return rows if name is None else rows.where(SOURCES.c.name == name)


def totals_of(names: Sequence[str]) -> Rows:
    """Count what each source amounts to, in rows."""
    quoted = QUOTES.join(LISTINGS, LISTINGS.c.id == QUOTES.c.listing_id)

    def rows_of(name: ColumnElement[str]) -> Rows:
        return select(
            _count(LISTINGS, LISTINGS.c.source == name).label("listings"),
            _count(quoted, LISTINGS.c.source == name).label("quotes"),
            _count(REJECTS, REJECTS.c.source == name).label("rejects"),
            _count(RUNS, RUNS.c.source == name).label("runs"),
        )

    return for_each(names, String(), rows_of, order=(asc("listings"),), first=1)


def drift_of(names: Sequence[str], *, first: int) -> Rows:
    """Select the unexpected keys of each source, newest first."""
    return for_each(
        names,
        String(),
        lambda name: select(*(c for c in DRIFT.c if c.name != "source")).where(DRIFT.c.source == name),
        order=(DRIFT.c.first_seen_at.desc(), DRIFT.c.feed.asc(), DRIFT.c.field.asc()),
        first=first,
    )


def checkpoints(source: str | None = None) -> Rows:
    """Select how far each feed got; of one source or of all."""
    rows = select(*(column for column in CHECKPOINTS.c if column.name != "fingerprint"))
    return rows if source is None else rows.where(CHECKPOINTS.c.source == source)


def _count(rows: FromClause, where: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(rows).where(where).scalar_subquery()
