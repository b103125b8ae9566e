"""Tidying at the end of a run: history's next months are made, and what the settings no longer keep goes.

A run that brought everything in is a success whether this works or not: what fails here is told, and tried again by the
next run.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import structlog

from flows.settings import FlowSettings
from flows.workshop import Workshop, now
from models.store.months import make_room, months_ahead
from models.store.retention import Keeping, prune

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TidyReport:
    """What was thrown away: rows by table."""

    pruned: dict[str, int] = field(default_factory=dict)
    error: str | None = None


async def tidy(shop: Workshop) -> TidyReport:
    """Make room for the months to come and prune what is due. Never raises: the report says it."""
    try:
        await make_room(shop.sessions, months_ahead(now()))
        pruned = await prune(shop.sessions, keeping(shop.settings), now())
    except Exception as error:
        log.exception("tidying failed")
        return TidyReport(error=f"tidying failed, the next run tries again: {error}")
    if pruned:
        log.info("pruned", **pruned)
    return TidyReport(pruned)


def keeping(settings: FlowSettings) -> Keeping:
    """Read from the settings how long everything is kept."""
    return Keeping(
        raw_pages=settings.raw_records_keep_days,
        raw_records=settings.raw_records_keep_days,
        rejected_records=settings.rejects_keep_days,
        etl_runs=settings.runs_keep_days,
        fx_rates=settings.fx_rates_keep_days,
        price_points_months=settings.price_points_keep_months,
    )
