"""Telling of a run that failed or died, as soon as Prefect knows: the next run would tell it too, but later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flows.alerting.delivery import deliver
from flows.alerting.targets import targets_of
from flows.alerting.wording import plain
from flows.settings import FlowSettings
from models.alerts import Notice
from models.db import Sessions
from models.outcomes import NotificationKind
from models.queries.runs import of_prefect
from models.store.outbox import post
from models.store.runs import close_left_open, job_of, sole_run


@dataclass(frozen=True, slots=True)
class BadEnd:
    """How one of Prefect's runs ended, in Prefect's words."""

    prefect_run_id: str
    name: str
    state: str
    message: str


async def tell_end(
    sessions: Sessions, settings: FlowSettings, end: BadEnd, clock: Callable[[], datetime]
) -> None:
    """Close what the run left open here if its process is really gone, and send what there is to tell.

    A run of ours that failed has written its notice down itself. One that never got as far is told in Prefect's words.
    """
    async with sessions() as session:
        run = (await session.execute(of_prefect(end.prefect_run_id))).one_or_none()
    if run is None:
        async with sessions.begin() as session:
            await post(session, [_notice(end)], clock())
    else:
        async with sole_run(sessions, job_of(run.flow, run.source)) as is_gone:
            if is_gone:
                async with sessions.begin() as session:
                    await close_left_open(session, end.prefect_run_id, clock())
    await deliver(sessions, targets_of(settings), clock)


def _notice(end: BadEnd) -> Notice:
    return Notice(
        key=f"prefect:{end.prefect_run_id}",
        kind=NotificationKind.RUN_FAILED,
        title=f"{plain(end.name)} ended {plain(end.state)} before it began",
        body=f"{plain(end.message)}\nWhat to do: read the run's log in Prefect's UI.",
    )
