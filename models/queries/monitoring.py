"""What a monitoring system watches of the workshop: one statement of one row, since its processes live shorter than a scrape.

Runs are counted over the last day, not for ever: their rows are pruned, and a count that falls would look like a restart.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Float, ScalarSelect, Select, cast, func, select, true

from models.outcomes import HoldState, RunOutcome
from models.queries.budgets import budgets_of
from models.queries.dataset import dataset
from models.queries.paging import Rows
from models.queries.tables import HELD, LISTINGS, QUOTES, REJECTS, RUNS, SOURCES

A_DAY = timedelta(days=1)


def watched() -> Rows:
    """Select one row: the published dataset, and as lists of objects `runs`, `last_runs` and `sources`. Times are epochs."""
    published = dataset().subquery("published")
    return select(
        published.c.version,
        published.c.upstream,
        _seconds(published.c.published_at).label("published_at"),
        _listed(_runs_of_a_day(), "runs"),
        _listed(_last_runs(), "last_runs"),
        _listed(_sources(), "sources"),
    )


def _runs_of_a_day() -> Rows:
    """Count what ended within a day, by flow, source and outcome, and what it brought."""
    amounts = (func.sum(RUNS.c[name]).label(name) for name in ("new", "changed", "unchanged", "rejected"))
    return (
        select(*_whose(), RUNS.c.outcome, func.count().label("ended"), *amounts)
        .where(RUNS.c.started_at > func.now() - A_DAY, RUNS.c.outcome != RunOutcome.RUNNING)
        .group_by(RUNS.c.flow, RUNS.c.source, RUNS.c.outcome)
    )


def _last_runs() -> Rows:
    """Select the newest run of each flow for each source that ended within a day and was not skipped."""
    return (
        select(
            *_whose(),
            RUNS.c.outcome,
            _seconds(RUNS.c.finished_at).label("finished_at"),
            _seconds(RUNS.c.finished_at - RUNS.c.started_at).label("seconds"),
        )
        .where(
            RUNS.c.started_at > func.now() - A_DAY,
            RUNS.c.outcome.not_in([RunOutcome.RUNNING, RunOutcome.SKIPPED]),
        )
        .distinct(RUNS.c.flow, RUNS.c.source)
        .order_by(RUNS.c.flow, RUNS.c.source, RUNS.c.started_at.desc(), RUNS.c.id.desc())
    )


def _sources() -> Rows:
    """Select what each source amounts to, how old what it said is, and its budget. What more is known of one joins here."""
    quotes, held, rejects = (
        _quotes().subquery("said"),
        _held().subquery("held"),
        _rejects().subquery("rejected"),
    )
    budget = budgets_of(SOURCES.c.name).lateral("budget")
    return (
        select(
            SOURCES.c.name.label("source"),
            func.coalesce(quotes.c.quotes, 0).label("quotes"),
            quotes.c.fetched_at,
            quotes.c.said_at,
            func.coalesce(held.c.held, 0).label("held"),
            func.coalesce(rejects.c.rejects, 0).label("rejects"),
            budget.c.limit,
            budget.c.left,
            budget.c.spent,
            budget.c.allowed_per_minute,
            budget.c.paused_until.is_not(None).label("is_paused"),
        )
        .outerjoin(quotes, quotes.c.source == SOURCES.c.name)
        .outerjoin(held, held.c.source == SOURCES.c.name)
        .outerjoin(rejects, rejects.c.source == SOURCES.c.name)
        .outerjoin(budget, true())
    )


def _quotes() -> Rows:
    """Count each source's published quotes, in one walk through all of them, with the newest times they have."""
    return (
        select(
            LISTINGS.c.source,
            func.count().label("quotes"),
            _seconds(func.max(QUOTES.c.fetched_at)).label("fetched_at"),
            _seconds(func.max(QUOTES.c.source_updated_at)).label("said_at"),
        )
        .join(QUOTES, QUOTES.c.listing_id == LISTINGS.c.id)
        .group_by(LISTINGS.c.source)
    )


def _held() -> Rows:
    return (
        select(LISTINGS.c.source, func.count().label("held"))
        .join(HELD, (HELD.c.listing_id == LISTINGS.c.id) & (HELD.c.state == HoldState.HELD))
        .group_by(LISTINGS.c.source)
    )


def _rejects() -> Rows:
    return select(REJECTS.c.source, func.count().label("rejects")).group_by(REJECTS.c.source)


def _whose() -> tuple[ColumnElement[str], ColumnElement[str]]:
    return RUNS.c.flow, func.coalesce(RUNS.c.source, "").label("source")


def _listed(rows: Select[Any], name: str) -> ColumnElement[Any]:
    each = rows.subquery(name)
    listed: ScalarSelect[Any] = select(
        func.coalesce(func.json_agg(func.row_to_json(each.table_valued())), func.json_build_array())
    ).scalar_subquery()
    return listed.label(name)


def _seconds(of: ColumnElement[Any]) -> ColumnElement[float]:
    """Spell a time as seconds since 1970, or a span as seconds."""
    return cast(func.extract("epoch", of), Float)
