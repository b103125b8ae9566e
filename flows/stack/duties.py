"""Duties around Prefect's runs when everything lives on one machine: closing what died, draining what runs.

A run whose process was killed stays "Running" for ever and keeps its deployment's only slot, so that every later
run is cancelled. At start and after the worker's end no run can be alive here: whatever claims to be is closed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from flows.stack.prefect_api import PrefectApi

Run = dict[str, Any]
"""A run as Prefect's API tells of it."""

DRAIN_SECONDS = 20
CRASHED = {"type": "CRASHED", "name": "Crashed", "message": "The process that ran this was stopped"}


async def close_stale_runs(prefect: PrefectApi) -> None:
    """Close every run that no process owns. Only right where the one worker of the pool is not running."""
    now = datetime.now(UTC)
    for run in await prefect.runs_in(["RUNNING", "PENDING", "CANCELLING"]):
        if _is_prefetched(run, now):  # picked up ahead of its time and never begun: let it come at its time
            time = {"scheduled_time": run["expected_start_time"]}
            await prefect.force_state(run["id"], {"type": "SCHEDULED", "state_details": time})
        else:
            await prefect.force_state(run["id"], CRASHED)
    for run in superfluous(await prefect.runs_in(["SCHEDULED"], before=now)):
        await prefect.delete_run(run["id"])


def superfluous(due: Iterable[Run]) -> list[Run]:
    """Pick from the runs that are due those that the schedule asked for while nothing ran, but for one.

    All of them would start at once. What is left of each deployment is its newest, or what a person asked for.
    """
    found: list[Run] = []
    kept: dict[str, Run] = {}
    for run in sorted(due, key=lambda run: (not run["auto_scheduled"], run["expected_start_time"])):
        if (before := kept.get(run["deployment_id"])) and before["auto_scheduled"]:
            found.append(before)
        kept[run["deployment_id"]] = run
    return found


async def drain(prefect: PrefectApi, seconds: float = DRAIN_SECONDS) -> None:
    """Let nothing new begin, and wait a while for what runs to end."""
    await prefect.pause_pool()
    try:
        async with asyncio.timeout(seconds):
            while await prefect.runs_in(["RUNNING"]):  # noqa: ASYNC110 - Prefect tells nobody
                await asyncio.sleep(0.5)
    except TimeoutError:
        return


def _is_prefetched(run: Run, now: datetime) -> bool:
    starts_at = datetime.fromisoformat(run["expected_start_time"])
    return run["state_type"] == "PENDING" and run["start_time"] is None and starts_at > now
