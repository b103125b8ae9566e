"""What one process of the API counted and holds, as Prometheus' families. Each can be added up over processes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from graphql_api.context import Services
from graphql_api.counters import BOUNDS, Timings
from models.db import connections

STATUS = Path("/proc/self/status")


def families(services: Services) -> Iterator[Metric]:
    """Draw every family from what there is now."""
    yield from _requests(services)
    yield from _graphql(services)
    yield from _cache(services)
    yield from _connections(services)
    yield GaugeMetricFamily(
        "kasparro_subscribers", "Subscriptions that are told of news.", services.listener.subscribers
    )
    yield GaugeMetricFamily("kasparro_api_processes", "Processes that answer.", 1)
    if (held := memory_bytes()) is not None:
        yield GaugeMetricFamily("kasparro_memory_bytes", "Memory that the API's processes hold.", held)
    lag = HistogramMetricFamily("kasparro_event_loop_lag_seconds", "How late the event loop came round.")
    yield _add(lag, (), services.counters.lag)


def memory_bytes() -> int | None:
    """Read what this process holds; None where the system has no /proc."""
    if not STATUS.exists():
        return None
    (line,) = (line for line in STATUS.read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


def _requests(services: Services) -> Iterator[Metric]:
    told = "Time until an answer began, by operation (GraphQL's name, or REST's path) and HTTP status."
    family = HistogramMetricFamily("kasparro_request_seconds", told, labels=["operation", "status"])
    for (operation, status), timings in list(services.counters.requests.items()):
        _add(family, (operation, str(status)), timings)
    yield family


def _graphql(services: Services) -> Iterator[Metric]:
    counters = services.counters
    planned = "Operations that one statement answered, asked of the database or made for several at once."
    yield CounterMetricFamily("kasparro_planned", planned, counters.planned)
    fallbacks = CounterMetricFamily(
        "kasparro_fallbacks", "Operations left to Strawberry's execution, by reason.", labels=["reason"]
    )
    for reason, count in counters.fallbacks.items():
        fallbacks.add_metric([reason], count)
    yield fallbacks
    errors = CounterMetricFamily(
        "kasparro_graphql_errors", "Errors told in GraphQL, by code.", labels=["code"]
    )
    for code, count in counters.errors.items():
        errors.add_metric([code], count)
    yield errors


def _cache(services: Services) -> Iterator[Metric]:
    counters, cache = services.counters, services.cache
    looked = CounterMetricFamily(
        "kasparro_cache_lookups", "Answers looked for among those kept, by what was found.", labels=["result"]
    )
    for result in ("hits", "misses", "joined", "bypasses", "stand_ins"):
        looked.add_metric([result], getattr(counters, f"cache_{result}"))
    yield looked
    yield GaugeMetricFamily("kasparro_cache_answers", "Answers that are kept.", len(cache))
    yield GaugeMetricFamily("kasparro_cache_bytes", "What they take in memory.", cache.bytes)
    is_usable = cache.is_on and cache.lease.is_valid
    yield GaugeMetricFamily(
        "kasparro_cache_usable_processes", "Processes that may answer from copies now.", int(is_usable)
    )


def _connections(services: Services) -> Iterator[Metric]:
    readers = services.readers
    counted = {"statements": (readers.opened - readers.idle, readers.idle)}
    for name, sessions in (("sessions", services.sessions), ("writers", services.writer)):
        counted[name] = connections(sessions)
    told = "Connections to the database, by what they are for and whether they are used now."
    family = GaugeMetricFamily("kasparro_database_connections", told, labels=["pool", "state"])
    for name, (busy, idle) in counted.items():
        family.add_metric([name, "busy"], busy)
        family.add_metric([name, "idle"], idle)
    yield family
    yield GaugeMetricFamily(
        "kasparro_database_waiting", "Statements that wait for a connection.", readers.waiting
    )


def _add(family: HistogramMetricFamily, labels: tuple[str, ...], timings: Timings) -> Metric:
    bounds = [*map(str, BOUNDS), "+Inf"]
    buckets = list(zip(bounds, accumulate(timings.counts), strict=True))
    family.add_metric(labels, buckets, timings.seconds)
    return family
