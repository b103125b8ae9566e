"""How each source does: its worst job and what it may be asked, told as one state, one reason and one next try.

What a budget says (models/queries/budgets.py) and what a bench says stay two things; here is what both amount to.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Select, Subquery, case, exists, func, select

from models.outcomes import TROUBLED, RunOutcome, SourceState
from models.queries.paging import Rows
from models.queries.tables import BUDGETS, JOBS, RUNS, SOURCES


def source_states() -> Select[tuple[object, ...]]:
    """Select of every source its `state`, the `failures` in a row, `next_try_at` where that is told, and why."""
    found = _findings()
    until = func.greatest(found.c.benched_until, found.c.used_up_until, found.c.paused_until)
    has_failed, is_partial = (found.c.outcome == one for one in (RunOutcome.FAILED, RunOutcome.PARTIAL))
    state = case(
        (until.is_not(None), SourceState.BENCHED.value),
        (has_failed, SourceState.FAILING.value),
        (is_partial, SourceState.PARTIAL.value),
        (found.c.slowed_until.is_not(None), SourceState.SLOWED.value),
        (found.c.outcome.is_not(None), SourceState.OK.value),
        else_=SourceState.NEW.value,
    )
    is_by_budget = until.is_not(None) & until.is_distinct_from(found.c.benched_until)
    budget_says = case(
        (found.c.used_up_until == until, found.c.exhausted_because), else_=found.c.paused_because
    )
    return select(
        found.c.source,
        state.label("state"),
        func.coalesce(found.c.failures, 0).label("failures"),
        found.c.failing_since,
        func.greatest(until, found.c.slowed_until).label("next_try_at"),
        case(
            (is_by_budget, budget_says),
            (found.c.reason.is_not(None), found.c.reason),
            else_=case((found.c.slowed_until.is_not(None), found.c.next_because)),
        ).label("reason"),
        case((is_by_budget, None), else_=found.c.remedy).label("remedy"),
    )


def troubled(since: datetime) -> Rows:
    """Select the sources that somebody should know of, by name: of those that a run was for since then.

    What is not in the schedule any more, like a file that was taken away, stands as it did and troubles nobody.
    """
    states = source_states().subquery("states")
    is_in_use = exists().where(RUNS.c.source == states.c.source, RUNS.c.started_at >= since)
    return select(*states.c).where(states.c.state.in_(TROUBLED), is_in_use).order_by(states.c.source)


def _findings() -> Subquery:
    """Join what is known of each source; a time that is over is null."""
    job = _worst_job()
    is_used_up = BUDGETS.c.exhausted_because.is_not(None)
    has_failed = job.c.outcome == RunOutcome.FAILED
    return (
        select(
            SOURCES.c.name.label("source"),
            *(job.c[name] for name in ("outcome", "failures", "failing_since", "reason", "remedy")),
            _ahead(job.c.benched_until).label("benched_until"),
            _ahead(BUDGETS.c.period_ends_at, is_used_up).label("used_up_until"),
            BUDGETS.c.exhausted_because,
            _ahead(BUDGETS.c.paused_until, has_failed).label("paused_until"),
            BUDGETS.c.paused_because,
            _ahead(BUDGETS.c.next_at).label("slowed_until"),
            BUDGETS.c.next_because,
        )
        .select_from(
            SOURCES.outerjoin(job, job.c.source == SOURCES.c.name).outerjoin(
                BUDGETS, BUDGETS.c.source == SOURCES.c.name
            )
        )
        .subquery("found")
    )


def _worst_job() -> Subquery:
    worst = (
        func.coalesce(JOBS.c.benched_until > func.now(), False).desc(),
        (JOBS.c.outcome == RunOutcome.FAILED).desc(),
        (JOBS.c.outcome == RunOutcome.PARTIAL).desc(),
        JOBS.c.flow,
    )
    return select(*JOBS.c).distinct(JOBS.c.source).order_by(JOBS.c.source, *worst).subquery("job")


def _ahead(
    at: ColumnElement[datetime | None], counts: ColumnElement[bool] | None = None
) -> ColumnElement[datetime | None]:
    is_ahead = at > func.now()
    return case((is_ahead if counts is None else is_ahead & counts, at))
