"""What Prefect's server does by itself: runs whose process fell silent are declared crashed.

For where several workers serve: one alone closes such runs at its start, and the server counts heartbeats with a write
each, for which SQLite has no room. That a bad end is told is a trigger of the deployment `tell` in prefect.yaml.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flows.stack.prefect_api import PrefectApi

SILENT_SECONDS = 300
"""Five heartbeats: a server that was away for a while shall not take the living for dead."""
STUCK_SECONDS = 600

_OVER = [f"prefect.flow-run.{state}" for state in ("Completed", "Failed", "Cancelled", "Crashed")]


def _crashed(name: str, told: str, after: str, expect: list[str], seconds: int) -> dict[str, Any]:
    """Describe an automation: a run that is `after`, and of which nothing of `expect` is heard, has crashed."""
    return {
        "name": f"kasparro: {name}",
        "description": told,
        "enabled": True,
        "trigger": {
            "type": "event",
            "posture": "Proactive",
            "after": [f"prefect.flow-run.{after}"],
            "expect": [*expect, *_OVER],
            "match": {"prefect.resource.id": "prefect.flow-run.*"},
            "match_related": {"prefect.resource.id": "prefect.tag.kasparro", "prefect.resource.role": "tag"},
            "for_each": ["prefect.resource.id"],
            "threshold": 1,
            "within": seconds,
        },
        "actions": [
            {"type": "change-flow-run-state", "state": "CRASHED", "name": "Crashed", "message": told},
        ],
    }


AUTOMATIONS = (
    _crashed(
        "silent runs",
        f"Nothing was heard of its process for {SILENT_SECONDS} s: it is gone. The next run heals",
        "heartbeat",
        ["prefect.flow-run.heartbeat"],
        SILENT_SECONDS,
    ),
    _crashed(
        "runs that never began",
        f"A worker took it and did not begin within {STUCK_SECONDS} s. The next run heals",
        "Pending",
        [
            f"prefect.flow-run.{state}"
            for state in ("Running", "Scheduled", "Late", "AwaitingConcurrencySlot")
        ],
        STUCK_SECONDS,
    ),
)


async def keep_automations(prefect: PrefectApi) -> None:
    """Bring the server's automations of these names to what they are here; one that is so already goes on counting."""
    known = {one["name"]: one for one in await prefect.automations()}
    for automation in AUTOMATIONS:
        digest = hashlib.sha256(json.dumps(automation, sort_keys=True).encode()).hexdigest()[:16]
        there = known.get(automation["name"], {"id": None, "tags": []})
        if digest not in there["tags"]:
            await prefect.keep_automation({**automation, "tags": [digest]}, there["id"])
