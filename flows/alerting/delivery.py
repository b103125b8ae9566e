"""Sending what is in the outbox: a notification at a time, each settled in a transaction that holds its row.

Two runs never send the same one, and a crash before the sending loses nothing. Only a crash in the instant between a
receiver's yes and the commit makes one come twice, which no sender can rule out; by its number people tell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import anyio.to_thread
import structlog

from flows.alerting.targets import Target, named_among
from models.db import Sessions
from models.outcomes import NotificationState
from models.queries.alerts import next_due
from models.store.outbox import keep_all, note_attempt

log = structlog.get_logger(__name__)

ATTEMPTS_AT_MOST = 8
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
ROUND_AT_MOST = 100
ROUND_LASTS = timedelta(seconds=30)
"""How many notifications one round looks at, and how long it begins new ones: the next run's takes the rest."""

Clock = Callable[[], datetime]


async def deliver(sessions: Sessions, targets: Sequence[Target], clock: Clock) -> int:
    """Send what is due to every target that has not got it yet; returns how many notifications went out whole.

    A target that fails is asked no more in this round, and again after a pause that doubles.
    """
    if not targets:
        async with sessions.begin() as session:
            await keep_all(session, clock())
        return 0
    down: set[str] = set()
    delivered = after = 0
    until = clock() + ROUND_LASTS
    for _ in range(ROUND_AT_MOST):
        async with sessions.begin() as session:
            notice = (await session.execute(next_due(after, clock()))).one_or_none()
            if notice is None or len(down) == len(targets) or clock() > until:
                break
            after = notice.id
            wanted, unknown = named_among(targets, notice.notify)
            reached, error = await _send(notice, wanted, down)
            how = _settled(notice, wanted, reached, error, clock())
            if unknown and how["state"] is NotificationState.DELIVERED:
                how |= {"error": unknown} if wanted else {"error": unknown, "state": NotificationState.KEPT}
            await note_attempt(session, notice.id, **how)
            delivered += how["state"] is NotificationState.DELIVERED
    return delivered


async def _send(notice: Any, targets: Sequence[Target], down: set[str]) -> tuple[list[str], str | None]:  # noqa: ANN401 - a row
    """Try the targets that are up and lack it; return the digests of all that have it now, and the first error."""
    reached, error = list(notice.delivered_to), None
    body = f"{notice.body}\nNotification {notice.id}."
    for target in targets:
        if target.digest in reached or target.digest in down:
            continue
        failure = await anyio.to_thread.run_sync(target.send, notice.title, body)
        if failure is None:
            reached.append(target.digest)
        else:
            down.add(target.digest)
            error = error or failure
            log.warning("notification not sent", id=notice.id, attempt=notice.attempts + 1, error=failure)
    return reached, error


def _settled(
    notice: Any,  # noqa: ANN401 - a row
    targets: Sequence[Target],
    reached: Sequence[str],
    error: str | None,
    at: datetime,
) -> dict[str, Any]:
    """Say how a notification stands after a round, in its columns. One that nobody was asked about is left as it is."""
    attempts = notice.attempts + (error is not None or len(reached) > len(notice.delivered_to))
    how: dict[str, Any] = {
        "attempts": attempts,
        "delivered_to": list(reached),
        "error": error or notice.error,
    }
    if all(target.digest in reached for target in targets):
        return how | {"state": NotificationState.DELIVERED, "settled_at": at, "error": None}
    if error is not None and attempts >= ATTEMPTS_AT_MOST:
        return how | {"state": NotificationState.GIVEN_UP, "settled_at": at}
    due_at = at + pause_after(attempts) if error is not None else notice.due_at
    return how | {"state": NotificationState.PENDING, "due_at": due_at}


def pause_after(attempts: int) -> timedelta:
    """Say how long to wait after so many attempts: doubled each time, up to a limit."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(attempts - 1, 30)))
