"""What the workshop did, as Prometheus' families, drawn from what it left in the database.

It is read when somebody asks, by one statement, and kept some seconds. While the database does not answer, only that is
told: numbers of before would look like numbers of now.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from graphql_api.errors import ApiError
from graphql_api.planner.rows import Row, Rows
from models.db import Sessions
from models.queries.monitoring import watched

KEPT_SECONDS = 10
PATIENCE_SECONDS = 5
RUN = ["flow", "source", "outcome"]
Objects = Sequence[Mapping[str, Any]]

OF_SOURCES = {
    "kasparro_source_fetched_timestamp_seconds": ("fetched_at", "When the source's newest published quote was fetched."),
    "kasparro_source_said_timestamp_seconds": ("said_at", "The newest time that the source itself gives a quote."),
    "kasparro_source_quotes": ("quotes", "Published quotes of the source."),
    "kasparro_source_rejects": ("rejects", "Records of the source that could not be used and are still kept."),
    "kasparro_source_held_quotes": ("held", "Quotes of the source that a guard holds."),
    "kasparro_source_budget_limit": ("limit", "Calls or credits a month; absent: there is no end."),
    "kasparro_source_budget_left": ("left", "What is left of them in this period."),
    "kasparro_source_budget_spent": ("spent", "What was spent in this period."),
    "kasparro_source_allowed_per_minute": ("allowed_per_minute", "Requests a minute that it is asked at."),
    "kasparro_source_paused": ("is_paused", "Whether it is left alone because it said so, or its budget is used up."),
}  # fmt: skip
"""The families of sources: the column each is drawn from, and what it means. What is null has no sample."""


class Workshop:
    """The last look at the database, for whoever asks soon after."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._looking = asyncio.Lock()
        self._seen: Row | None = None
        self._seen_at = 0.0

    async def families(self) -> list[Metric]:
        """Draw every family; without a database the one that says so."""
        async with self._looking:
            if self._seen is None or self._seen_at + KEPT_SECONDS < time.monotonic():
                self._seen = await self._look()
                self._seen_at = time.monotonic()
            return list(_families(self._seen))

    async def _look(self) -> Row | None:
        rows = Rows(self._sessions)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await rows.first(watched())
        except (ApiError, TimeoutError):
            return None
        finally:
            await rows.close()


def _families(seen: Row | None) -> Iterator[Metric]:
    yield GaugeMetricFamily("kasparro_database_up", "Whether the database answers.", int(seen is not None))
    if seen is None:
        return
    yield GaugeMetricFamily("kasparro_dataset_version", "The version that is published.", seen.version)
    if seen.published_at is not None:
        told = "When it was published."
        yield GaugeMetricFamily(
            "kasparro_dataset_published_timestamp_seconds", told, float(seen.published_at)
        )
    yield from _runs(seen.runs, seen.last_runs)
    yield from _sources(seen.sources)


def _runs(ended: Objects, last: Objects) -> Iterator[Metric]:
    counted = GaugeMetricFamily("kasparro_runs_last_day", "Runs that ended within a day, by how.", labels=RUN)
    records = GaugeMetricFamily(
        "kasparro_records_last_day",
        "Records that runs of a day brought, by what they were to us.",
        labels=["flow", "source", "result"],
    )
    for (flow, source), group in _grouped(ended).items():
        for each in group:
            counted.add_metric([flow, source, each["outcome"]], each["ended"])
        for result in ("new", "changed", "unchanged", "rejected"):
            records.add_metric([flow, source, result], sum(each[result] for each in group))
    outcome = GaugeMetricFamily(
        "kasparro_last_run", "1 for how the last run that did its work ended.", labels=RUN
    )
    when = GaugeMetricFamily("kasparro_last_run_timestamp_seconds", "When it ended.", labels=RUN[:2])
    seconds = GaugeMetricFamily("kasparro_last_run_seconds", "How long it took.", labels=RUN[:2])
    for each in last:
        whose = [each["flow"], each["source"]]
        outcome.add_metric([*whose, each["outcome"]], 1)
        when.add_metric(whose, each["finished_at"])
        seconds.add_metric(whose, each["seconds"])
    yield from (counted, records, outcome, when, seconds)


def _grouped(ended: Objects) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for each in ended:
        groups.setdefault((each["flow"], each["source"]), []).append(each)
    return groups


def _sources(sources: Objects) -> Iterator[Metric]:
    for name, (column, told) in OF_SOURCES.items():
        family = GaugeMetricFamily(name, told, labels=["source"])
        for each in sources:
            if each[column] is not None:
                family.add_metric([each["source"]], float(each[column]))
        yield family
