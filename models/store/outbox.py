"""The outbox: what people are to be told is written down first, with what caused it, and sent afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from models.alerts import Notice
from models.outcomes import NotificationKind, NotificationState, RunOutcome
from models.queries.tables import NOTIFICATIONS, RUNS

UNWATCHED = ("etl", "backfill", "refresh-csv")
"""The flows whose failure is told: who begins another one is looking."""


async def post(session: AsyncSession, notices: Sequence[Notice], at: datetime) -> None:
    """Put notices into the outbox, each once however often it is posted."""
    if not notices:
        return
    rows: list[dict[str, Any]] = [
        {
            "key": notice.key,
            "kind": notice.kind,
            "title": notice.title,
            "body": notice.body,
            "alert_id": notice.alert_id,
            "run_id": notice.run_id,
            "notify": None if notice.notify is None else list(notice.notify),
            "created_at": at,
            "state": NotificationState.PENDING,
            "attempts": 0,
            "due_at": at,
            "delivered_to": [],
        }
        for notice in notices
    ]
    await session.execute(insert(NOTIFICATIONS).on_conflict_do_nothing(index_elements=["key"]), rows)


async def post_failures(session: AsyncSession, run_ids: Sequence[int], at: datetime) -> None:
    """Post those of the runs that no other run started and that failed, the first of a row of failures only."""
    found = await session.execute(_first_failures(run_ids))
    notices = [
        Notice(
            key=f"run:{run.id}",
            kind=NotificationKind.RUN_FAILED,
            title=f"{run.flow} run {run.id} failed" + (f" ({run.source})" if run.source else ""),
            body="\n".join(filter(None, (run.error, run.remedy and f"What to do: {run.remedy}"))),
            run_id=run.id,
        )
        for run in found.all()
    ]
    await post(session, notices, at)


def _first_failures(run_ids: Sequence[int]) -> Any:  # noqa: ANN401 - a select of runs
    earlier = RUNS.alias("earlier")
    before = (
        select(earlier.c.outcome)
        .where(
            earlier.c.flow == RUNS.c.flow,
            earlier.c.source.is_not_distinct_from(RUNS.c.source),
            earlier.c.id < RUNS.c.id,
            earlier.c.outcome.not_in((RunOutcome.SKIPPED, RunOutcome.RUNNING)),
        )
        .order_by(earlier.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(RUNS.c.id, RUNS.c.flow, RUNS.c.source, RUNS.c.error, RUNS.c.remedy)
        .where(
            RUNS.c.id.in_(run_ids),
            RUNS.c.parent_id.is_(None),
            RUNS.c.flow.in_(UNWATCHED),
            RUNS.c.outcome == RunOutcome.FAILED,
            func.coalesce(before, "") != RunOutcome.FAILED,
        )
        .order_by(RUNS.c.id)
    )


async def keep_all(session: AsyncSession, at: datetime) -> None:
    """Settle everything that waits as kept: there is nobody to send it to, and it shall not be sent as news later."""
    waiting = update(NOTIFICATIONS).where(NOTIFICATIONS.c.state == NotificationState.PENDING)
    await session.execute(waiting.values(state=NotificationState.KEPT, settled_at=at))


async def note_attempt(session: AsyncSession, notification_id: int, **how: object) -> None:
    """Write down how an attempt went, in columns of `notifications`."""
    noted = update(NOTIFICATIONS).where(NOTIFICATIONS.c.id == notification_id)
    await session.execute(noted.values(**how))
