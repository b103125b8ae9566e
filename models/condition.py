"""How the whole does, in sentences: the same ones in `/health` and in `python -m flows status`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from models.outcomes import RunOutcome, SourceState

_TROUBLED = frozenset({RunOutcome.PARTIAL, RunOutcome.FAILED})


def troubles(
    version: int, last: Row[Any] | None, sources: Sequence[Row[Any]], stale_before: datetime
) -> list[str]:
    """Say what a person should know of: nothing where all is well.

    `version` is what is published, `last` the last round (`queries.runs.last_round`), `sources` those that are
    troubled (`queries.source_states.troubled`).
    """
    if last is None or not version:
        told = last.error if last else None
        return [
            f"Nothing was published yet: {told or 'the first run has not ended.'}",
            *map(trouble_of, sources),
        ]
    if last.started_at < stale_before:
        return ["No run began for longer than STALE_AFTER_SECONDS: look at the worker and its schedule."]
    if sources:
        return [*map(trouble_of, sources)]
    if last.outcome in _TROUBLED:
        return [last.error or f"The last run ended as {last.outcome}: GET /stats says which source and why."]
    return []


def trouble_of(source: Row[Any]) -> str:
    """Say what is the matter with a source."""
    return f"{source.source}: {source.reason or 'no reason was told'} ({_how(source)})"


def _how(source: Row[Any]) -> str:
    match source.state:
        case SourceState.BENCHED:
            return f"benched until {source.next_try_at:%Y-%m-%d %H:%M} UTC"
        case SourceState.FAILING:
            return f"failing since {source.failing_since:%Y-%m-%d %H:%M} UTC"
        case _:
            return "brought in, but not all of it"
