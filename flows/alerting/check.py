"""Looking at every alert when something is published, in the publishing transaction.

The alert's new state and the notification are written together with the price that caused them: a crash takes all
three back or none.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from flows.alerting.rules import Trust, judge, measure
from flows.alerting.wording import alert_notice
from models.outcomes import AlertState
from models.store.alerts import mark_states, watched_alerts
from models.store.outbox import post


async def check_alerts(session: AsyncSession, trust: Trust, version: int, at: datetime) -> int:
    """Judge every live alert inside `publishing`, after what is new was written; returns how many fired."""
    notices, armed, fired = [], [], []
    for alert in await watched_alerts(session, at):
        measured = measure(alert.terms, alert.seen, trust)
        verdict = judge(alert.terms, alert.state, measured)
        if verdict.fires and measured is not None:
            notices.append(alert_notice(alert, measured, version))
            fired.append(alert.id)
        elif verdict.state is AlertState.ARMED and alert.state is AlertState.FIRED:
            armed.append(alert.id)
    await mark_states(session, armed=armed, fired=fired, at=at)
    await post(session, notices, at)
    return len(fired)
