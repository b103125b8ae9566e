"""Which runs: the newest, one by its id, or the last of each source.

With a `Reader` each has what only somebody who looks can know: `duration_seconds` so far, and its `prefect_url`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Float, Select, String, case, cast, desc, func, select

from models.outcomes import RunOutcome
from models.queries.paging import Order, Parents, Rows, for_each, ordered
from models.queries.tables import RUNS

NEWEST_FIRST = Order(RUNS.c.started_at, RUNS.c.id, descending=True, tie_descending=True, nullable=False)

USUAL_FROM = (3, 9)
"""The runs by which the usual is told: at least, and at most."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads about runs: at which moment, and where Prefect's own pages are."""

    now: datetime
    prefect_ui: str


@dataclass(frozen=True, slots=True)
class RunFilter:
    """What a run must be; None asks nothing."""

    source: str | None = None
    flow: str | None = None
    outcome: RunOutcome | None = None
    prefect_run_id: str | None = None


def runs(wanted: RunFilter, *, reader: Reader | None = None) -> Rows:
    """Select every run that fits the filter, in no order."""
    rows = select(*_columns(reader))
    if wanted.source is not None:
        rows = rows.where(RUNS.c.source == wanted.source)
    if wanted.flow is not None:
        rows = rows.where(RUNS.c.flow == wanted.flow)
    if wanted.outcome is not None:
        rows = rows.where(RUNS.c.outcome == wanted.outcome)
    if wanted.prefect_run_id is not None:
        rows = rows.where(RUNS.c.prefect_run_id == wanted.prefect_run_id)
    return rows


def run(run_id: int, *, reader: Reader | None = None) -> Rows:
    """Select the run of that id."""
    return select(*_columns(reader)).where(RUNS.c.id == run_id)


def usual_quotes(source: str) -> Select[tuple[int | None]]:
    """Select how many quotes the last runs of a source brought, by their median; null after too few to tell."""
    last = (
        select(RUNS.c.quoted)
        .where(
            RUNS.c.flow == "ingest",
            RUNS.c.source == source,
            RUNS.c.outcome.in_([RunOutcome.SUCCESS, RunOutcome.PARTIAL]),
            RUNS.c.quoted > 0,
        )
        .order_by(RUNS.c.started_at.desc())
        .limit(USUAL_FROM[1])
        .subquery("last")
    )
    median = func.percentile_disc(0.5).within_group(last.c.quoted)
    return select(case((func.count() >= USUAL_FROM[0], median)))


def of_prefect(prefect_run_id: str, *, reader: Reader | None = None) -> Rows:
    """Select the run that a Prefect run recorded: the outermost, where it recorded several."""
    return runs(RunFilter(prefect_run_id=prefect_run_id), reader=reader).order_by(RUNS.c.id).limit(1)


def children_of(run_ids: Parents[int], *, first: int, reader: Reader | None = None) -> Rows:
    """Select the runs that each run started, newest first."""
    return for_each(
        run_ids,
        RUNS.c.id.type,
        lambda run_id: select(*_columns(reader)).where(RUNS.c.parent_id == run_id),
        order=(desc("started_at"), desc("id")),
        first=first,
    )


def last_runs_of(
    sources: Parents[str], *, outcome: RunOutcome | None = None, reader: Reader | None = None
) -> Rows:
    """Select each source's newest ingest, or its newest that ended in `outcome`."""

    def rows_of(source: ColumnElement[str]) -> Rows:
        rows = select(*_columns(reader)).where(RUNS.c.source == source, RUNS.c.flow == "ingest")
        return rows if outcome is None else rows.where(RUNS.c.outcome == outcome)

    return for_each(sources, String(), rows_of, order=(desc("started_at"), desc("id")), first=1)


def last_round() -> Rows:
    """Select the newest run that was to bring something in, was not skipped, and that no other run started."""
    rounds = select(*RUNS.c).where(
        RUNS.c.parent_id.is_(None),
        RUNS.c.flow.in_(("etl", "ingest")),
        RUNS.c.outcome != RunOutcome.SKIPPED,
    )
    return ordered(rounds, NEWEST_FIRST).limit(1)


def _columns(reader: Reader | None) -> list[ColumnElement[Any]]:
    if reader is None:
        return [*RUNS.c]
    lasted = func.extract("epoch", func.coalesce(RUNS.c.finished_at, reader.now) - RUNS.c.started_at)
    page = func.concat(reader.prefect_ui, "/runs/flow-run/", RUNS.c.prefect_run_id)
    return [
        *RUNS.c,
        cast(lasted, Float).label("duration_seconds"),
        case((RUNS.c.prefect_run_id.is_not(None), page)).label("prefect_url"),
    ]
