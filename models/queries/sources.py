"""Which sources, how they do, what they amount to, how far they got, and what they said that nobody expected."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, ScalarSelect, String, Text, asc, cast, desc, func, select

from models.queries.holds import kept_out
from models.queries.paging import Order, Parents, Rows, among, for_each
from models.queries.source_states import source_states
from models.queries.tables import CHECKPOINTS, DRIFT, HELD, LISTINGS, QUOTES, REJECTS, RUNS, SOURCES

BY_NAME = Order(SOURCES.c.name, SOURCES.c.name, nullable=False)
CHECKPOINT_ORDER = Order(CHECKPOINTS.c.source, CHECKPOINTS.c.feed, nullable=False)


def sources(*, first: int | None = None) -> Rows:
    """Select the sources that this database knows, by name, and how each does."""
    states = source_states().subquery("states")
    says = [column for column in states.c if column.name != "source"]
    joined = SOURCES.join(states, states.c.source == SOURCES.c.name)
    return select(*SOURCES.c, *says).select_from(joined).order_by(SOURCES.c.name).limit(first)


def totals_of(names: Parents[str]) -> Rows:
    """Count what each source amounts to, in rows."""
    quoted = QUOTES.join(LISTINGS, LISTINGS.c.id == QUOTES.c.listing_id)
    waits = (HELD.c.listing_id == LISTINGS.c.id) & kept_out()
    held = HELD.join(LISTINGS, waits)
    return select(
        SOURCES.c.name.label("parent"),
        _count(LISTINGS, LISTINGS.c.source).label("listings"),
        _count(quoted, LISTINGS.c.source).label("quotes"),
        _count(REJECTS, REJECTS.c.source).label("rejects"),
        _count(RUNS, RUNS.c.source).label("runs"),
        _count(held, LISTINGS.c.source).label("held"),
    ).where(among(SOURCES.c.name, names))


def drift_of(names: Parents[str], *, first: int) -> Rows:
    """Select the unexpected keys of each source, newest first."""
    return for_each(
        names,
        String(),
        lambda name: select(
            DRIFT.c.feed, DRIFT.c.field, DRIFT.c.first_seen_at, cast(DRIFT.c.example, Text).label("example")
        ).where(DRIFT.c.source == name),
        order=(desc("first_seen_at"), asc("feed"), asc("field")),
        first=first,
    )


def drift_found_by(prefect_run_id: str) -> Rows:
    """Select the unexpected keys that were first seen in a run of Prefect's."""
    began = (
        select(func.min(RUNS.c.started_at)).where(RUNS.c.prefect_run_id == prefect_run_id).scalar_subquery()
    )
    return (
        select(*DRIFT.c)
        .where(DRIFT.c.first_seen_at >= began)
        .order_by(DRIFT.c.source, DRIFT.c.feed, DRIFT.c.field)
    )


def checkpoints(source: str | None = None) -> Rows:
    """Select how far each feed got; of one source or of all."""
    rows = select(*(column for column in CHECKPOINTS.c if column.name != "fingerprint"))
    return rows if source is None else rows.where(CHECKPOINTS.c.source == source)


def _count(rows: FromClause, source: ColumnElement[Any]) -> ScalarSelect[int]:
    counted = select(func.count()).select_from(rows).where(source == SOURCES.c.name)
    return counted.correlate(SOURCES).scalar_subquery()
