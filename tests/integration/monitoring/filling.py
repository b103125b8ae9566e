"""A database of which /metrics has something to say everywhere."""

from __future__ import annotations

from datetime import timedelta

from models.db import Sessions
from models.outcomes import RunOutcome
from tests.factories import (
    NOW,
    make_budget,
    make_hold,
    make_listing,
    make_quote,
    make_reject,
    make_run,
    publish,
)

DAY = timedelta(days=1)


async def fill(sessions: Sessions) -> None:
    """Let a provider's runs have ended in every way, a file be known, and something be published."""
    async with sessions.begin() as session:
        await make_quote(
            session, await make_listing(session, "file"), fetched_at=NOW, source_updated_at=NOW - DAY
        )
        await make_budget(session, "coincap", a_month=4_000, spent_current=3_900, spent_history=20)
        old, failed = NOW - 2 * DAY, {"outcome": RunOutcome.FAILED, "started_at": NOW - timedelta(hours=2)}
        await make_run(session, "coincap", new=5, rejected=1)
        await make_run(session, "coincap", new=1, unchanged=4, **failed)
        await make_run(session, "coincap", started_at=NOW, outcome=RunOutcome.RUNNING, finished_at=None)
        await make_run(session, "coincap", started_at=NOW, outcome=RunOutcome.SKIPPED)
        await make_run(session, "coincap", started_at=old)
        await make_run(session)
        listing = await make_listing(session, "coincap")
        await make_quote(session, listing, fetched_at=NOW - DAY, source_updated_at=None)
        await make_hold(session, listing)
        await make_reject(session, await make_run(session, "coincap", started_at=old), "coincap", "btc")
        await publish(session)
